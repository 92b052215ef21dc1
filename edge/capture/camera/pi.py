"""Raspberry Pi camera modules, through picamera2."""

from __future__ import annotations

import importlib
import time
from typing import Any

import numpy as np

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
from edge.capture.camera.pixels import encode_jpeg, rgb_of_i420
from edge.records import Exposure

_BUFFERS = 3
"""One in the sensor's hand, one in the ISP's, one in ours; 12 megapixels in YUV are 18 MB each."""

_FRAME_DURATION_US = (33_333, 200_000)
"""Shortest and longest: picamera2's own limit for video, 33 ms, leaves the night black."""


class PiCamera:
    """The camera module with the number ``camera``, in libcamera's order.

    Main and low-resolution streams are configured once, both planar YUV 4:2:0; the small picture
    comes from the second stream and costs no decoding. Nothing is queued: each picture was taken
    after it was asked for.
    """

    def __init__(self, terms: CameraTerms, camera: int = 0) -> None:
        self._terms = terms
        self._number = camera
        self._camera: Any = None
        self._held = False

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._camera is not None:
            return
        camera = self._opened()
        controls = _controls(exposure)
        try:
            camera.configure(
                camera.create_video_configuration(
                    main=_stream(self._terms.width_px, self._terms.height_px),
                    lores=_stream(self._terms.small_width_px, self._terms.small_height_px),
                    raw=None,
                    buffer_count=_BUFFERS,
                    queue=False,
                    controls={"FrameDurationLimits": _FRAME_DURATION_US},
                )
            )
            camera.set_controls(controls)  # before the start: the first picture has them already
            camera.start()
        except Exception as error:  # libcamera's own, of many types
            camera.close()
            raise CameraGone(f"camera module {self._number} does not start: {error}") from error
        self._camera, self._held = camera, bool(controls)

    def grab(self, timeout_s: float) -> Shot:
        request = self._request(timeout_s)
        try:
            glance = self._small(request)
            planes = np.asarray(request.make_array("main"), np.uint8)
        finally:
            request.release()
        picture = rgb_of_i420(planes, self._terms.width_px)
        return shot_of(encode_jpeg(picture, self._terms.jpeg_quality), glance)

    def glance(self, timeout_s: float) -> Glance:
        request = self._request(timeout_s)
        try:
            return self._small(request)
        finally:
            request.release()

    def close(self) -> None:
        camera, self._camera = self._camera, None
        if camera is not None:
            camera.close()

    def _opened(self) -> Any:
        try:
            made = importlib.import_module("picamera2").Picamera2
        except ImportError as error:
            raise CameraSoftwareMissing(
                "picamera2 is not installed, or libcamera beneath it; install python3-picamera2"
            ) from error
        try:
            return made(self._number)
        except (IndexError, RuntimeError) as error:
            raise CameraGone(
                f"no camera module {self._number}; look at its cable and at what else uses it"
            ) from error

    def _request(self, timeout_s: float) -> Any:
        camera = self._camera
        if camera is None:
            raise NotStarted(f"camera module {self._number} is not started; call start() first")
        job = camera.capture_request(wait=False)
        try:
            request = camera.wait(job, timeout=timeout_s)
        except TimeoutError as error:
            camera.cancel_all_and_flush()
            raise CameraSilent(
                f"camera module {self._number}: no picture within {timeout_s:g} s"
            ) from error
        except Exception as error:  # what libcamera raises in its own thread comes out here
            raise CameraGone(f"camera module {self._number} failed: {error}") from error
        if self._held:
            self._held = False
            camera.set_controls({"ExposureTime": 0, "AnalogueGain": 0})  # 0: meter again
        return request

    def _small(self, request: Any) -> Glance:
        metadata = request.get_metadata()
        planes = np.asarray(request.make_array("lores"), np.uint8)
        return Glance(
            rgb_of_i420(planes, self._terms.small_width_px), _moment(metadata), _exposure(metadata)
        )


def _stream(width_px: int, height_px: int) -> dict[str, object]:
    return {"size": (width_px, height_px), "format": "YUV420"}


def _controls(exposure: Exposure) -> dict[str, float]:
    wanted = {"ExposureTime": exposure.exposure_us, "AnalogueGain": exposure.analogue_gain}
    return {name: value for name, value in wanted.items() if value is not None}


def _moment(metadata: dict[str, Any]) -> Moment:
    """libcamera stamps (``SensorTimestamp``, ns) with the clock that runs on in suspend, too."""
    stamp_ns = metadata.get("SensorTimestamp")
    if stamp_ns is None:
        return Moment.ago()
    return Moment.ago((time.clock_gettime_ns(time.CLOCK_BOOTTIME) - stamp_ns) / 1e9)


def _exposure(metadata: dict[str, Any]) -> Exposure:
    return Exposure(metadata.get("ExposureTime"), metadata.get("AnalogueGain"))
