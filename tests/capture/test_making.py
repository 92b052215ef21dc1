"""A burst while it is taken: bounds, moments, faults."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.camera.camera import Glance, Shot
from edge.capture.handover import HandOver
from edge.capture.making import LATE_S, MOST_GLANCE_BYTES, BurstTerms, Making
from edge.capture.moments import Anchor, anchor_of
from edge.capture.trigger.firing import Cause, Firing
from edge.capture.trigger.pacing import Call
from edge.records import Burst, ClockQuality, Frame
from tests.capture.camera.makers import shot
from tests.capture.watching import firing

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
ANCHOR = Anchor(NOW, 100.0, ClockQuality.NTP)


def call(at_s: float = 90.0, began_s: float = 90.1, cause: Cause = Cause.PIR) -> Call:
    return Call(firing(at_s, cause), began_s)


def making(*moments_s: float, terms: BurstTerms | None = None, **options: float) -> Making:
    made = Making(call(), terms or BurstTerms(), ANCHOR, **options)
    for moment_s in moments_s:
        made.add(shot(moment_s))
    return made


def test_each_picture_has_its_own_moment_and_the_burst_that_of_its_event() -> None:
    burst = making(89.0, 91.0).burst()
    assert burst.captured_at == NOW - timedelta(seconds=10)
    assert [frame.captured_at for frame in burst.frames] == [
        NOW - timedelta(seconds=11),
        NOW - timedelta(seconds=9),
    ]
    assert burst.clock is ClockQuality.NTP


def test_the_first_picture_after_the_edge_is_measured() -> None:
    made = making(89.0, 90.25, 91.0)
    assert (made.first_frame_ms, made.frames_before) == (250, 1)


def test_a_rest_of_the_camera_is_not_its_slowness() -> None:
    assert making(93.0, ready_s=92.9).first_frame_ms == 100


def test_without_a_picture_after_the_edge_nothing_is_measured() -> None:
    assert making(89.0).first_frame_ms is None


def test_an_event_that_waited_for_long_has_the_time_of_its_pictures() -> None:
    late = Making(Call(firing(10.0), 11.0 + LATE_S), BurstTerms(), ANCHOR)
    late.add(shot(90.0))
    assert late.burst().captured_at == NOW - timedelta(seconds=10)


def test_it_is_full_by_number_and_by_bytes_and_where_the_camera_failed() -> None:
    by_number = making(90.0, terms=BurstTerms(most_frames=2))
    assert not by_number.full
    by_number.add(shot(91.0))
    assert by_number.full
    assert making(90.0, terms=BurstTerms(most_bytes=10)).full
    failed = making(90.0)
    failed.fail("unplugged", 91.0)
    assert failed.full
    assert (len(failed), failed.burst().frames[-1].fault) == (1, "unplugged")


def test_a_second_look_is_short() -> None:
    terms = BurstTerms(most_frames=30, second_look_frames=1)
    made = Making(call(cause=Cause.SECOND_LOOK), terms, ANCHOR)
    made.add(shot(91.0))
    assert made.full


@pytest.mark.parametrize(
    "wrong",
    [{"interval_s": -1}, {"most_frames": 0}, {"most_bytes": 0}, {"second_look_frames": 0}],
)
def test_terms_that_leave_no_picture_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must"):
        BurstTerms(**wrong)


@pytest.mark.parametrize(
    ("seen_by", "own", "kept"),
    [
        (ClockQuality.GPS, ClockQuality.NTP, ClockQuality.GPS),
        (ClockQuality.RTC, ClockQuality.UNSET, ClockQuality.RTC),
        (ClockQuality.RTC, ClockQuality.RTC, ClockQuality.RTC),
        (ClockQuality.UNSET, ClockQuality.RTC, ClockQuality.RTC),
    ],
)
def test_the_better_clock_times_a_burst(
    seen_by: ClockQuality, own: ClockQuality, kept: ClockQuality
) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    one = Firing(Cause.PIR, "pir", 90.0, at, seen_by)
    anchor = anchor_of(one, lambda: (NOW, own), 100.0)
    assert anchor.clock is kept
    other = kept is not own
    assert anchor.at(90.0) == (at if other else NOW - timedelta(seconds=10))


@given(st.datetimes(timezones=st.just(UTC)), st.floats(-1e12, 1e12))
def test_a_wild_clock_ends_no_burst(utc: datetime, ago_s: float) -> None:
    assert Anchor(utc, 0.0, ClockQuality.UNSET).at(ago_s).tzinfo is UTC


def test_bursts_are_handed_over_in_their_order() -> None:
    bursts = HandOver(2, 100)
    one, other = _burst(b"1"), _burst(b"2")
    bursts.put(one)
    bursts.put(other)
    assert (bursts.take(0), bursts.take(0), bursts.take(0)) == (one, other, None)


def test_there_is_room_for_so_many_bursts_or_bytes_and_always_for_one() -> None:
    assert not _filled(HandOver(2, 100), b"1", b"2").has_room
    assert _filled(HandOver(2, 100), b"1").has_room
    large = _filled(HandOver(2, 100), b"x" * 200)
    assert not large.has_room
    large.take(0)
    assert large.has_room


def _filled(bursts: HandOver, *pictures: bytes) -> HandOver:
    for picture in pictures:
        bursts.put(_burst(picture))
    return bursts


def _burst(data: bytes) -> Burst:
    return Burst(data[:1].hex() * 16, NOW, ClockQuality.NTP, (Frame(data, NOW),))


def glanced(monotonic_s: float, width_px: int = 4) -> Shot:
    taken = shot(monotonic_s)
    pixels = np.zeros((width_px // 4 * 3, width_px, 3), np.uint8)
    return replace(taken, glance=Glance(pixels, taken.moment))


def test_small_pictures_are_kept_by_the_number_of_their_frame() -> None:
    made = Making(call(), BurstTerms(), ANCHOR, (shot(89.0), glanced(89.5)))
    made.add(shot(90.0))
    made.add(glanced(91.0))
    assert list(made.glances) == [1, 3]


def test_small_pictures_of_a_long_burst_are_kept_of_its_first_frames() -> None:
    made = making()
    for number in range(30):
        made.add(glanced(90.0 + number, 640))
    assert list(made.glances) == list(range(MOST_GLANCE_BYTES // (640 * 480 * 3)))
    assert len(made.burst().frames) == 30


def test_small_pictures_are_there_before_their_burst_is() -> None:
    bursts, told = HandOver(2, 100), list[tuple[str, int, int]]()
    bursts.glanced = lambda name, glances: told.append((name, len(glances), len(bursts)))
    burst = _burst(b"1")
    bursts.put(burst, {0: np.zeros((3, 4, 3), np.uint8)})
    assert told == [(burst.burst_id, 1, 0)]
