"""Whatever a station lives through, its armed hours and its gaps are the time that passed."""

from __future__ import annotations

import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.health.effort_log import MARK_S, SETTLE_S
from edge.records import ClockQuality
from tests.health.effort_world import EPOCH, MEMORY, STEP_S, World

SECONDS = st.integers(1, 5_000)
LIFE = st.lists(
    st.one_of(
        st.tuples(st.just("live"), SECONDS),
        st.tuples(st.just("blind"), SECONDS),
        st.tuples(st.sampled_from(["hang", "kill", "stop", "cut"]), SECONDS),
        st.tuples(st.sampled_from(["sleep", "storm", "darken", "lose_the_controller"]), SECONDS),
    ),
    max_size=14,
)
CLOCKS = st.lists(
    st.tuples(st.sampled_from(ClockQuality), st.integers(-(10**8), 10**8)), min_size=1, max_size=14
)


def lived(life, clocks=((ClockQuality.NTP, 0),)):
    """A world after ``life``, whose clock was stepped to each of ``clocks`` in turn."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        world = World(Path(folder))
        world.quality, world.wrong_s = clocks[0]
        world.begin()
        for number, (what, seconds) in enumerate(life):
            world.quality, world.wrong_s = clocks[number % len(clocks)]
            if what in ("live", "blind"):
                world.bursts += 1
                world.live(seconds, "camera" if what == "blind" else None)
            else:
                getattr(world, what)(seconds)
        world.log.end()
        return world, world.lines(), world.effort()


@settings(max_examples=50)
@given(LIFE)
def test_armed_and_gaps_are_the_time_between_the_first_and_the_last_record(life):
    world, lines, effort = lived(life)
    passed = EPOCH + timedelta(seconds=world.now_s) - (EPOCH + timedelta(seconds=1_000))
    assert effort.unknown_gaps == 0
    assert effort.wall_s == passed.total_seconds()
    assert effort.wall_s == sum(one.length_s for one in effort.intervals)
    assert lines[-1].at.utc_ms - lines[0].at.utc_ms == 1000 * effort.wall_s


@settings(max_examples=50)
@given(LIFE)
def test_the_time_armed_is_never_told_too_long_and_little_too_short(life):
    world, _, effort = lived(life)
    lost_s = sum(
        {"kill": MARK_S, "cut": MARK_S, "blind": SETTLE_S, "hang": 60}.get(what, 0) + 2 * STEP_S
        for what, _ in life
    )
    assert world.armed_s - lost_s <= effort.armed_s <= world.armed_s


@settings(max_examples=50)
@given(LIFE)
def test_a_sleep_counts_as_watched_where_the_controller_kept_watch_throughout(life):
    world, _, effort = lived(life)
    assert effort.asleep_s == world.asleep_s
    assert effort.asleep_s <= effort.off_s


@settings(max_examples=50)
@given(LIFE)
def test_a_station_without_a_clock_knows_the_length_of_a_watched_sleep(life):
    world, _, effort = lived(life, ((ClockQuality.UNSET, 0),))
    assert effort.asleep_s == world.asleep_s
    assert effort.wall_s == effort.armed_s + effort.blind_s + effort.off_s
    assert sum(one.length_s or 0 for one in effort.intervals) == effort.wall_s


@settings(max_examples=50)
@given(LIFE, CLOCKS)
def test_no_clock_however_it_steps_changes_a_second_within_a_run(life, clocks):
    _, _, right = lived(life)
    _, _, wrong = lived(life, clocks)
    assert wrong.seconds() == right.seconds()
    assert wrong.counts() == right.counts()
    assert wrong.wall_s == wrong.armed_s + wrong.blind_s + wrong.off_s
    assert sum(one.length_s for one in wrong.intervals if not one.off) == (
        right.wall_s - right.off_s
    )


@settings(max_examples=50)
@given(LIFE)
def test_the_counters_of_a_heartbeat_never_go_back(life):
    world, _, effort = lived(life)
    assert world.told_s == sorted(world.told_s)
    assert max(world.told_s, default=0) <= effort.armed_s


@settings(max_examples=50)
@given(LIFE)
def test_every_burst_is_counted_once(life):
    world, _, effort = lived([*life, ("live", 10)])
    assert effort.counts().get("bursts", 0) == world.bursts
