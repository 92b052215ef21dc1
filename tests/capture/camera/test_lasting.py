"""A camera that failed is opened again, at once and then ever more seldom."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, Shot
from edge.capture.camera.errors import CameraError, CameraGone, NotStarted
from edge.capture.camera.lasting import LastingCamera, LastingTerms
from edge.capture.camera.replay import ReplayCamera
from edge.records import Exposure
from tests.capture.camera.scene import TERMS, lay_scene


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def short(tmp_path: Path) -> ReplayCamera:
    """It gives two pictures whenever it is started, and is gone then."""
    return ReplayCamera([lay_scene(tmp_path)] * 2, TERMS)


class Buggy:
    """A driver with a bug."""

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        """Nothing to open."""

    def grab(self, timeout_s: float) -> Shot:
        raise ZeroDivisionError("in the driver")

    def close(self) -> None:
        raise ZeroDivisionError("here too")

    begin_burst = end_burst = close


def failed(camera: LastingCamera) -> LastingCamera:
    with pytest.raises(CameraError):
        while True:
            camera.take()
    return camera


def test_it_opens_itself(short: ReplayCamera, clock: Clock) -> None:
    camera = LastingCamera(short, LastingTerms(), clock)
    assert camera.take().frame.data
    assert camera.is_open


def test_one_that_failed_is_closed_and_may_be_tried_at_once(
    short: ReplayCamera, clock: Clock
) -> None:
    camera = failed(LastingCamera(short, LastingTerms(), clock))
    assert not camera.is_open
    assert camera.blindness is not None
    assert camera.may_try()
    camera.take()
    assert camera.blindness is None
    assert camera.faults == 1


def test_one_that_stays_away_is_tried_ever_more_seldom_up_to_a_bound(clock: Clock) -> None:
    camera = LastingCamera(ReplayCamera([], TERMS), LastingTerms(retry_s=2, most_retry_s=60), clock)
    pauses = []
    for _ in range(9):
        failed(camera)
        tried_s = clock.s
        while not camera.may_try():
            clock.s += 1
        pauses.append(clock.s - tried_s)
    assert pauses == [0, 2, 4, 8, 16, 32, 60, 60, 60]
    assert camera.faults == 1


def test_where_the_sensor_fires_it_is_tried_sooner(clock: Clock) -> None:
    camera = LastingCamera(ReplayCamera([], TERMS), LastingTerms(retry_s=2, most_retry_s=60), clock)
    for _ in range(9):
        failed(camera)
    assert not camera.may_try(urgent=True)
    clock.s += 2
    assert camera.may_try(urgent=True)
    assert not camera.may_try()


def test_it_tells_since_when_it_is_blind_and_the_latest_reason(clock: Clock) -> None:
    camera = failed(LastingCamera(ReplayCamera([], TERMS), LastingTerms(), clock))
    since_s = clock.s
    clock.s += 100
    failed(camera)
    assert camera.blindness is not None
    assert camera.blindness.since_s == since_s
    assert "no picture to replay" in str(camera.blindness.error)


def test_a_bug_of_a_driver_is_a_camera_that_failed(clock: Clock) -> None:
    camera = LastingCamera(Buggy(), LastingTerms(), clock)  # type: ignore[arg-type]
    with pytest.raises(CameraGone, match="ZeroDivisionError: in the driver"):
        camera.take()


def test_a_bug_in_closing_or_in_what_belongs_to_a_burst_costs_no_burst(clock: Clock) -> None:
    camera = LastingCamera(Buggy(), LastingTerms(), clock)  # type: ignore[arg-type]
    camera.begin_burst()
    camera.end_burst()
    camera.close()
    assert camera.blindness is None


def test_one_that_is_closed_is_not_blind(short: ReplayCamera, clock: Clock) -> None:
    camera = LastingCamera(short, LastingTerms(), clock)
    camera.take()
    camera.close()
    assert (camera.blindness, camera.is_open, camera.faults) == (None, False, 0)
    with pytest.raises(NotStarted):
        short.grab(0)
    assert camera.take().frame.data
