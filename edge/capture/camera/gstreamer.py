"""Any camera that a GStreamer pipeline reaches, through ``gst-launch-1.0``."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from typing import IO, BinaryIO, cast

import numpy as np

from edge.capture.camera.camera import (
    UNKNOWN_EXPOSURE,
    CameraTerms,
    Glance,
    Moment,
    Shot,
    shot_of,
)
from edge.capture.camera.errors import CameraGone, CameraSoftwareMissing, NotStarted
from edge.capture.camera.multipart import read_part
from edge.capture.camera.pixels import bgr_of_i420, rgb_of_bgr
from edge.capture.camera.reader import LatestReader
from edge.records import Exposure

PROGRAM = "gst-launch-1.0"
_BOUNDARY = "irbis"
_STOPPING_S = 2.0
_Pair = tuple[bytes, bytes, Moment]
"""JPEG, the small picture's planes, and when the first byte of either had come."""


def jetson_source(sensor: int, terms: CameraTerms, frames_per_s: int = 10) -> str:
    """The pipeline's beginning for a CSI camera on a Jetson, with pixels in plain memory."""
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! "
        f"video/x-raw(memory:NVMM),width={terms.width_px},height={terms.height_px},"
        f"framerate={frames_per_s}/1 ! nvvidconv ! video/x-raw,format=I420"
    )


class GStreamerCamera:
    """``source`` is a pipeline's beginning as gst-launch knows it, ending in ``video/x-raw``. Of
    its pictures ``most_a_second`` are encoded, the others dropped before that costs anything; 0:
    none is dropped.

    The pipeline runs in a process of its own, so that a plugin's crash is an error like any other.
    It gives each picture twice, as a JPEG and small as I420, in one stream of parts. A picture's
    moment is that of its arrival, some tens of milliseconds late. Exposure is the source's own
    affair: it can neither be set nor told here.
    """

    def __init__(self, source: str, terms: CameraTerms, most_a_second: int = 0) -> None:
        self._source = source
        self._most_a_second = most_a_second
        self._terms = terms
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: LatestReader[_Pair] | None = None
        self._complaints: IO[bytes] | None = None

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._process is not None:
            return
        if shutil.which(PROGRAM) is None:
            raise CameraSoftwareMissing(
                f"{PROGRAM} is not installed; install gstreamer1.0-tools and "
                "gstreamer1.0-plugins-good"
            )
        # A pipe would fill up and stop a talkative pipeline.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115
        with _deaf_to_test_shots():
            self._process = subprocess.Popen(
                [PROGRAM, "-q", *self._pipeline()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=self._complaints,
                start_new_session=True,  # Ctrl-C is for the station, which then closes its camera
            )
        self._reader = LatestReader(self._pairs(self._process, self._complaints), "GStreamer")
        self._reader.start()

    def grab(self, timeout_s: float) -> Shot:
        jpeg, planes, moment = self._running().take(timeout_s)
        return shot_of(jpeg, Glance(self._pixels(planes), moment))

    def glance(self, timeout_s: float) -> Glance:
        _, planes, moment = self._running().take(timeout_s)
        return Glance(self._pixels(planes), moment)

    def close(self) -> None:
        process, self._process = self._process, None
        reader, self._reader = self._reader, None
        complaints, self._complaints = self._complaints, None
        if reader is not None:
            reader.stop()
        if process is not None:
            _end(process)
        # Closing what is read still would wait for the reader for ever.
        if (reader is None or reader.join()) and process is not None and process.stdout is not None:
            process.stdout.close()
        if complaints is not None:
            complaints.close()

    def _running(self) -> LatestReader[_Pair]:
        if self._reader is None:
            raise NotStarted("the GStreamer camera is not started; call start() first")
        return self._reader

    def _pipeline(self) -> list[str]:
        terms, most = self._terms, self._most_a_second
        thinned = f"videorate drop-only=true max-rate={most} ! " if most else ""
        # Only the queue before the tee may drop: both branches must carry the same pictures.
        return shlex.split(
            f"{self._source} ! {thinned}videoconvert ! videoscale ! "
            f"video/x-raw,format=I420,width={terms.width_px},height={terms.height_px} ! "
            "queue leaky=downstream max-size-buffers=1 ! tee name=both "
            f"both. ! queue ! jpegenc quality={terms.jpeg_quality} ! parts. "
            "both. ! queue ! videoscale ! "
            f"video/x-raw,width={terms.small_width_px},height={terms.small_height_px} ! parts. "
            f"multipartmux name=parts boundary={_BOUNDARY} ! fdsink fd=1"
        )

    def _pairs(self, process: subprocess.Popen[bytes], told: IO[bytes]) -> Callable[[], _Pair]:
        stream = cast("BinaryIO", process.stdout)

        def read() -> _Pair:
            jpeg: bytes | None = None
            planes: bytes | None = None
            moment: Moment | None = None
            while jpeg is None or planes is None or moment is None:
                part = read_part(stream, _BOUNDARY)
                if part is None:
                    process.wait()
                    raise CameraGone(f"the pipeline '{self._source}' ended: {_last_word(told)}")
                moment = moment or Moment.ago()
                if part.media_type == "image/jpeg":
                    jpeg = part.data
                else:
                    planes = part.data
            return jpeg, planes, moment

        return read

    def _pixels(self, planes: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        """RGB from I420 as GStreamer lays it out: rows of luma padded to 4 bytes, of chroma too."""
        width_px, height_px = self._terms.small_width_px, self._terms.small_height_px
        wide = _padded(width_px)
        narrow = _padded(width_px // 2)
        data = np.frombuffer(planes, np.uint8)
        expected = wide * height_px + narrow * height_px
        if len(data) != expected:
            raise CameraGone(
                f"the pipeline gives small pictures of {len(data)} bytes, not {expected}; "
                "choose a width that 8 divides"
            )
        luma = data[: wide * height_px].reshape(height_px, wide)[:, :width_px]
        chroma = data[wide * height_px :].reshape(height_px, narrow)[:, : width_px // 2]
        packed = np.concatenate([luma.ravel(), chroma.ravel()])
        return rgb_of_bgr(bgr_of_i420(packed.reshape(height_px * 3 // 2, width_px), width_px))


def _padded(width_px: int) -> int:
    return (width_px + 3) // 4 * 4


def _end(process: subprocess.Popen[bytes]) -> None:
    # An interrupt lets the pipeline release its camera: argus hangs on one that was torn away.
    process.send_signal(signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_STOPPING_S)
    # With what it has started, such as gst-plugin-scanner, which would hold the stream open.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):  # a driver that hangs in the kernel
        process.wait(_STOPPING_S)


@contextlib.contextmanager
def _deaf_to_test_shots() -> Iterator[None]:
    """What is started here never hears SIGUSR1, by which a person wants a test shot: it is sent to
    all processes of the station's unit, and would end a pipeline."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _last_word(told: IO[bytes]) -> str:
    """What gst-launch gave as its reason, in one line."""
    with contextlib.suppress(ValueError, OSError):  # closed meanwhile
        told.seek(0)
        lines = told.read(65536).decode("utf-8", "replace").splitlines()
        errors = [line.strip() for line in lines if "ERROR" in line] or lines
        if errors:
            return errors[0]
    return "the stream is over"
