"""The seam between a station and a lens."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from edge.records import Exposure, Frame

if TYPE_CHECKING:
    from edge.vision.decode import Pixels

OLDEST_STAMP_S = 5.0
"""A driver's stamp further back than this is one of another clock."""

UNKNOWN_EXPOSURE = Exposure()


@dataclass(frozen=True, slots=True)
class CameraTerms:
    """What is wanted of a camera: the picture's size, the small picture's, the JPEG's quality.

    All sizes are in pixels and even; ``jpeg_quality`` (1..100) counts where the picture is encoded
    here, not by the camera. Raises ValueError for anything else.
    """

    width_px: int = 1920
    height_px: int = 1080
    small_width_px: int = 640
    small_height_px: int = 360
    jpeg_quality: int = 90

    def __post_init__(self) -> None:
        sizes = (self.width_px, self.height_px, self.small_width_px, self.small_height_px)
        if any(size < 2 or size % 2 for size in sizes):
            raise ValueError(f"sizes of pictures must be even and at least 2 px, not {sizes}")
        if not 1 <= self.jpeg_quality <= 100:
            raise ValueError(f"a JPEG's quality must lie in 1..100, not {self.jpeg_quality}")


@dataclass(frozen=True, slots=True)
class Moment:
    """When a picture was taken: on the clock that nothing sets, in seconds, and in UTC."""

    monotonic_s: float
    captured_at: datetime

    @classmethod
    def ago(cls, age_s: float = 0.0) -> Moment:
        """The moment ``age_s`` before now; now, where no picture can be that old."""
        age_s = age_s if 0.0 <= age_s <= OLDEST_STAMP_S else 0.0
        return cls(time.monotonic() - age_s, datetime.now(UTC) - timedelta(seconds=age_s))


@dataclass(frozen=True, slots=True)
class Glance:
    """A small picture for the detector and for metering: ``pixels`` (H, W, 3), uint8, RGB."""

    pixels: Pixels = field(repr=False)
    moment: Moment
    exposure: Exposure = UNKNOWN_EXPOSURE


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture as the camera encoded it, and the small picture of the same instant.

    ``glance`` is None where the camera's own JPEG could not be read whole; the frame is kept even
    so.
    """

    frame: Frame
    moment: Moment
    glance: Glance | None


class Camera(Protocol):
    """Takes pictures, one at a time, for one thread.

    A picture is given once, by ``grab`` or by ``glance``, and each is newer than the one before.
    """

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        """Open the camera and let it run; nothing happens where it runs already.

        Where the camera can be told, the first picture is exposed as ``exposure`` says, with what
        was good in such light before; from then on the camera meters for itself. A closed camera
        may be started again. Raises CameraGone, CameraSoftwareMissing.
        """

    def grab(self, timeout_s: float) -> Shot:
        """The next picture. Raises CameraSilent, CameraGone, NotStarted."""

    def glance(self, timeout_s: float) -> Glance:
        """The next picture, small, without encoding it.

        Raises as ``grab`` does, and PictureUnreadable.
        """

    def close(self) -> None:
        """Release the camera; nothing happens where it is not open."""


@runtime_checkable
class Adjustable(Protocol):
    """What some cameras can do beside: take pictures that are exposed as they are told."""

    def expose(self, exposure: Exposure) -> None:
        """Expose pictures so from now on; what is None is the camera's own choice, so an empty
        exposure lets it meter for itself again.

        The camera comes as near as it can, some pictures later; each picture tells how it was
        exposed. Raises NotStarted.
        """


@runtime_checkable
class Attentive(Protocol):
    """What some cameras want to know beside: which pictures belong to a burst."""

    def begin_burst(self) -> None:
        """Pictures from now on do. The camera may be closed still."""

    def end_burst(self) -> None:
        """No more of them do. The camera may have failed."""


@runtime_checkable
class Bracketing(Protocol):
    """What some cameras do beside: expose a picture otherwise than the light asks for."""

    @property
    def is_aside(self) -> bool:
        """Whether the last picture was: its exposure is none to begin with another time."""


@runtime_checkable
class Holding(Protocol):
    """What some cameras hold beside, from one start to the next: lines of a lamp."""

    def release(self) -> None:
        """Close, and give all of it back. It may be started again."""


def shot_of(jpeg: bytes, glance: Glance) -> Shot:
    """The shot whose picture is ``jpeg``."""
    frame = Frame(jpeg, glance.moment.captured_at, glance.exposure)
    return Shot(frame, glance.moment, glance)
