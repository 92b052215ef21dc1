"""Which run of the machine this is, and how long it lasts: what a station without a clock knows."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Protocol

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Memory(Protocol):
    """A small value that survives a reboot."""

    def load(self) -> bytes | None: ...

    def save(self, state: bytes) -> None: ...


def boot_id(path: Path = BOOT_ID) -> bytes:
    """16 bytes that the kernel draws at every start."""
    return bytes.fromhex(path.read_text(encoding="ascii").strip().replace("-", ""))


def uptime_s() -> int:
    """Seconds since the machine was switched on, sleep included."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def count_boot(memory: Memory, this_boot: bytes) -> int:
    """For the how manieth time the machine runs, counted by the station's own memory.

    A daemon that starts anew in the same run counts nothing. What is damaged, or of another
    version, is as good as lost, and the count begins anew. Raises what saving raises.
    """
    last, count = _counted(memory.load())
    if last == this_boot.hex():
        return count
    memory.save(json.dumps([this_boot.hex(), count + 1]).encode())
    return count + 1


def _counted(state: bytes | None) -> tuple[str, int]:
    """The run counted last, and its number."""
    try:
        last, count = json.loads(state or b"")
        return str(last), max(0, int(count))
    except (ValueError, TypeError, OverflowError, RecursionError):
        return "", 0
