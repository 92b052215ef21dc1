"""Each backend before the same scene, so that one suite can hold them all to one contract."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.capture.camera.camera import Camera
from edge.capture.camera.gstreamer import PROGRAM, GStreamerCamera
from edge.capture.camera.opencv import OpenCvCamera
from edge.capture.camera.pi import PiCamera
from edge.capture.camera.replay import ReplayCamera
from tests.capture.camera.scene import PERIOD_S, TERMS, lay_scene, network_camera

VIDEO_DEVICE = Path("/dev/video0")


@dataclass(frozen=True)
class Bench:
    """A camera before the scene, one that is not there, and one that ends after some pictures.

    ``ending`` is None for hardware, which a person would have to unplug; ``scene`` says whether
    what the camera sees is known.
    """

    camera: Camera
    absent: Camera
    ending: Camera | None
    scene: bool = True


@contextmanager
def replay(folder: Path) -> Iterator[Bench]:
    picture = lay_scene(folder)
    yield Bench(
        ReplayCamera([picture], TERMS, endless=True),
        ReplayCamera([], TERMS),
        ReplayCamera([picture] * 3, TERMS),
    )


@contextmanager
def network(folder: Path) -> Iterator[Bench]:
    with network_camera() as lasting, network_camera(most_frames=40) as short:
        yield Bench(
            OpenCvCamera(lasting.address, TERMS),
            OpenCvCamera(str(folder / "nothing.mjpg"), TERMS),
            OpenCvCamera(short.address, TERMS),
        )


@contextmanager
def gstreamer(folder: Path) -> Iterator[Bench]:
    if shutil.which(PROGRAM) is None:
        pytest.skip(f"{PROGRAM} is not installed (gstreamer1.0-tools, gstreamer1.0-plugins-good)")
    picture = lay_scene(folder)
    still = (
        f"filesrc location={picture} ! jpegdec ! imagefreeze is-live=true ! "
        f"video/x-raw,framerate={round(1 / PERIOD_S)}/1"
    )
    yield Bench(
        GStreamerCamera(still, TERMS, most_a_second=10),
        GStreamerCamera(f"filesrc location={folder / 'nothing.jpg'} ! jpegdec", TERMS),
        GStreamerCamera(f"{still} ! identity eos-after=9", TERMS, most_a_second=10),
    )


@contextmanager
def v4l2(folder: Path) -> Iterator[Bench]:
    if not VIDEO_DEVICE.exists():
        pytest.skip(f"no camera at {VIDEO_DEVICE}")
    nothing = OpenCvCamera("/dev/video99", TERMS)
    yield Bench(OpenCvCamera(str(VIDEO_DEVICE), TERMS), nothing, None, scene=False)


@contextmanager
def pi(folder: Path) -> Iterator[Bench]:
    if importlib.util.find_spec("picamera2") is None:
        pytest.skip("picamera2 is not installed: this is no Raspberry Pi")
    yield Bench(PiCamera(TERMS), PiCamera(TERMS, camera=99), None, scene=False)


BENCHES: dict[str, Callable[[Path], AbstractContextManager[Bench]]] = {
    "replay": replay,
    "network": network,
    "gstreamer": gstreamer,
    "v4l2": v4l2,
    "pi": pi,
}
