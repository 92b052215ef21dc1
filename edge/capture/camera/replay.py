"""Picture files in place of a lens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle
from pathlib import Path

from edge.capture.camera.camera import (
    UNKNOWN_EXPOSURE,
    CameraTerms,
    Glance,
    Moment,
    Shot,
)
from edge.capture.camera.errors import CameraGone, NotStarted
from edge.capture.camera.pixels import shot_of_own_jpeg, small_of_jpeg
from edge.records import Exposure


class ReplayCamera:
    """Shows ``pictures`` one after the other, as if each were taken when it is asked for.

    The files are given untouched, at their own size. Without ``endless`` the camera is gone after
    the last one.
    """

    def __init__(self, pictures: Sequence[Path], terms: CameraTerms, endless: bool = False) -> None:
        self._pictures = tuple(pictures)
        self._terms = terms
        self._endless = endless
        self._coming: Iterator[Path] | None = None

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self._coming is not None:
            return
        if not self._pictures:
            raise CameraGone("there is no picture to replay")
        self._coming = cycle(self._pictures) if self._endless else iter(self._pictures)

    def grab(self, timeout_s: float) -> Shot:
        return shot_of_own_jpeg(self._next(), Moment.ago(), UNKNOWN_EXPOSURE, self._terms)

    def glance(self, timeout_s: float) -> Glance:
        return Glance(small_of_jpeg(self._next(), self._terms), Moment.ago())

    def close(self) -> None:
        self._coming = None

    def _next(self) -> bytes:
        if self._coming is None:
            raise NotStarted("the replay is not started; call start() first")
        path = next(self._coming, None)
        if path is None:
            raise CameraGone(f"all {len(self._pictures)} pictures were replayed")
        try:
            return path.read_bytes()
        except OSError as error:
            raise CameraGone(f"{path} cannot be replayed: {error.strerror}") from error
