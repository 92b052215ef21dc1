"""The loops of a station: started, watched by what they get done, and stopped together."""

from __future__ import annotations

from collections.abc import Callable

from edge.errors import IrbisError
from edge.health.patience import patience_of
from edge.health.progress import Patience, Progress
from edge.spool.errors import SpoolDamaged
from edge.worker import Worker


class Loops:
    """Each a thread of its own. ``on_trouble`` hears once of what goes wrong in one of them.

    ``progress`` is what a watchdog looks at; ``failure`` what ended a loop for good: a damaged
    database, which a new process sets aside.
    """

    def __init__(self, on_trouble: Callable[[str], None]) -> None:
        self._on_trouble = on_trouble
        self._workers: list[Worker] = []
        self.progress = Progress()
        self.failure: IrbisError | None = None

    def start(self, name: str, step: Callable[[], bool], patience: Patience | None = None) -> None:
        """Repeat ``step``, and expect progress of it from now on."""
        pulse = self.progress.expect(name, patience or patience_of(name))
        worker = Worker(name, step, self._on_trouble, (SpoolDamaged,), self._fail, pulse)
        self._workers.append(worker)
        worker.start()

    def stop(self) -> None:
        """End each after its present step, in the order in which they were started: from now on
        nothing is caught, then nothing is judged, and what was committed may still be sent."""
        for worker in self._workers:
            worker.stop()

    def alive(self) -> bool:
        """Whether every loop gets on: what a watchdog is told, the controller's as systemd's."""
        return self.failure is None and not self.progress.stalls()

    def _fail(self, error: IrbisError) -> None:
        self.failure = self.failure or error
