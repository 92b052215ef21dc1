"""What the Pi's camera does in its own way."""

from __future__ import annotations

import gc
import os
import resource
import time
from collections.abc import Iterator

import pytest

from edge.capture.camera.errors import CameraGone, CameraSilent
from edge.capture.camera.pi import PiCamera
from edge.records import Exposure
from edge.vision.decode import decode
from tests.capture.camera.scene import TERMS
from tests.picamera.inside.virtual import LARGE

PATIENCE_S = 60.0
AGAIN = 20
IN_FLIGHT = 10
"""Files that the requests of a running camera hold now and not then: two each, and some."""


@pytest.fixture
def camera() -> Iterator[PiCamera]:
    made = PiCamera(TERMS)
    yield made
    made.close()


def open_files() -> int:
    gc.collect()  # libcamera's buffers go with the requests that hold them
    most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = 0
    for fd in range(min(most, 1024)):
        try:
            os.fstat(fd)
        except OSError:
            continue
        count += 1
    return count


def test_no_picture_waits_in_a_queue_until_it_is_asked_for(camera: PiCamera) -> None:
    camera.start()
    camera.grab(PATIENCE_S)
    meanwhile_s, seen = time.monotonic(), camera._camera.frames
    while camera._camera.frames < seen + 10:  # three buffers: each has been filled anew since
        time.sleep(0.01)

    assert camera.grab(PATIENCE_S).moment.monotonic_s > meanwhile_s


def test_patience_that_ends_too_soon_costs_no_buffer(camera: PiCamera) -> None:
    camera.start()
    silent = 0
    enough, latest_s = camera._camera.frames + 150, time.monotonic() + PATIENCE_S
    while camera._camera.frames < enough and time.monotonic() < latest_s:
        try:
            camera.glance(0.0)
        except CameraSilent:
            silent += 1

    assert silent > 0
    assert camera._camera.frames >= enough  # a camera has three buffers: without one, none comes


def test_a_remembered_exposure_is_passed_over_where_the_camera_cannot_be_told(
    camera: PiCamera,
) -> None:
    camera.start(Exposure(exposure_us=5_000, analogue_gain=2.0))

    assert camera.grab(PATIENCE_S).frame.exposure == Exposure()


def test_a_size_that_the_camera_lacks_gives_its_own_and_the_small_picture_as_asked() -> None:
    camera = PiCamera(TERMS, camera=1)
    camera.start()
    shot = camera.grab(PATIENCE_S)
    camera.close()

    picture = decode(shot.frame.data, TERMS.width_px)
    assert (picture.full_width_px, picture.full_height_px) == LARGE
    assert shot.glance is not None
    assert shot.glance.pixels.shape == (TERMS.small_height_px, TERMS.small_width_px, 3)


def test_a_camera_that_another_uses_is_gone_and_comes_back_when_it_is_free(
    camera: PiCamera,
) -> None:
    camera.start()
    other = PiCamera(TERMS)
    with pytest.raises(CameraGone, match="what else uses it"):
        other.start()
    assert camera.grab(PATIENCE_S).frame.data

    camera.close()
    other.start()
    assert other.grab(PATIENCE_S).frame.data
    other.close()


def test_a_camera_that_is_woken_again_and_again_keeps_no_file_open(camera: PiCamera) -> None:
    def woken() -> int:
        camera.start()
        camera.glance(PATIENCE_S)
        camera.close()
        return open_files()

    first = [woken() for _ in range(3)][-1]
    assert [woken() for _ in range(AGAIN)][-1] <= first


def test_a_camera_that_is_not_there_keeps_no_file_open_however_often_it_is_tried() -> None:
    def tried() -> int:
        with pytest.raises(CameraGone):
            PiCamera(TERMS, camera=99).start()
        return open_files()

    first = [tried() for _ in range(3)][-1]
    assert [tried() for _ in range(AGAIN)][-1] <= first


def test_a_camera_that_another_uses_keeps_no_file_open_however_often_it_is_tried(
    camera: PiCamera,
) -> None:
    def tried() -> int:
        with pytest.raises(CameraGone):
            PiCamera(TERMS).start()
        return open_files()

    camera.start()
    first = [tried() for _ in range(3)][-1]
    assert [tried() for _ in range(AGAIN)][-1] <= first + IN_FLIGHT
