"""A camera that is opened anew for as long as it takes."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from edge.capture.camera.camera import (
    UNKNOWN_EXPOSURE,
    Attentive,
    Bracketing,
    Camera,
    Holding,
    Shot,
)
from edge.capture.camera.errors import CameraError, CameraGone
from edge.records import Exposure

_log = logging.getLogger("irbis")


@dataclass(frozen=True, slots=True)
class LastingTerms:
    """A camera that gives no picture for ``silent_s`` is opened anew; so is one that failed: at
    once, then after ``retry_s``, then after ever longer, up to ``most_retry_s``."""

    silent_s: float = 10.0
    retry_s: float = 2.0
    most_retry_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Blindness:
    """Since when no picture comes, and why."""

    since: datetime
    since_s: float
    error: CameraError


class LastingCamera:
    """Opens ``camera`` when a picture is asked for, and again after it failed.

    For one thread but for ``blindness``, which any may read. ``now_s`` never goes back.
    """

    def __init__(
        self,
        camera: Camera,
        terms: LastingTerms,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera, self._terms, self._now_s = camera, terms, now_s
        self._pause_s = 0.0
        self._tried_s = -math.inf
        self.blindness: Blindness | None = None
        self.is_open = False
        self._has_failed = False
        """And was not closed since."""
        self.faults = 0
        """How often it failed after it had given pictures, or had never been asked."""

    @property
    def is_aside(self) -> bool:
        """Whether the last picture was exposed otherwise than the light asks for."""
        return isinstance(self._camera, Bracketing) and self._camera.is_aside

    def may_try(self, urgent: bool = False) -> bool:
        """Whether it is time to ask for a picture. Where it is ``urgent``, for the sensor fired, a
        camera that failed is tried sooner, yet not more often than every ``retry_s``."""
        if self.blindness is None:
            return True
        pause_s = min(self._pause_s, self._terms.retry_s) if urgent else self._pause_s
        return self._now_s() >= self._tried_s + pause_s

    def take(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> Shot:
        """The next picture. A camera that is closed is opened, exposing as ``exposure`` says.

        Raises CameraError; the camera is then to be closed by ``let_go``, once what it gave before
        is in other hands.
        """
        self.let_go()
        self._tried_s = self._now_s()
        try:
            self._camera.start(exposure)
            self.is_open = True
            shot = self._camera.grab(self._terms.silent_s)
        except CameraError as error:
            self._fail(error)
            raise
        except Exception as error:  # a driver's bug is a camera that failed
            gone = CameraGone(f"the camera's driver failed: {type(error).__name__}: {error}")
            self._fail(gone)
            raise gone from error
        self.blindness, self._pause_s = None, 0.0
        return shot

    def begin_burst(self) -> None:
        """Pictures from now on belong to a burst."""
        if isinstance(self._camera, Attentive):
            with _at_no_burst_s_cost():
                self._camera.begin_burst()

    def end_burst(self) -> None:
        """No more of them do."""
        if isinstance(self._camera, Attentive):
            with _at_no_burst_s_cost():
                self._camera.end_burst()

    def close(self) -> None:
        """Release the camera; it is no failure."""
        self.is_open = self._has_failed = False
        with _at_no_burst_s_cost():
            self._camera.close()

    def let_go(self) -> None:
        """Close a camera that failed. A driver that failed may hang in this for ever."""
        if self._has_failed:
            self.close()

    def release(self) -> None:
        """Close it for good, and give back what it holds beside."""
        self.close()
        if isinstance(self._camera, Holding):
            with _at_no_burst_s_cost():
                self._camera.release()

    def _fail(self, error: CameraError) -> None:
        before = self.blindness
        if before is None:
            self.faults += 1
            self.blindness = Blindness(datetime.now(UTC), self._now_s(), error)
        else:
            self.blindness = Blindness(before.since, before.since_s, error)
            longer_s = max(self._terms.retry_s, 2 * self._pause_s)
            self._pause_s = min(longer_s, self._terms.most_retry_s)
        self._tried_s = self._now_s()
        self.is_open, self._has_failed = False, True


@contextmanager
def _at_no_burst_s_cost() -> Iterator[None]:
    """What a driver raises where no picture is asked of it is told in the log, and no more."""
    try:
        yield
    except Exception:
        _log.warning("the camera's driver failed", exc_info=True)
