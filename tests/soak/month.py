"""A month of a busy trap, as fast as its models judge; a JSON line about the process every day.

    python -m tests.soak.month CONFIG MEMORY DAYS BURSTS_A_DAY

The station is the real one with the models that it ships; only the lens is a drawer of pictures,
which dates its bursts through the month. One burst in twenty shows the target.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from edge.config import load_config
from edge.health import selftest_here
from edge.health.selftest import Result
from edge.health.selftest_stage import SelftestStage
from edge.listener import LogListener
from edge.records import Burst, ClockQuality, Exposure, Frame
from edge.station import Station
from tests.kit.pictures import clutter, jpeg, meadow, zebra

FIRST_DAY = datetime(2031, 2, 1, tzinfo=UTC)
TARGET_EVERY = 20
DRAWN = 240
"""So many different pictures: drawing takes longer than judging."""
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    """The station's process, and what it has on the card, at the end of a day."""

    day: int
    seconds: float
    rss_bytes: int
    descriptors: int
    threads: int
    files: int
    evidence_bytes: int
    state_bytes: int
    journal_lines: int
    selftests: int


class Drawer:
    """A lens that waits for the judge, and sees a month of bursts."""

    def __init__(self, days: int, a_day: int) -> None:
        self._bursts, self._a_day = _month(days, a_day), a_day
        self._exhausted = False
        self.taken = 0

    @property
    def exhausted(self) -> bool:
        return self._exhausted

    def now_s(self) -> float:
        """The month's clock: where in it the lens has come to."""
        return self.taken * 86_400 / self._a_day

    def next_burst(self, timeout_s: float) -> Burst | None:
        burst = next(self._bursts, None)
        if burst is None:
            self._exhausted = True
        else:
            self.taken += 1
        return burst

    def done_with(self, burst: Burst) -> None:
        """Drawn, and forgotten."""

    def close(self) -> None:
        """It holds nothing."""


class Daily(SelftestStage):
    """The station's self-test by the month's clock: thirty of them, and not the one of an hour."""

    lens: ClassVar[Drawer]
    done: ClassVar[int] = 0

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._now, self._due_s = self.lens.now_s, 0.0

    def _tell(self, result: Result) -> None:
        Daily.done += result.part == "models"
        super()._tell(result)


class Lines(logging.Handler):
    """Counts what goes to the journal."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1 + record.getMessage().count("\n")


def _month(days: int, a_day: int) -> Iterator[Burst]:
    drawers = [zebra if n % TARGET_EVERY == 0 else (meadow, clutter)[n % 2] for n in range(DRAWN)]
    pictures = [jpeg(draw(number)) for number, draw in enumerate(drawers)]
    apart = timedelta(days=1) / a_day
    for number in range(days * a_day):
        moment = FIRST_DAY + number * apart
        frame = Frame(pictures[number % DRAWN], moment, Exposure(8000))
        burst_id = hashlib.md5(f"soak {number}".encode()).hexdigest()
        yield Burst(burst_id, moment, ClockQuality.NTP, (frame,))


def sample(day: int, begun_s: float, spool: Path, lines: Lines) -> Sample:
    files = [path for path in spool.rglob("*") if path.is_file()]
    sizes = {path: path.stat().st_size for path in files if path.exists()}
    evidence = sum(size for path, size in sizes.items() if path.suffix == ".burst")
    resident_pages = int(Path("/proc/self/statm").read_text().split()[1])
    return Sample(
        day=day,
        seconds=round(time.monotonic() - begun_s, 1),
        rss_bytes=resident_pages * _PAGE_BYTES,
        descriptors=sum(1 for _ in Path("/proc/self/fd").iterdir()),
        threads=threading.active_count(),
        files=len(files),
        evidence_bytes=evidence,
        state_bytes=sum(sizes.values()) - evidence,
        journal_lines=lines.count,
        selftests=Daily.done,
    )


def _is_done(station: Station) -> bool:
    return station.all_judged and station.spool.outbox.is_empty()


def main(config_path: Path, memory: Path, days: int, a_day: int) -> None:
    os.environ["RUNTIME_DIRECTORY"] = str(memory)
    config = load_config(config_path)
    lines = Lines()
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.INFO)
    lens = Daily.lens = Drawer(days, a_day)
    setattr(selftest_here, "SelftestStage", Daily)  # noqa: B010
    begun_s = time.monotonic()
    with Station(config, LogListener(), lens, max_waiting=4) as station:
        for day in range(1, days + 1):
            while lens.taken < day * a_day or (day == days and not _is_done(station)):
                if station.failure is not None:
                    raise station.failure
                time.sleep(0.02)
            print(json.dumps(asdict(sample(day, begun_s, config.spool.path, lines))), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
