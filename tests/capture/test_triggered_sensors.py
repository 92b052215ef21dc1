"""Sensors that fail, and sensors that fire too often, before a lens that works."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.capture.camera.camera import CameraTerms
from edge.capture.camera.replay import ReplayCamera
from edge.capture.making import BurstTerms
from edge.capture.trigger.firing import LineError
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.trigger.storm import StormTerms
from edge.capture.triggered import NoSensor
from edge.capture.watch import WatchTerms
from tests.basecamp.field import eventually
from tests.capture.camera.scene import lay_scene
from tests.capture.trigger.rigs import wired
from tests.capture.trigger.wires import Wire
from tests.capture.watching import posted

TERMS = CameraTerms(64, 48, 16, 12)


@pytest.fixture
def camera(tmp_path: Path) -> ReplayCamera:
    return ReplayCamera([lay_scene(tmp_path)], TERMS, endless=True)


def test_a_sensor_that_fails_is_told_of_and_the_others_go_on(camera: ReplayCamera) -> None:
    wire = Wire()
    with posted(camera, wired(wire)) as post:
        wire.gone = True
        eventually(lambda: "sensor-failed" in post.source.alarms(), "the alarm is raised")
        post.sensor.fire()
        assert post.burst().frames
        assert any("No such device" in line for line in post.told)
        assert post.source.blindness is None


def test_without_any_sensor_it_is_blind_though_somebody_may_still_test(
    camera: ReplayCamera,
) -> None:
    with posted(camera) as post:
        post.sensor.close()

        def gone(_: float) -> None:
            raise LineError("GPIO line 17: No such device")

        post.sensor.wait = gone  # type: ignore[method-assign]
        eventually(lambda: post.source.blindness is not None, "it is blind")
        with pytest.raises(NoSensor, match="line 17"):
            post.source.next_burst(0)
        post.button.fire()
        assert post.burst().frames


def test_a_hot_rock_costs_a_bounded_number_of_bursts_and_is_told_of(camera: ReplayCamera) -> None:
    storm = StormTerms(most_bursts=5, per_hour=3600, calm_s=60.0)
    pacing = PacingTerms(debounce_s=0, tail_s=0.005, longest_s=0.02, rest_s=0.0)
    watch = WatchTerms(BurstTerms(0.0, 3), ring_frames=0)
    taken = 0
    with posted(camera, watch=watch, pacing=pacing, storm=storm) as post:
        begun_s = time.monotonic()
        with post.watching():
            for number in range(2000):
                post.sensor.fire()
                if number % 100 == 0:
                    time.sleep(0.02)
                    eventually(lambda n=number: post.source.counters()["fired"] > n, "it is heard")
                while post.source.next_burst(0) is not None:
                    taken += 1
            eventually(lambda: post.source.counters()["fired"] >= 2000, "all were heard")
        lasted_s = time.monotonic() - begun_s
        while post.source.next_burst(0) is not None:
            taken += 1
        counts = post.source.counters()
        assert 5 <= taken <= storm.bound(lasted_s)
        assert counts["fired"] == 2000
        assert counts["passed_over"] > 1000
        assert counts["storms"] == 1
        assert set(post.source.alarms()) == {"sensor-storm"}
        assert [line for line in post.told if "fires too often" in line] == post.told


def test_what_became_of_all_that_fired_adds_up(camera: ReplayCamera) -> None:
    storm = StormTerms(most_bursts=1, per_hour=1, calm_s=3600.0)
    pacing = PacingTerms(debounce_s=5.0, tail_s=0.05, longest_s=0.2, rest_s=0.0)
    with posted(camera, pacing=pacing, storm=storm) as post:
        post.sensor.fire(ago_s=130.0)  # nobody is there any more
        post.sensor.fire(ago_s=20.0)
        post.sensor.fire(ago_s=19.0)  # the same movement
        post.burst()
        post.sensor.fire()  # a storm, for it may have one burst an hour
        while post.source.counters()["fired"] < 4:
            post.turn()
        counts = post.source.counters()
    names = ("stale", "bounced", "taken_in", "passed_over")
    assert {name: counts[name] for name in names} == dict.fromkeys(names, 1)
    assert counts["fired"] == len(names)


def test_in_a_storm_somebody_who_tests_gets_a_burst(camera: ReplayCamera) -> None:
    storm = StormTerms(most_bursts=1, per_hour=1, calm_s=3600.0)
    with posted(camera, storm=storm) as post:
        post.sensor.fire()
        post.burst()
        post.sensor.fire()
        post.turn(3)
        post.button.fire()
        assert post.burst().frames
