"""A lens with sensors: what fires becomes a burst, and what goes wrong with either is told."""

from __future__ import annotations

import shutil
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, CameraTerms
from edge.capture.camera.errors import CameraError, CameraGone, NotStarted
from edge.capture.camera.gstreamer import PROGRAM, GStreamerCamera
from edge.capture.camera.replay import ReplayCamera
from edge.capture.making import BurstTerms
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.watch import WatchTerms
from edge.records import ClockQuality, Exposure
from tests.capture.camera.scene import lay_scene
from tests.capture.watching import SMALL, Memory, Moody, Seen, posted

TERMS = CameraTerms(64, 48, 16, 12)
ASLEEP = WatchTerms(SMALL, asleep=True)
NO_RING = WatchTerms(SMALL, ring_frames=0)
"""So that what a camera gives before it goes is the burst's, however late the sensor is heard."""
WHOLE = PacingTerms(debounce_s=0, tail_s=60.0, longest_s=60.0, rest_s=0.0)
"""A burst that ends when it has all its frames, however long they take."""


@pytest.fixture
def camera(tmp_path: Path) -> ReplayCamera:
    return ReplayCamera([lay_scene(tmp_path)], TERMS, endless=True)


def test_a_sensor_that_fires_gets_a_burst(camera: ReplayCamera) -> None:
    with posted(camera) as post:
        before = datetime.now(UTC)
        post.sensor.fire()
        burst = post.burst()
    assert burst.frames
    assert all(frame.data for frame in burst.frames)
    assert before - timedelta(seconds=1) <= burst.captured_at <= datetime.now(UTC)
    assert burst.clock is ClockQuality.RTC


def test_pictures_from_before_the_edge_are_in_it_and_in_order(camera: ReplayCamera) -> None:
    # A ring of seconds, for a machine that does other things between its pictures and the edge.
    with posted(camera, watch=WatchTerms(SMALL, ring_frames=3, ring_s=3.0)) as post:
        post.turn(5)
        post.sensor.fire()
        burst = post.burst()
    moments = [frame.captured_at for frame in burst.frames]
    assert moments == sorted(moments)
    assert moments[0] < burst.captured_at < moments[-1]


def test_a_driver_that_hangs_as_it_is_closed_costs_no_frame_that_was_taken() -> None:
    released = threading.Event()

    class Hanging(Moody):
        def close(self) -> None:
            super().close()
            if self.gone:
                released.wait(60)

    camera = Hanging()
    camera.gone_after = 3
    with posted(camera, watch=NO_RING) as post:
        post.sensor.fire()
        try:
            with post.watching():
                burst = post.source.next_burst(60)
                released.set()
        finally:
            released.set()
    assert burst is not None
    assert [frame.fault for frame in burst.frames if frame.fault] == ["it was unplugged"]
    assert len(burst.frames) > 1


def test_what_was_taken_between_the_edge_and_its_news_is_in_it_too(camera: ReplayCamera) -> None:
    watch = WatchTerms(BurstTerms(0.01, 30), ring_frames=20, ring_s=10.0)
    with posted(camera, watch=watch) as post:
        post.turn(1)
        edge_s = time.monotonic()
        time.sleep(0.6)
        post.turn(1)  # a picture after the edge, of which nobody has heard yet
        heard_s = time.monotonic()
        post.sensor.fire(ago_s=heard_s - edge_s)
        burst = post.burst()
    after = [frame for frame in burst.frames if frame.captured_at > burst.captured_at]
    heard_at = burst.captured_at + timedelta(seconds=heard_s - edge_s)
    assert burst.frames[0].captured_at < burst.captured_at
    assert after[0].captured_at < heard_at


def test_a_burst_is_as_long_as_it_may_be_and_what_fires_on_gets_the_next(
    camera: ReplayCamera,
) -> None:
    pacing = PacingTerms(debounce_s=0, tail_s=60.0, longest_s=60.0, rest_s=0.0)
    with posted(camera, pacing=pacing) as post:
        post.sensor.fire()
        assert len(post.burst().frames) == SMALL.most_frames
        post.sensor.fire()
        assert post.burst().frames
        counts = post.source.counters()
    assert (counts["fired"], counts["bursts_taken"], counts["missed"]) == (2, 2, 0)


def test_a_burst_of_too_many_bytes_ends(tmp_path: Path) -> None:
    picture = lay_scene(tmp_path)
    size_bytes = picture.stat().st_size
    watch = WatchTerms(BurstTerms(0.0, 100, most_bytes=3 * size_bytes), ring_frames=0)
    pacing = PacingTerms(debounce_s=0, tail_s=60.0, longest_s=60.0)
    with posted(ReplayCamera([picture], TERMS, endless=True), watch=watch, pacing=pacing) as post:
        post.sensor.fire()
        assert sum(len(frame.data) for frame in post.burst().frames) == 3 * size_bytes


def test_no_two_bursts_have_one_id(camera: ReplayCamera) -> None:
    with posted(camera) as post:
        ids = set()
        for _ in range(3):
            post.sensor.fire()
            ids.add(post.burst().burst_id)
    assert len(ids) == 3


def test_a_better_clock_than_the_stations_times_the_burst(camera: ReplayCamera) -> None:
    seen = Seen()
    at = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    with posted(camera, seen) as post:
        seen.fire(at, ClockQuality.GPS)
        burst = post.burst()
        seen.fire(at, ClockQuality.UNSET)
        other = post.burst()
    assert (burst.captured_at, burst.clock) == (at, ClockQuality.GPS)
    assert abs(burst.frames[-1].captured_at - at) < timedelta(minutes=1)
    assert other.clock is ClockQuality.RTC
    assert other.captured_at.year < 2031


def test_a_camera_that_goes_in_the_middle_leaves_what_it_took_and_says_why() -> None:
    moody = Moody()
    with posted(moody, watch=NO_RING, pacing=WHOLE) as post:
        post.turn(2)
        moody.gone_after = 2
        post.sensor.fire()
        burst = post.burst()
    *taken, last = burst.frames
    assert [frame.data for frame in taken[-2:]] == [b"picture"] * 2
    assert (last.data, last.fault) == (b"", "it was unplugged")


def test_while_blind_it_says_why_and_counts_what_it_missed() -> None:
    moody = Moody()
    with posted(moody) as post:
        moody.gone = True
        post.turn()
        post.sensor.fire()
        post.turn(2)
        with pytest.raises(CameraGone, match="unplugged"):
            post.source.next_burst(0)
        assert post.source.counters()["missed"] == 1
        assert post.source.alarms() == {"no-camera": str(post.source.blindness)}


def test_what_was_taken_before_it_went_blind_is_still_given() -> None:
    moody = Moody()
    with posted(moody, watch=NO_RING, pacing=WHOLE) as post:
        post.turn(1)
        post.sensor.fire()
        moody.gone_after = 1
        while not len(post.source.waiting):
            post.turn()
        assert post.source.blindness is not None
        assert post.source.next_burst(0) is not None
        with pytest.raises(CameraError):
            post.source.next_burst(0)


def test_a_camera_that_is_back_catches_again() -> None:
    moody = Moody()
    with posted(moody) as post:
        moody.gone = True
        post.turn(3)
        moody.gone = False
        post.sensor.fire()
        assert post.burst().frames
        assert post.source.blindness is None
        assert post.source.alarms() == {}
        assert post.source.counters()["camera_faults"] == 1
        assert post.told == ["the station watches again, after: no camera: was it unplugged?"]


def test_a_camera_that_sleeps_is_closed_between_bursts() -> None:
    moody = Moody()
    with posted(moody, watch=ASLEEP, pacing=WHOLE) as post:
        post.turn()
        assert moody.opened == 1, "once, to see that it works"
        for number in (2, 3):
            post.sensor.fire()
            assert len(post.burst().frames) > 1
            with pytest.raises(NotStarted):
                moody.grab(0)
            assert moody.opened == number
        assert post.source.counters()["first_frame_ms_max"] >= 0


def test_a_camera_that_wakes_is_exposed_as_was_good_before_also_after_a_reboot() -> None:
    memory = Memory()
    for _ in range(2):
        moody = Moody()
        with posted(moody, watch=ASLEEP, memory=memory) as post:
            post.sensor.fire()
            post.burst()
    assert moody.started_with[0] == Exposure(2_000)


def test_a_camera_that_wakes_slowly_takes_a_whole_burst(camera: ReplayCamera) -> None:
    class Slow(Moody):
        def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
            if not self.runs:
                time.sleep(1.0)
            super().start(exposure)

    # Long enough for two pictures on a busy machine, and shorter than it takes to wake.
    pacing = PacingTerms(debounce_s=0, tail_s=0.9, longest_s=0.9, rest_s=0)
    with posted(Slow(), watch=ASLEEP, pacing=pacing) as post:
        post.turn()
        post.sensor.fire()
        assert len(post.burst().frames) > 1
        assert post.source.counters()["first_frame_ms_max"] >= 1000


def test_a_camera_that_sleeps_and_does_not_wake_misses_what_it_was_woken_for() -> None:
    moody = Moody()
    with posted(moody, watch=ASLEEP) as post:
        post.turn()
        moody.gone = True
        post.sensor.fire()
        post.turn(2)
        assert post.source.counters()["missed"] == 1
        with pytest.raises(CameraGone):
            post.source.next_burst(0)


def test_a_second_look_follows_a_burst_and_is_the_last(camera: ReplayCamera) -> None:
    burst_terms = BurstTerms(0.01, 5, second_look_frames=2)
    watch = WatchTerms(burst_terms, ring_frames=1, ring_s=0.02, second_look_s=0.2)
    with posted(camera, watch=watch, pacing=WHOLE) as post:
        post.sensor.fire()
        first, second = post.burst(), post.burst()
        assert len(second.frames) == 2
        assert second.captured_at >= first.frames[-1].captured_at + timedelta(seconds=0.1)
        post.turn(20)
        assert post.source.counters()["second_looks"] == 1
        assert not len(post.source.waiting)


def test_a_second_look_that_the_battery_does_not_afford_is_not_taken(
    camera: ReplayCamera,
) -> None:
    watch = WatchTerms(SMALL, ring_frames=1, ring_s=0.02, second_look_s=0.1)
    with posted(camera, watch=watch) as post:
        afforded = [True]
        post.source.look_again_while(lambda: afforded[0])
        post.sensor.fire()
        post.burst()
        assert post.source.looks_again
        afforded[0] = False
        assert not post.source.looks_again
        post.turn(20)
        assert post.source.counters()["second_looks"] == 0


def test_an_animal_that_comes_back_gets_a_burst_and_no_second_look_of_the_first(
    camera: ReplayCamera,
) -> None:
    watch = WatchTerms(SMALL, ring_frames=0, second_look_s=3600.0)
    with posted(camera, watch=watch) as post:
        for _ in range(2):
            post.sensor.fire()
            post.burst()
        assert post.source.counters()["second_looks"] == 0


def test_while_nobody_stores_memory_is_bounded_and_what_fires_waits(camera: ReplayCamera) -> None:
    with posted(camera) as post:
        for _ in range(12):
            post.sensor.fire()
            post.turn(12)
        held = len(post.source.waiting)
        assert held == 4
        for _ in range(held):
            assert post.source.next_burst(0) is not None
        assert post.burst().frames, "what fired meanwhile begins one now"


def test_what_is_being_taken_when_the_station_ends_is_handed_over(camera: ReplayCamera) -> None:
    with posted(camera, pacing=PacingTerms(tail_s=60, longest_s=60)) as post:
        post.turn(1)
        post.sensor.fire()
        while post.source.so_far() is None:
            post.turn()
        assert not post.source.exhausted
        post.source.end()
        burst = post.source.next_burst(0)
        assert burst is not None
        assert burst.frames
        assert post.source.exhausted
        assert post.source.next_burst(0) is None


def test_a_driver_that_hangs_is_blindness_too(
    camera: ReplayCamera, monkeypatch: pytest.MonkeyPatch
) -> None:
    with posted(camera) as post:
        post.turn()
        later_s = time.monotonic() + 3600
        monkeypatch.setattr("edge.capture.triggered.time.monotonic", lambda: later_s)
        with pytest.raises(CameraGone, match="has not answered"):
            post.source.next_burst(0)


@pytest.mark.skipif(shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed")
def test_a_pipeline_that_ends_in_the_middle_of_a_burst_leaves_what_it_took() -> None:
    source = "videotestsrc is-live=true ! video/x-raw,framerate=20/1 ! identity eos-after=15"
    watch = WatchTerms(BurstTerms(0.02, 200), ring_frames=2, ring_s=0.2)
    pacing = PacingTerms(debounce_s=0, tail_s=60, longest_s=60)
    with posted(GStreamerCamera(source, TERMS), watch=watch, pacing=pacing) as post:
        post.turn(2)
        post.sensor.fire()
        *taken, last = post.burst().frames
        assert taken
        assert all(frame.data.startswith(b"\xff\xd8") for frame in taken)
        assert last.fault is not None
        assert "ended" in last.fault
        post.sensor.fire()
        assert post.burst().frames[0].data, "it is opened anew"
