"""What every camera promises, whatever drives it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from edge.capture.camera.camera import Adjustable, Camera, Shot
from edge.capture.camera.errors import CameraGone, NotStarted
from edge.capture.camera.waking import wake
from edge.records import Exposure
from edge.vision.decode import Pixels, decode
from tests.capture.camera.benches import Bench
from tests.capture.camera.scene import BLUE, RED, TERMS

PATIENCE_S = 60.0
NEAR = 25
"""Of 255: what JPEG, chroma at half the size and two ways to YUV may change in a flat colour."""


def started(camera: Camera) -> Camera:
    camera.start()
    return camera


def small_of(shot: Shot) -> Pixels:
    assert shot.glance is not None
    return shot.glance.pixels


def shows_the_scene(pixels: Pixels) -> bool:
    height, width, _ = pixels.shape
    left = pixels[height // 4 : -height // 4, width // 8 : 3 * width // 8].mean(axis=(0, 1))
    right = pixels[height // 4 : -height // 4, 5 * width // 8 : 7 * width // 8].mean(axis=(0, 1))
    return bool(np.abs(left - RED).max() < NEAR and np.abs(right - BLUE).max() < NEAR)


def test_a_grab_gives_a_whole_picture_of_the_size_that_was_asked_for(bench: Bench) -> None:
    shot = started(bench.camera).grab(PATIENCE_S)

    picture = decode(shot.frame.data, TERMS.width_px)
    assert (picture.full_width_px, picture.full_height_px) == (TERMS.width_px, TERMS.height_px)
    assert shot.frame.data.startswith(b"\xff\xd8")
    assert shot.frame.fault is None


def test_the_small_picture_has_the_size_that_was_asked_for(bench: Bench) -> None:
    camera = started(bench.camera)

    for small in (small_of(camera.grab(PATIENCE_S)), camera.glance(PATIENCE_S).pixels):
        assert small.shape == (TERMS.small_height_px, TERMS.small_width_px, 3)
        assert small.dtype == np.uint8


def test_picture_and_small_picture_show_the_scene_in_its_own_colours(bench: Bench) -> None:
    if not bench.scene:
        pytest.skip("nobody knows what this camera sees")
    camera = started(bench.camera)

    shot = camera.grab(PATIENCE_S)
    assert shows_the_scene(decode(shot.frame.data, TERMS.width_px).pixels)
    assert shows_the_scene(small_of(shot))
    assert shows_the_scene(camera.glance(PATIENCE_S).pixels)


def test_each_picture_is_newer_than_the_one_before(bench: Bench) -> None:
    camera = started(bench.camera)

    moments = [camera.grab(PATIENCE_S).moment.monotonic_s for _ in range(3)]
    moments.append(camera.glance(PATIENCE_S).moment.monotonic_s)
    moments.append(camera.grab(PATIENCE_S).moment.monotonic_s)

    assert moments == sorted(set(moments))


def test_a_picture_tells_when_it_was_taken(bench: Bench) -> None:
    before = datetime.now(UTC)
    shot = started(bench.camera).grab(PATIENCE_S)

    assert before <= shot.frame.captured_at <= datetime.now(UTC)
    assert shot.frame.captured_at.tzinfo is UTC


def test_a_camera_takes_what_was_remembered_of_the_light(bench: Bench) -> None:
    bench.camera.start(Exposure(exposure_us=5_000, analogue_gain=2.0))

    first = bench.camera.grab(PATIENCE_S).frame.exposure
    assert first.exposure_us in (None, pytest.approx(5_000, rel=0.2))  # None: it does not tell
    assert bench.camera.grab(PATIENCE_S).frame.data


def test_a_camera_that_can_be_told_exposes_so_until_it_is_told_otherwise(bench: Bench) -> None:
    camera = bench.camera
    if not isinstance(camera, Adjustable):
        pytest.skip("this camera cannot be told how to expose")
    with pytest.raises(NotStarted, match="start"):
        camera.expose(Exposure(exposure_us=5_000))
    camera.start()
    camera.grab(PATIENCE_S)

    camera.expose(Exposure(exposure_us=5_000, analogue_gain=2.0))
    told = [camera.grab(PATIENCE_S).frame.exposure.exposure_us for _ in range(10)]
    assert told[-1] in (None, pytest.approx(5_000, rel=0.2))  # None: it does not tell

    camera.expose(Exposure())
    assert camera.grab(PATIENCE_S).frame.data


def test_starting_a_camera_that_runs_changes_nothing(bench: Bench) -> None:
    camera = started(bench.camera)
    first = camera.grab(PATIENCE_S)
    camera.start()

    assert camera.grab(PATIENCE_S).moment.monotonic_s > first.moment.monotonic_s


def test_a_camera_that_was_not_started_says_so(bench: Bench) -> None:
    with pytest.raises(NotStarted, match="start"):
        bench.camera.grab(PATIENCE_S)
    with pytest.raises(NotStarted, match="start"):
        bench.camera.glance(PATIENCE_S)


def test_a_closed_camera_gives_nothing_and_can_be_closed_again(bench: Bench) -> None:
    camera = started(bench.camera)
    camera.grab(PATIENCE_S)
    camera.close()
    camera.close()

    with pytest.raises(NotStarted):
        camera.grab(PATIENCE_S)


def test_a_closed_camera_can_be_started_again(bench: Bench) -> None:
    camera = started(bench.camera)
    camera.grab(PATIENCE_S)
    camera.close()

    assert started(camera).grab(PATIENCE_S).frame.data


def test_a_closed_camera_leaves_no_thread_behind(bench: Bench) -> None:
    before = {thread.name for thread in threading.enumerate() if "Camera" in thread.name}
    camera = started(bench.camera)
    camera.grab(PATIENCE_S)
    camera.close()

    assert {t.name for t in threading.enumerate() if "Camera" in t.name} == before


def test_a_camera_that_is_not_there_is_gone_and_can_be_closed(bench: Bench) -> None:
    with pytest.raises(CameraGone):
        started(bench.absent).grab(PATIENCE_S)
    bench.absent.close()


def test_a_camera_that_goes_in_the_middle_is_told_of_and_never_waited_for(bench: Bench) -> None:
    if bench.ending is None:
        pytest.skip("somebody would have to unplug this camera")
    camera = started(bench.ending)

    shots = []
    with pytest.raises(CameraGone):
        for _ in range(1000):
            shots.append(camera.grab(PATIENCE_S))
    assert shots
    with pytest.raises(CameraGone):
        camera.glance(PATIENCE_S)


def test_waking_tells_how_long_the_first_picture_took(bench: Bench) -> None:
    awake = wake(bench.camera, Exposure(), PATIENCE_S)

    assert awake.shot.frame.data
    assert awake.first_frame_ms >= 0


def test_a_camera_that_does_not_wake_is_closed(bench: Bench) -> None:
    with pytest.raises(CameraGone):
        wake(bench.absent, Exposure(), PATIENCE_S)
    with pytest.raises(NotStarted):
        bench.absent.grab(PATIENCE_S)
