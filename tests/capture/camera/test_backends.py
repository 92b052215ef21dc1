"""What each backend does in its own way."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from edge.capture.camera.camera import CameraTerms, Moment
from edge.capture.camera.errors import (
    CameraGone,
    CameraSilent,
    CameraSoftwareMissing,
    PictureUnreadable,
)
from edge.capture.camera.gstreamer import PROGRAM, GStreamerCamera, jetson_source
from edge.capture.camera.opencv import OpenCvCamera
from edge.capture.camera.pi import PiCamera
from edge.capture.camera.pixels import bgr_of_i420, bgr_of_nv12, encode_jpeg
from edge.capture.camera.replay import ReplayCamera
from tests.capture.camera.scene import TERMS, lay_scene, network_camera, scene_jpeg

with_gstreamer = pytest.mark.skipif(
    shutil.which(PROGRAM) is None, reason=f"{PROGRAM} is not installed"
)


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(CameraGone, match="/dev/video99"):
        OpenCvCamera("/dev/video99", TERMS).start()


def test_a_network_camera_that_is_unplugged_is_gone() -> None:
    with network_camera() as plugged:
        camera = OpenCvCamera(plugged.address, TERMS)
        camera.start()
        camera.grab(60)
        plugged.unplugged.set()

        with pytest.raises(CameraGone, match="unplugged"):
            for _ in range(1000):
                camera.grab(60)
        camera.close()


def test_a_replayed_file_is_given_untouched(tmp_path: Path) -> None:
    camera = ReplayCamera([lay_scene(tmp_path)], TERMS)
    camera.start()

    assert camera.grab(0).frame.data == scene_jpeg()


def test_a_jpeg_that_the_camera_spoilt_is_kept_without_a_small_picture(tmp_path: Path) -> None:
    spoilt = tmp_path / "spoilt.jpg"
    spoilt.write_bytes(scene_jpeg()[:100])
    camera = ReplayCamera([spoilt, spoilt], TERMS)
    camera.start()

    shot = camera.grab(0)
    assert shot.frame.data == spoilt.read_bytes()
    assert shot.glance is None
    with pytest.raises(PictureUnreadable):
        camera.glance(0)


def test_a_jpeg_of_which_the_end_is_lost_has_no_small_picture_that_would_hide_it(
    tmp_path: Path,
) -> None:
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(scene_jpeg()[:-40])
    camera = ReplayCamera([cut], TERMS)
    camera.start()

    assert camera.grab(0).glance is None


def test_a_replay_of_a_file_that_is_gone_names_it(tmp_path: Path) -> None:
    camera = ReplayCamera([tmp_path / "gone.jpg"], TERMS)
    camera.start()

    with pytest.raises(CameraGone, match=r"gone\.jpg"):
        camera.grab(0)


def test_without_gstreamer_its_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")

    with pytest.raises(CameraSoftwareMissing, match=r"gstreamer1\.0-tools"):
        GStreamerCamera("videotestsrc", TERMS).start()


@with_gstreamer
def test_a_pipeline_that_cannot_be_built_says_why() -> None:
    camera = GStreamerCamera("nosuchsource", TERMS)
    camera.start()

    with pytest.raises(CameraGone, match='no element "nosuchsource"'):
        camera.grab(60)
    camera.close()


@with_gstreamer
def test_a_pipeline_that_gives_nothing_is_silent_and_can_be_closed() -> None:
    camera = GStreamerCamera("videotestsrc is-live=true ! valve drop=true", TERMS)
    camera.start()

    with pytest.raises(CameraSilent):
        camera.grab(0.1)
    camera.close()


@with_gstreamer
@pytest.mark.parametrize("small_width_px", [2, 64, 66, 68, 70])
def test_small_pictures_of_any_even_width_come_whole(small_width_px: int) -> None:
    terms = CameraTerms(320, 240, small_width_px, 50)
    camera = GStreamerCamera("videotestsrc is-live=true pattern=red", terms)
    camera.start()
    small = camera.glance(60).pixels
    camera.close()

    assert small.shape == (50, small_width_px, 3)
    assert np.abs(small.reshape(-1, 3).astype(int) - (255, 0, 0)).max() < 12


def test_the_jetson_pipeline_asks_for_the_size_and_ends_in_plain_memory() -> None:
    source = jetson_source(1, CameraTerms(1920, 1080))

    assert "sensor-id=1" in source
    assert "width=1920,height=1080" in source
    assert source.endswith("nvvidconv ! video/x-raw,format=I420")


@pytest.mark.skipif(
    importlib.util.find_spec("picamera2") is not None, reason="picamera2 is installed here"
)
def test_without_picamera2_its_package_is_named() -> None:
    with pytest.raises(CameraSoftwareMissing, match="python3-picamera2"):
        PiCamera(TERMS).start()


def test_a_picamera2_that_breaks_as_it_is_loaded_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a package does that was compiled for another numpy."""
    (tmp_path / "picamera2.py").write_text("raise ValueError('numpy.dtype size changed')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "picamera2", raising=False)
    with pytest.raises(CameraSoftwareMissing, match=r"numpy\.dtype size changed.*simplejpeg"):
        PiCamera(TERMS).start()


def test_what_picamera2_encodes_with_fits_the_numpy_of_a_card() -> None:
    simplejpeg = pytest.importorskip("simplejpeg")
    grey = np.full((16, 16, 3), 128, np.uint8)
    assert simplejpeg.encode_jpeg(grey)[:2] == b"\xff\xd8"


def test_yuv_with_padded_rows_loses_the_padding_alone() -> None:
    # As picamera2 gives it: rows of 64 bytes of which 48 are picture; white, the padding black.
    planes = np.full((24 * 3 // 2, 64), 128, np.uint8)
    planes[:24, :48] = 235
    planes[:24, 48:] = 16

    bgr = bgr_of_i420(planes, 48)
    assert bgr.shape == (24, 48, 3)
    assert bgr.min() > 250


def test_yuv_with_its_colours_in_turn_gives_the_same_picture_as_in_planes() -> None:
    luma = np.arange(24 * 48, dtype=np.uint8).reshape(24, 48)
    blue, red = np.full((6, 48), 90, np.uint8), np.full((6, 48), 200, np.uint8)
    in_turn = np.stack([blue.ravel(), red.ravel()], axis=1).reshape(12, 48)

    nv12 = bgr_of_nv12(np.concatenate([luma, in_turn]), 48)
    assert nv12.shape == (24, 48, 3)
    assert np.array_equal(nv12, bgr_of_i420(np.concatenate([luma, blue, red]), 48))


def test_what_is_no_picture_is_not_encoded() -> None:
    with pytest.raises(PictureUnreadable):
        encode_jpeg(np.zeros((0, 0, 3), np.uint8), 90)


@pytest.mark.parametrize(
    "terms", [(0, 2, 2, 2, 90), (2, 3, 2, 2, 90), (2, 2, 2, -2, 90), (2, 2, 2, 2, 0)]
)
def test_terms_that_no_camera_can_meet_are_refused(terms: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must"):
        CameraTerms(*terms)


@pytest.mark.parametrize("age_s", [-1.0, 1e9, float("nan")])
def test_a_stamp_of_another_clock_is_not_believed(age_s: float) -> None:
    before = Moment.ago()

    assert Moment.ago(age_s).monotonic_s >= before.monotonic_s


def test_a_picture_was_taken_before_it_came() -> None:
    now = Moment.ago()

    assert Moment.ago(4.0).captured_at < now.captured_at
    assert Moment.ago(4.0).monotonic_s < now.monotonic_s
