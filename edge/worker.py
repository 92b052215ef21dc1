"""A thread that repeats a stage's step, and outlives what goes wrong in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from edge.errors import IrbisError

_log = logging.getLogger("irbis")

IDLE_S = 0.2
"""Wait after a step that found nothing to do."""
TROUBLE_S = 2.0
"""Wait after a step that failed."""


class Progress(Protocol):
    """Who is told how a loop gets on (edge.health.progress.Pulse)."""

    def turned(self) -> None: ...

    def failed(self) -> None: ...

    def ended(self) -> None: ...


class Worker:
    """Runs ``step`` until stopped. ``step`` says whether it found work.

    A stage must not end a station: what it raises is told once through ``on_trouble``, and the
    step is tried again after a pause. Only ``fatal`` errors, which no repetition can mend, end the
    worker; they are handed to ``on_fatal``. ``progress`` is told of every step's end, and of the
    worker's own. ``idle_s`` is the wait after a step without work, IDLE_S where it is not given.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], bool],
        on_trouble: Callable[[str], None],
        fatal: tuple[type[IrbisError], ...] = (),
        on_fatal: Callable[[IrbisError], None] | None = None,
        progress: Progress | None = None,
        idle_s: float | None = None,
    ) -> None:
        self._fatal = fatal
        self._on_fatal = on_fatal
        self.name = name
        self._step = step
        self._on_trouble = on_trouble
        self._stop = threading.Event()
        self._last_trouble = ""
        self._thread: threading.Thread | None = None
        self._progress = progress
        self._idle_s = idle_s

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask it to end after its present step, and wait until it has."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        self._repeat()
        # Not where an exit took the thread down: that loop is missed, and a new process has it.
        if self._progress is not None:
            self._progress.ended()

    def _repeat(self) -> None:
        while not self._stop.is_set():
            try:
                worked = self._step()
                self._last_trouble = ""
            except IrbisError as error:
                if isinstance(error, self._fatal) and self._on_fatal is not None:
                    self._on_fatal(error)
                    return
                self._report(str(error))
                self._pause_after_failure()
            except Exception as error:  # a bug in a stage must not cost a leopard
                _log.exception("%s failed", self.name)
                self._report(f"{self.name} failed, and is tried again: {error!r}")
                self._pause_after_failure()
            else:
                if self._progress is not None:
                    self._progress.turned()
                if not worked:
                    self._stop.wait(IDLE_S if self._idle_s is None else self._idle_s)

    def _pause_after_failure(self) -> None:
        if self._progress is not None:
            self._progress.failed()
        self._stop.wait(TROUBLE_S)

    def _report(self, text: str) -> None:
        if text == self._last_trouble:
            return
        self._last_trouble = text
        try:
            self._on_trouble(text)
        except Exception:  # whoever listens may have gone; the stage has not
            _log.exception("nobody could be told: %s", text)
