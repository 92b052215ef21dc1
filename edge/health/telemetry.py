"""Telemetry: what wears out and what runs short, for the heartbeat.

Counters where the kernel tells, nothing where it does not: a zero would be a claim.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from edge.health.memory import Memory, read_memory
from edge.health.storage import Wear, read_wear
from edge.health.throttling import Throttling, read_throttling
from edge.listener import Listener
from edge.spool.ledger import Ledger

EVERY_S = 300.0
CARD_WORN, UNDER_VOLTAGE, MEMORY_LOW = "card-worn", "under-voltage", "memory-low"
LEAST_MEMORY_SHARE = 0.05
"""Of all memory, below which the kernel may soon end a process: chosen."""
_POWER_LINE = "the supply sags below what the board needs: check cable, converter and battery"


class TelemetryStage:
    """Reads every ``EVERY_S``, raises and clears alarms. ``counters`` is for any thread.

    ``folder`` lies on the card; what reads is given.
    """

    def __init__(
        self,
        folder: Path,
        ledger: Ledger,
        listener: Listener,
        wear: Callable[[Path], Wear] = read_wear,
        throttling: Callable[[], Throttling] = read_throttling,
        memory: Callable[[], Memory] = read_memory,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._ledger, self._listener = folder, ledger, listener
        self._wear, self._throttling, self._memory, self._now = wear, throttling, memory, now
        self._due_s = now()
        self._told: set[str] = set()
        self._counters: dict[str, int] = {}

    def step(self) -> bool:
        """Read, if that is due. Raises SpoolFull: then it is tried again."""
        if self._now() < self._due_s:
            return False
        wear, throttling, memory = self._wear(self._folder), self._throttling(), self._memory()
        self._counters = counters_of(wear, throttling, memory)
        self._tell(CARD_WORN, wear.worn)
        self._tell(UNDER_VOLTAGE, _POWER_LINE if "under_voltage" in throttling.now else None)
        self._tell(MEMORY_LOW, _short(memory))
        self._due_s = self._now() + EVERY_S
        return False

    def close(self) -> None:
        """Nothing is held."""

    def counters(self) -> dict[str, int]:
        """What was read last."""
        return dict(self._counters)

    def _tell(self, alarm: str, why: str | None) -> None:
        if why is None:
            self._ledger.clear_alarm(alarm)
            self._told.discard(alarm)
            return
        self._ledger.raise_alarm(alarm, why)
        if alarm not in self._told:
            self._told.add(alarm)
            self._listener.trouble(why)


def counters_of(wear: Wear, throttling: Throttling, memory: Memory) -> dict[str, int]:
    """By name. Megabytes are decimal for the card, as it is sold, and binary for memory."""
    told: dict[str, int | None] = {
        "card_written_mb": _megabytes(wear.life_bytes),
        "card_written_boot_mb": _megabytes(wear.boot_bytes),
        "card_used_percent": wear.used_percent,
        "card_pre_eol": wear.pre_eol,
        "memory_available_mb": memory.available_mb,
        "memory_own_mb": memory.own_mb,
    }
    if throttling.known:
        told["under_voltage_boot"] = int("under_voltage" in throttling.since_boot)
        told["throttled_boot"] = int(bool(throttling.since_boot - {"under_voltage"}))
    return {name: value for name, value in told.items() if value is not None}


def _short(memory: Memory) -> str | None:
    if memory.total_mb is None or memory.available_mb is None:
        return None
    if memory.available_mb >= LEAST_MEMORY_SHARE * memory.total_mb:
        return None
    # Not how little: an alarm that changes is sent anew each time.
    return "the board runs short of memory: end other programs, or take fewer models"


def _megabytes(size_bytes: int | None) -> int | None:
    return None if size_bytes is None else size_bytes // 1_000_000
