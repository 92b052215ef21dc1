"""How long ago something was, as far as a machine that is switched off and on can know."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed, Mark
from edge.records import ClockQuality

NOW = datetime.now(UTC)


def machine(run: int, age_s: float, utc: datetime | None) -> Elapsed:
    quality = ClockQuality.UNSET if utc is None else ClockQuality.RTC
    offset = timedelta(0) if utc is None else utc - datetime.now(UTC)
    return Elapsed(lambda: ClockState(quality, offset), lambda: run.to_bytes(16), lambda: age_s)


@pytest.mark.parametrize("stepped", [timedelta(0), timedelta(days=-4000), timedelta(days=4000)])
def test_within_a_run_no_clock_is_asked(stepped: timedelta) -> None:
    mark = machine(1, 100, NOW).mark()
    assert machine(1, 250, NOW + stepped).since_s(mark) == 150


def test_between_two_runs_their_clocks_tell() -> None:
    mark = machine(1, 100, NOW).mark()
    assert machine(2, 30, NOW + timedelta(hours=5)).since_s(mark) == pytest.approx(18_000, abs=5)


def test_a_run_is_younger_than_all_before_it_whatever_the_clocks_say() -> None:
    mark = machine(1, 100, NOW).mark()
    assert machine(2, 900, NOW + timedelta(seconds=60)).since_s(mark) == 900


@pytest.mark.parametrize(
    ("then", "now"), [(None, NOW), (NOW, None), (NOW, NOW - timedelta(days=9))]
)
def test_where_clocks_cannot_tell_nobody_does(then: datetime | None, now: datetime | None) -> None:
    assert machine(2, 30, now).since_s(machine(1, 100, then).mark()) is None


def test_a_mark_outlives_the_process() -> None:
    for utc in (None, NOW):
        mark = machine(1, 100, utc).mark()
        again = Mark.from_plain(json.loads(json.dumps(mark.to_plain())))
        assert again is not None
        assert machine(1, 160, utc).since_s(again) == 60


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_what_is_no_mark_is_none_or_gives_a_time(plain: object) -> None:
    mark = Mark.from_plain(plain)
    since_s = None if mark is None else machine(1, 100, NOW).since_s(mark)
    assert since_s is None or since_s >= 0
