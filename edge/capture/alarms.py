"""What is wrong with lens and sensors, as alarms that stand while it lasts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge.spool.ledger import Ledger

NAMES = (
    "no-camera", "sensor-failed", "sensor-storm", "lamp-failed", "lamp-spent", "filter-failed",
)  # fmt: skip


class AlarmStage:
    """Keeps the alarms of NAMES in ``ledger`` as ``standing`` says."""

    def __init__(self, standing: Callable[[], Mapping[str, str]], ledger: Ledger) -> None:
        self._standing, self._ledger = standing, ledger
        self._told: Mapping[str, str] | None = None  # a run before may have left some

    def step(self) -> bool:
        """Raise and clear what has changed; whether something had. Raises SpoolFull."""
        standing = self._standing()
        if standing == self._told:
            return False
        for name in NAMES:
            if name in standing:
                self._ledger.raise_alarm(name, standing[name])
            else:
                self._ledger.clear_alarm(name)
        self._told = standing
        return True
