"""What every station catches with, in full or in safe mode: its lens, its spool, the log of its
effort, and the stage that brings bursts from the one into the other."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack

from edge.capture.source import BurstSource
from edge.capture.stage import CaptureStage
from edge.config import StationConfig
from edge.health.clock import ClockState
from edge.health.effort_stage import EffortStage
from edge.lens import Lens, open_lens
from edge.listener import Listener
from edge.security.bootkey import find_memory_dir
from edge.security.keys import BasecampToken
from edge.spool.retention import Budget
from edge.spool.spool import Spool


class Catching:
    """Opened together or not at all; pictures are sealed to ``basecamp``.

    ``source`` replaces the configured camera; ``max_waiting`` holds a source that can wait while
    that many bursts are unjudged. ``clock`` is the best that the station has by then. Raises what
    a camera and a spool raise that cannot be opened.
    """

    def __init__(
        self,
        config: StationConfig,
        listener: Listener,
        basecamp: BasecampToken,
        clock: Callable[[], ClockState],
        source: BurstSource | None = None,
        max_waiting: int | None = None,
    ) -> None:
        self.lens = open_lens(config, listener.trouble) if source is None else Lens(source)
        self.source = self.lens.source
        self.memory_dir = find_memory_dir(os.environ)
        with ExitStack() as undoing:
            undoing.callback(self.source.close)
            self.spool = Spool(
                config.spool.path,
                basecamp.seal,
                Budget(config.spool.max_bytes, config.spool.min_free_bytes),
                self.memory_dir,
                config.spool.remembered_bursts,
            )
            undoing.callback(self.spool.close)
            counts = getattr(self.source, "counters", dict)
            self.effort = EffortStage(self.spool, config.spool.path, counts, clock)
            self.capture = CaptureStage(
                self.source, self.spool, listener, max_waiting, self.effort.watched
            )
            undoing.pop_all()

    def close(self) -> None:
        """Once their loops have ended: the lens first, the spool last."""
        with ExitStack() as ending:
            ending.callback(self.spool.close)
            ending.callback(self.effort.close)
            ending.callback(self.source.close)
