"""The place without what moves, as far as a lens saw it lately. In memory alone."""

from __future__ import annotations

from edge.capture.camera.camera import Glance
from edge.capture.light.metering import Small, small

_APART_S = 5.0
"""The sensor may fire some seconds after an animal came into the picture."""
_FRESH_S = 60.0
"""Daylight goes on; shadows too."""
_FRESH_LIT_S = 6 * 3600.0
"""A lamp's light stays as it is, until it snows."""


class Backgrounds:
    """The newest picture that is some seconds older than another, and the last in lamplight."""

    def __init__(self) -> None:
        self._settled: Glance | None = None
        self._coming: Glance | None = None
        self._lit: Glance | None = None

    def saw(self, glance: Glance) -> None:
        """Between two bursts, in nature's light."""
        coming = self._coming
        if coming is None or glance.moment.monotonic_s - coming.moment.monotonic_s >= _APART_S:
            self._settled, self._coming = coming, glance

    def left(self, glance: Glance) -> None:
        """The last of a burst in lamplight: what set it off has gone, more often than not."""
        self._lit = glance

    def of(self, lit: bool, now_s: float) -> Small | None:
        """The background in such light; None where none is known."""
        found, fresh_s = (self._lit, _FRESH_LIT_S) if lit else (self._settled, _FRESH_S)
        if found is None or now_s - found.moment.monotonic_s > fresh_s:
            return None
        return small(found.pixels)

    def forget(self) -> None:
        """The filter was moved: nothing looks as it did."""
        self._settled = self._coming = self._lit = None
