"""USB cameras (V4L2, UVC), and cameras that stream over a network, through OpenCV."""

from __future__ import annotations

import time
from collections import deque

import cv2
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
from edge.capture.camera.errors import CameraGone, NotStarted
from edge.capture.camera.pixels import (
    encode_jpeg,
    rgb_of_bgr,
    shot_of_own_jpeg,
    shrunk,
    small_of_jpeg,
)
from edge.capture.camera.reader import LatestReader
from edge.records import Exposure

_OPENING_MS = 10_000
_MANUAL, _APERTURE_PRIORITY = 1, 3
"""V4L2_EXPOSURE_MANUAL and V4L2_EXPOSURE_APERTURE_PRIORITY (V4L2 API, camera controls)."""
_EXPOSURE_STEP_US = 100
"""V4L2_CID_EXPOSURE_ABSOLUTE counts in steps of 100 us."""
_Taken = tuple[NDArray[np.uint8], Moment, Exposure]


class OpenCvCamera:
    """``source`` is a V4L2 device (``/dev/video0``) or a stream's address (``rtsp://...``).

    From a device the camera's own JPEG is taken as it is, where it makes any; every other picture
    is encoded here. Only a device's exposure time can be set and told; UVC's gain counts in units
    that differ from camera to camera and is left to it.
    """

    def __init__(self, source: str, terms: CameraTerms) -> None:
        self._source = source
        self._terms = terms
        self._is_device = source.startswith("/dev/")
        self._capture: cv2.VideoCapture | None = None
        self._reader: LatestReader[_Taken] | None = None
        self._held = False
        self._wanted: deque[Exposure] = deque(maxlen=1)

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._capture is not None:
            return
        capture = self._opened()
        self._held = self._is_device and _hold(capture, exposure)
        self._wanted.clear()
        self._capture = capture
        self._reader = LatestReader(lambda: self._read(capture), self._source)
        self._reader.start()

    def grab(self, timeout_s: float) -> Shot:
        picture, moment, exposure = self._running().take(timeout_s)
        if _is_encoded(picture):
            return shot_of_own_jpeg(picture.tobytes(), moment, exposure, self._terms)
        glance = Glance(rgb_of_bgr(shrunk(picture, self._terms)), moment, exposure)
        return shot_of(encode_jpeg(picture, self._terms.jpeg_quality), glance)

    def glance(self, timeout_s: float) -> Glance:
        picture, moment, exposure = self._running().take(timeout_s)
        if _is_encoded(picture):
            small = small_of_jpeg(picture.tobytes(), self._terms)
        else:
            small = rgb_of_bgr(shrunk(picture, self._terms))
        return Glance(small, moment, exposure)

    def expose(self, exposure: Exposure) -> None:
        self._running()
        self._wanted.append(exposure)  # a driver bears one thread: the one that reads tells it

    def close(self) -> None:
        capture, self._capture = self._capture, None
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.stop()
        # Releasing what a read still holds would crash: a driver that hangs keeps its device.
        if capture is not None and (reader is None or reader.join()):
            capture.release()

    def _running(self) -> LatestReader[_Taken]:
        if self._reader is None:
            raise NotStarted(f"{self._source} is not started; call start() first")
        return self._reader

    def _opened(self) -> cv2.VideoCapture:
        if self._is_device:
            capture = cv2.VideoCapture(self._source, cv2.CAP_V4L2)
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._terms.width_px)
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._terms.height_px)
            if _fourcc(capture) == "MJPG":
                capture.set(cv2.CAP_PROP_CONVERT_RGB, 0)
        else:
            limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _OPENING_MS]
            limits += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, _OPENING_MS]
            capture = cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, limits)
        if not capture.isOpened():
            raise CameraGone(
                f"no camera at {self._source}; look whether it is plugged in, free and readable"
            )
        return capture

    def _read(self, capture: cv2.VideoCapture) -> _Taken:
        if self._wanted and self._is_device:
            self._held = False
            if not _hold(capture, self._wanted.pop()):
                capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _APERTURE_PRIORITY)
        there, picture = capture.read()
        if not there:
            raise CameraGone(f"{self._source} gives no more pictures; was it unplugged?")
        age_s = 0.0
        if self._is_device:  # V4L2 stamps with the monotonic clock; a stream's time begins anywhere
            age_s = time.monotonic() - capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return np.asarray(picture, np.uint8), Moment.ago(age_s), self._exposure(capture)

    def _exposure(self, capture: cv2.VideoCapture) -> Exposure:
        if not self._is_device:
            return UNKNOWN_EXPOSURE
        steps = capture.get(cv2.CAP_PROP_EXPOSURE)
        if self._held:
            self._held = False
            capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _APERTURE_PRIORITY)
        return Exposure(exposure_us=round(steps * _EXPOSURE_STEP_US) if steps > 0 else None)


def _hold(capture: cv2.VideoCapture, exposure: Exposure) -> bool:
    """Expose as ``exposure`` says; whether that is to be undone."""
    if exposure.exposure_us is None:
        return False
    capture.set(cv2.CAP_PROP_AUTO_EXPOSURE, _MANUAL)
    capture.set(cv2.CAP_PROP_EXPOSURE, max(1, round(exposure.exposure_us / _EXPOSURE_STEP_US)))
    return True


def _fourcc(capture: cv2.VideoCapture) -> str:
    code = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    return code.to_bytes(4, "little").decode("latin-1")


def _is_encoded(picture: NDArray[np.uint8]) -> bool:
    return picture.ndim < 3 or picture.shape[-1] == 1
