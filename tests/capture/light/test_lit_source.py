"""A lens with a lamp at its post: what fires by night is seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge.capture.light.filter import HeldFilter
from edge.capture.light.lamp import Lamp, LampTerms
from edge.capture.light.lit_camera import LightTerms, LitCamera
from edge.capture.light.phase import Phase
from edge.capture.making import BurstTerms
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.watch import WatchTerms
from edge.records import Exposure
from edge.vision.decode import decode
from tests.capture.light.outputs import on_wire
from tests.capture.light.scene_camera import AdjustableScene, Animal
from tests.capture.light.test_lamp import Tripwire
from tests.capture.trigger.wires import Wire
from tests.capture.watching import Memory, Post, posted

NIGHT_LX = 0.05
SLOW = PacingTerms(debounce_s=0, tail_s=60.0, longest_s=60.0, rest_s=0.0)
TEN = BurstTerms(interval_s=0.01, most_frames=14)
ARMED = WatchTerms(TEN, ring_frames=4, ring_s=0.04)
ASLEEP = WatchTerms(TEN, asleep=True)


@contextmanager
def at_night(
    watch: WatchTerms, memory: Memory | None = None, most_s: float = 60.0
) -> Iterator[tuple[Post, LitCamera, AdjustableScene, Tripwire]]:
    lamp, out = Tripwire(), Wire()
    scene = AdjustableScene(NIGHT_LX, Animal(1.5, step_px=0))
    scene.lamp, scene.filter_out = lambda: bool(lamp.driven), lambda: bool(out.driven)
    camera = LitCamera(
        scene,
        LightTerms(),
        Lamp(on_wire(lamp), LampTerms(3.0, most_s=most_s, settle_s=0.01)),
        HeldFilter(on_wire(out)),
    )
    with posted(camera, watch=watch, pacing=SLOW, memory=memory) as post:
        yield post, camera, scene, lamp


def mean(data: bytes) -> float:
    return float(decode(data, 160).pixels.mean())


def test_an_armed_lens_lights_what_fires_and_nothing_before_it() -> None:
    with at_night(ARMED) as (post, camera, scene, lamp):
        while camera.phase is not Phase.NIGHT:
            post.turn()
        post.turn(3)
        assert not any(scene.lit)
        post.sensor.fire()
        frames = post.burst().frames
        assert not lamp.driven
    assert all(frame.exposure.infrared for frame in frames[-5:])
    assert mean(frames[-1].data) > mean(frames[0].data) + 20
    assert frames[0].exposure.infrared is not None


def test_a_lens_that_sleeps_wakes_with_light_and_leaves_none() -> None:
    memory = Memory()
    with at_night(ASLEEP, memory) as (post, camera, _, lamp):
        for _ in range(2):
            post.sensor.fire()
            frames = post.burst().frames
            assert not lamp.driven
        assert camera.phase is Phase.NIGHT
        assert frames[0].exposure.infrared is True
    with at_night(ASLEEP, memory) as (post, _, _, _):  # after a reboot
        post.sensor.fire()
        first = post.burst().frames[0]
    assert first.exposure.infrared is True
    assert first.exposure.exposure_us is not None


def test_a_burst_that_the_lamp_may_not_light_to_its_end_goes_on_in_the_dark() -> None:
    with at_night(ARMED, most_s=0.03) as (post, camera, _, lamp):
        while camera.phase is not Phase.NIGHT:
            post.turn()
        post.sensor.fire()
        frames = post.burst().frames
        assert not lamp.driven
    assert len(frames) == TEN.most_frames
    assert all(frame.data for frame in frames)


def test_a_station_that_ends_in_a_burst_ends_in_the_dark() -> None:
    with at_night(ARMED) as (post, camera, _, lamp):
        while camera.phase is not Phase.NIGHT:
            post.turn()
        post.sensor.fire()
        while not lamp.driven:
            post.turn()
        post.source.end()
        assert not lamp.driven
        assert post.source.next_burst(0) is not None


def test_a_station_that_has_ended_leaves_its_lines_to_the_next_one() -> None:
    """The last good configuration, and safe mode, are lived in the same process."""
    with at_night(ARMED) as (post, camera, _, lamp):
        while camera.phase is not Phase.NIGHT:
            post.turn()
        assert lamp.taken
        post.source.end()
        post.source.close()
        assert not lamp.taken


def test_a_lens_that_does_not_know_the_hour_starts_with_what_it_is_given() -> None:
    camera = LitCamera(AdjustableScene(NIGHT_LX), LightTerms(), supposed=lambda: Phase.NIGHT)
    camera.start(Exposure(infrared=False))
    assert camera.phase is Phase.NIGHT
