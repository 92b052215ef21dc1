"""What a station's process has taken of the machine, and of the card."""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    """At the end of a day. ``beats``: heartbeats that basecamp acknowledged; ``selftest``: when the
    last one was; ``hurried``: how often the month went on before the station was done."""

    day: int
    rss_bytes: int
    descriptors: int
    threads: int
    files: int
    evidence_bytes: int
    state_bytes: int
    journal_lines: int
    bursts: int
    beats: int
    selftest: str
    hurried: int


@dataclass(frozen=True, slots=True)
class Ending:
    """What there was in the month, by the month's ``seconds``; ``lens``: the station's counters."""

    seconds: float
    edges: int
    visits: int
    lens: dict[str, int]


class Lines(logging.Handler):
    """Counts what goes to the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1 + record.getMessage().count("\n")


def of_process() -> dict[str, int]:
    """Its memory, descriptors and threads."""
    return {
        "rss_bytes": int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES,
        "descriptors": sum(1 for _ in Path("/proc/self/fd").iterdir()),
        "threads": threading.active_count(),
    }


def of_card(spool: Path) -> dict[str, int]:
    """Its files: how many there are, and the bytes of evidence and of everything else."""
    sizes = {path: path.stat().st_size for path in spool.rglob("*") if path.is_file()}
    evidence = sum(size for path, size in sizes.items() if path.suffix == ".burst")
    return {
        "files": len(sizes),
        "evidence_bytes": evidence,
        "state_bytes": sum(sizes.values()) - evidence,
    }
