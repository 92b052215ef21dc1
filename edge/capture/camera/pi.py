"""Raspberry Pi camera modules, through picamera2."""

from __future__ import annotations

import importlib
import os
import time
from collections.abc import Callable, Container
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.capture.camera.camera import (
    UNKNOWN_EXPOSURE,
    CameraTerms,
    Glance,
    Moment,
    Shot,
    shot_of,
)
from edge.capture.camera.errors import (
    CameraGone,
    CameraSilent,
    CameraSoftwareMissing,
    NotStarted,
)
from edge.capture.camera.pixels import bgr_of_i420, bgr_of_nv12, encode_jpeg, rgb_of_bgr, shrunk
from edge.records import Exposure
from edge.vision.decode import Pixels

_BUFFERS = 3
"""One in the sensor's hand, one in the ISP's, one in ours; 12 megapixels in YUV are 18 MB each."""

_FRAME_DURATION_US = (33_333, 200_000)
"""Shortest and longest: picamera2's own limit for video, 33 ms, leaves the night black."""

_TO_BGR: dict[str, Callable[[NDArray[np.uint8], int], Pixels]] = {
    "YUV420": bgr_of_i420,
    "NV12": bgr_of_nv12,
}
_METER: dict[str, Any] = {"ExposureTime": 0, "AnalogueGain": 0}
"""0: the camera meters for itself."""
_JUST_LATE_S = 1.0
"""What picamera2 was about to hand over when the patience ended comes at once."""


@dataclass(frozen=True, slots=True)
class _Stream:
    """How pictures lie in memory: libcamera gives what it can, which may not be what was asked."""

    name: str
    width_px: int
    to_bgr: Callable[[NDArray[np.uint8], int], Pixels]

    def bgr(self, request: Any) -> Pixels:
        return self.to_bgr(np.asarray(request.make_array(self.name), np.uint8), self.width_px)


class PiCamera:
    """The camera module with the number ``camera``, in libcamera's order.

    Main and low-resolution streams are configured once, both YUV 4:2:0; the small picture comes
    from the second stream and costs no decoding. Nothing is queued: each picture was taken after
    it was asked for. A picture has the size that libcamera gave where it cannot give the one that
    was asked for; a small picture has always the size that was asked for.
    """

    def __init__(self, terms: CameraTerms, camera: int = 0) -> None:
        self._terms = terms
        self._number = camera
        self._camera: Any = None
        self._streams: dict[str, _Stream] = {}
        self._held: dict[str, Any] = {}

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._camera is not None:
            return
        camera = self._opened()
        try:
            self._begin(camera, exposure)
        except CameraGone:
            _shut(camera)
            raise
        except Exception as error:  # libcamera's own, of many types
            _shut(camera)
            raise CameraGone(f"camera module {self._number} does not start: {error}") from error
        self._camera = camera

    def grab(self, timeout_s: float) -> Shot:
        request = self._request(timeout_s)
        try:
            glance = self._small(request)
            picture = self._streams["main"].bgr(request)
        finally:
            request.release()
        return shot_of(encode_jpeg(picture, self._terms.jpeg_quality), glance)

    def glance(self, timeout_s: float) -> Glance:
        request = self._request(timeout_s)
        try:
            return self._small(request)
        finally:
            request.release()

    def expose(self, exposure: Exposure) -> None:
        camera = self._running()
        self._held = {}  # what it was started with is over
        camera.set_controls(_only(_METER | _remembered(exposure), camera.camera_controls))

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            _shut(camera)

    def _opened(self) -> Any:
        try:
            made = importlib.import_module("picamera2").Picamera2
        except ImportError as error:
            raise CameraSoftwareMissing(
                "picamera2 is not installed, or libcamera beneath it; install python3-picamera2"
            ) from error
        except Exception as error:  # compiled for another numpy, and whatever else
            raise CameraSoftwareMissing(
                f"picamera2 is installed and cannot be loaded: {error}. Where it and this"
                " environment's packages do not fit: pip install --upgrade simplejpeg"
            ) from error
        try:
            return _made(made, self._number)
        except (IndexError, RuntimeError) as error:
            raise CameraGone(
                f"no camera module {self._number}; look at its cable and at what else uses it"
            ) from error

    def _begin(self, camera: Any, exposure: Exposure) -> None:
        able = camera.camera_controls
        camera.configure(
            camera.create_video_configuration(
                main=_wanted(self._terms.width_px, self._terms.height_px),
                lores=_wanted(self._terms.small_width_px, self._terms.small_height_px),
                raw=None,
                buffer_count=_BUFFERS,
                queue=False,
                controls=_only({"FrameDurationLimits": _FRAME_DURATION_US}, able),
            )
        )
        given = camera.camera_configuration()
        self._streams = {name: self._given(given, name) for name in ("main", "lores")}
        self._held = _only(_remembered(exposure), able)
        camera.set_controls(self._held)  # before the start: the first picture has them already
        camera.start()

    def _given(self, configuration: dict[str, Any], name: str) -> _Stream:
        stream = configuration[name]
        to_bgr = _TO_BGR.get(stream["format"])
        if to_bgr is None:
            raise CameraGone(
                f"camera module {self._number} gives {stream['format']}, not YUV 4:2:0; "
                f'take it with camera = "v4l2"'
            )
        return _Stream(name, stream["size"][0], to_bgr)

    def _running(self) -> Any:
        if self._camera is None:
            raise NotStarted(f"camera module {self._number} is not started; call start() first")
        return self._camera

    def _request(self, timeout_s: float) -> Any:
        camera = self._running()
        job = camera.capture_request(wait=False)
        try:
            request = self._waited(job, timeout_s)
        except (TimeoutError, CancelledError) as error:
            raise CameraSilent(
                f"camera module {self._number}: no picture within {timeout_s:g} s"
            ) from error
        except Exception as error:  # what libcamera raises in its own thread comes out here
            raise CameraGone(f"camera module {self._number} failed: {error}") from error
        if self._held:
            camera.set_controls(dict.fromkeys(self._held, 0))  # 0: meter again
            self._held = {}
        return request

    def _waited(self, job: Any, timeout_s: float) -> Any:
        """The job's request. One that came while the job was given up would never be released,
        and a camera has few: it is taken after all."""
        try:
            return self._camera.wait(job, timeout=timeout_s)
        except TimeoutError:
            self._camera.cancel_all_and_flush()
            return self._camera.wait(job, timeout=_JUST_LATE_S)

    def _small(self, request: Any) -> Glance:
        metadata = request.get_metadata()
        pixels = self._streams["lores"].bgr(request)
        size = (self._terms.small_height_px, self._terms.small_width_px)
        if pixels.shape[:2] != size:
            pixels = shrunk(pixels, self._terms)
        return Glance(rgb_of_bgr(pixels), _moment(metadata), _exposure(metadata))


def _made(kind: Any, number: int) -> Any:
    """``kind(number)``; picamera2 leaves a pipe behind with each camera that it cannot open, and a
    lens tries again and again, for days."""
    camera = kind.__new__(kind)
    try:
        camera.__init__(number)
    except Exception:
        if hasattr(camera, "notifymeread"):
            camera.notifymeread.close()
            os.close(camera.notifyme_w)
        raise
    return camera


def _shut(camera: Any) -> None:
    with suppress(Exception):  # a camera that failed may fail in this, too: the next start tells
        camera.close()


def _wanted(width_px: int, height_px: int) -> dict[str, object]:
    return {"size": (width_px, height_px), "format": "YUV420"}


def _remembered(exposure: Exposure) -> dict[str, Any]:
    wanted = {"ExposureTime": exposure.exposure_us, "AnalogueGain": exposure.analogue_gain}
    return {name: value for name, value in wanted.items() if value is not None}


def _only(controls: dict[str, Any], able: Container[str]) -> dict[str, Any]:
    """Those that the camera has: picamera2 refuses all of them for one that it does not know."""
    return {name: value for name, value in controls.items() if name in able}


def _moment(metadata: dict[str, Any]) -> Moment:
    """libcamera stamps (``SensorTimestamp``, ns) with the clock that runs on in suspend, too."""
    stamp_ns = metadata.get("SensorTimestamp")
    if stamp_ns is None:
        return Moment.ago()
    return Moment.ago((time.clock_gettime_ns(time.CLOCK_BOOTTIME) - stamp_ns) / 1e9)


def _exposure(metadata: dict[str, Any]) -> Exposure:
    return Exposure(metadata.get("ExposureTime"), metadata.get("AnalogueGain"))
