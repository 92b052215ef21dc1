"""How long a lens sleeps on after it was called."""

from __future__ import annotations

import time
from dataclasses import dataclass

from edge.capture.camera.camera import Camera, Shot
from edge.records import Exposure


@dataclass(frozen=True, slots=True)
class Awake:
    """The first picture, and how long after the call it was taken, in milliseconds."""

    shot: Shot
    first_frame_ms: float


def wake(camera: Camera, remembered: Exposure, timeout_s: float) -> Awake:
    """Start ``camera`` with what was remembered for this light, and take its first picture.

    ``timeout_s`` is for the picture; starting takes what it takes. Raises CameraError, with the
    camera closed.
    """
    called_s = time.monotonic()
    try:
        camera.start(remembered)
        shot = camera.grab(timeout_s)
    except BaseException:
        camera.close()
        raise
    return Awake(shot, max(0.0, (shot.moment.monotonic_s - called_s) * 1000))
