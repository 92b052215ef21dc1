"""What backends do with pixels: colours, sizes, JPEG."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.capture.camera.camera import CameraTerms, Glance, Moment, Shot, shot_of
from edge.capture.camera.errors import PictureUnreadable
from edge.records import Exposure, Frame
from edge.vision.decode import Pixels, decode
from edge.vision.errors import DecodeError


def bgr_of_i420(planes: NDArray[np.uint8], width_px: int) -> Pixels:
    """BGR ``(H, width_px, 3)`` from planar YUV 4:2:0 as ``(3H/2, stride)``, padded on the right."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420), np.uint8)[:, :width_px]


def bgr_of_nv12(planes: NDArray[np.uint8], width_px: int) -> Pixels:
    """BGR ``(H, width_px, 3)`` from YUV 4:2:0 with U and V in turn, else as ``bgr_of_i420``."""
    return np.asarray(cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_NV12), np.uint8)[:, :width_px]


def rgb_of_bgr(bgr: Pixels) -> Pixels:
    """The same picture with its colours in the other order, as everything but OpenCV has them."""
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)


def encode_jpeg(bgr: Pixels, quality: int) -> bytes:
    """A JPEG of ``bgr`` (H, W, 3). Raises PictureUnreadable for a picture that cannot be one."""
    try:
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    except cv2.error as error:
        raise PictureUnreadable(f"a picture of {bgr.shape} pixels cannot be a JPEG") from error
    return data.tobytes()


def small_of_jpeg(data: bytes, terms: CameraTerms) -> Pixels:
    """The small picture of a JPEG, decoded no larger than need be. Raises PictureUnreadable."""
    try:
        picture = decode(data, max(terms.small_width_px, terms.small_height_px))
    except DecodeError as error:
        raise PictureUnreadable(f"the camera gave no picture: {error}") from error
    return shrunk(picture.pixels, terms)


def shot_of_own_jpeg(data: bytes, moment: Moment, exposure: Exposure, terms: CameraTerms) -> Shot:
    """The shot of a JPEG that the camera made, untouched; damaged or not, it is evidence.

    The small picture of a damaged one would show nothing where the damage is, so there is none.
    """
    try:
        picture = decode(data, max(terms.small_width_px, terms.small_height_px))
    except DecodeError:
        picture = None
    if picture is None or picture.damage is not None:
        return Shot(Frame(data, moment.captured_at, exposure), moment, None)
    return shot_of(data, Glance(shrunk(picture.pixels, terms), moment, exposure))


def shrunk(pixels: Pixels, terms: CameraTerms) -> Pixels:
    """``pixels`` at the small picture's size, whatever their own."""
    size = (terms.small_width_px, terms.small_height_px)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
