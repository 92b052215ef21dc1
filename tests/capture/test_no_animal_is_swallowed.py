"""What fires in the worst moment gets its burst all the same."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from edge.capture.camera.camera import Shot
from edge.capture.camera.errors import CameraGone
from edge.capture.making import BurstTerms
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.watch import WatchTerms
from edge.records import Burst
from tests.capture.watching import SMALL, Moody, Post, posted

LONG = PacingTerms(debounce_s=0, tail_s=30, longest_s=60, rest_s=0)
ASLEEP = WatchTerms(SMALL, asleep=True)


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn in which nothing is due is soon over."""
    monkeypatch.setattr("edge.capture.watch.LOOK_S", 0.05)


class Stumbling(Moody):
    """A camera that fails so many times, and then works."""

    def __init__(self) -> None:
        super().__init__()
        self.failures = 0

    def grab(self, timeout_s: float) -> Shot:
        if self.failures:
            self.failures -= 1
            raise CameraGone("it stumbled")
        return super().grab(timeout_s)


def bursts(post: Post) -> Iterator[Burst]:
    """Those that come within some turns, from the one on that hears of what fired."""
    fired = post.source.counters()["fired"]
    while post.source.counters()["fired"] == fired:
        post.turn()
        yield from _taken(post)
    for _ in range(20):
        post.turn()
        yield from _taken(post)


def _taken(post: Post) -> Iterator[Burst]:
    while len(post.source.waiting):
        burst = post.source.next_burst(0)
        assert burst is not None
        yield burst


def test_an_animal_that_comes_while_a_second_look_is_taken_gets_a_burst_of_its_own() -> None:
    terms = BurstTerms(0.1, 6, second_look_frames=2)
    watch = WatchTerms(terms, ring_frames=0, second_look_s=0.05)
    with posted(Moody(), watch=watch, pacing=LONG) as post:
        post.sensor.fire()
        assert len(post.burst().frames) == 6
        while not post.source.counters()["second_looks"]:
            post.turn()
        post.sensor.fire()
        assert len(post.burst().frames) == 2
        assert len(post.burst().frames) == 6


@pytest.mark.parametrize("asleep", [True, False])
def test_a_camera_that_stumbles_as_the_sensor_fires_is_asked_again_at_once(asleep: bool) -> None:
    camera = Stumbling()
    watch = ASLEEP if asleep else WatchTerms(SMALL, ring_frames=0)
    with posted(camera, watch=watch, pacing=LONG) as post:
        post.turn()
        camera.failures = 1
        post.sensor.fire()
        (burst,) = bursts(post)
        assert [frame.fault for frame in burst.frames] == [None] * SMALL.most_frames
        assert post.source.counters()["missed"] == 0


def test_what_it_saw_before_it_stumbled_is_one_burst_and_what_follows_another() -> None:
    camera = Stumbling()
    # No picture of the ring is due before the sensor is heard: it would be the one that fails.
    with posted(camera, watch=WatchTerms(SMALL, ring_frames=3, ring_s=60.0), pacing=LONG) as post:
        post.turn()
        camera.failures = 1
        post.sensor.fire()
        before, after = bursts(post)
        assert before.frames[-1].fault == "it stumbled"
        assert all(frame.data for frame in after.frames)


def test_a_burst_is_handed_over_before_the_camera_hears_that_it_is_over() -> None:
    class Slow(Moody):
        def __init__(self) -> None:
            super().__init__()
            self.waited: list[int] = []

        def begin_burst(self) -> None:
            """Nothing."""

        def end_burst(self) -> None:
            self.waited.append(len(post.source.waiting))

    camera = Slow()
    with posted(camera) as post:
        post.sensor.fire()
        post.burst()
    assert camera.waited == [1]


def test_a_camera_that_stumbles_twice_has_missed_it_and_is_not_asked_for_ever() -> None:
    camera = Stumbling()
    with posted(camera, watch=WatchTerms(SMALL, ring_frames=0), pacing=LONG) as post:
        post.turn()
        camera.failures = 2
        post.sensor.fire()
        assert not list(bursts(post))
        assert post.source.counters()["missed"] == 1


def test_an_animal_that_comes_as_the_camera_stumbles_in_a_burst_begins_the_next() -> None:
    camera = Stumbling()
    with posted(camera, watch=WatchTerms(SMALL, ring_frames=0), pacing=LONG) as post:
        post.sensor.fire()
        while post.source.so_far() is None:
            post.turn()
        camera.failures = 1
        post.sensor.fire()
        time.sleep(2 * SMALL.interval_s)
        first, second = bursts(post)
        assert first.frames[-1].fault == "it stumbled"
        assert second.captured_at > first.captured_at
        assert post.source.counters()["missed"] == 0
