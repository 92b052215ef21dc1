"""A month of a busy trap, as fast as its models judge; a JSON line about the process every day.

    python -m tests.soak.month CONFIG MEMORY LENS DAYS VISITS_A_DAY

The station is the real one with the models that it ships, its own lens and its own sensor, by the
clock of ``month_clock.c``. While there is something to do that clock runs faster than the
machine's; when there is nothing it jumps, as far as every loop has a turn in between.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from edge.config import load_config
from edge.health import clock
from edge.health.selftest_stage import RESULTS
from edge.listener import LogListener
from edge.records import ItemKind
from edge.station import Station
from tests.soak.clock import jump
from tests.soak.sample import Ending, Lines, Sample, of_card, of_process
from tests.soak.valley import DAY_S, Happening, Kind, Valley, calendar

JUMP_S = 50.0
"""At once; a capture that is silent for a minute counts as hung (edge.health.effort_log.HUNG_S)."""
PATIENCE_S = 3600.0
"""By the month's clock, for a station that is at work; then the month goes on all the same.
Basecamp, whose minutes are the machine's, may be one late to find a broker that is back."""
LOOK_S = 0.02
NUDGE_S, NUDGES = 0.5, 8
"""What wakes a loop that went on waiting after a jump; so many, then it is at work."""
FRESH_S = 5
"""Capture's last word is no older before a jump."""
WAITING = 2
"""Bursts that may wait for the judge while a rock is hot."""


class Told(LogListener):
    """The journal, and what of it the month has to know."""

    def __init__(self) -> None:
        self.connected = False
        self.beats = 0

    def link(self, state: str) -> None:
        self.connected = state.startswith("connected to")
        super().link(state)

    def acknowledged(self, kind: ItemKind, burst_id: str | None) -> None:
        self.beats += kind is ItemKind.HEARTBEAT
        super().acknowledged(kind, burst_id)


@dataclass
class Month:
    """Lets time pass for ``station``, and the things happen in ``valley`` that are to happen."""

    station: Station
    valley: Valley
    told: Told
    spool: Path
    begun_s: float = field(default_factory=time.monotonic)
    jumped_s: float = field(default_factory=time.monotonic)
    hurried: int = 0
    visits: int = 0

    def happen(self, happening: Happening) -> None:
        kind, valley = happening.kind, self.valley
        if kind is Kind.STORM_EDGE:
            self.pass_in_storm(happening.at_s)
            valley.fire()
            return
        self.pass_until(happening.at_s)
        if kind in (Kind.VISIT, Kind.TARGET):
            self.visit(happening)
        elif kind in (Kind.LENS_OFF, Kind.LENS_ON):
            valley.lens_is(off=kind is Kind.LENS_OFF)
        else:
            valley.is_day(kind is Kind.DAWN)

    def visit(self, happening: Happening) -> None:
        """An animal passes by, and moves once, twice or three times."""
        self.visits += 1
        self.valley.comes(happening)
        self.valley.fire()
        for _ in range(happening.number % 3):
            time.sleep(1.0)
            self.valley.fire()
        self.settle()
        self.valley.goes()

    def sample(self, day: int, lines: int) -> Sample:
        """Of this moment."""
        selftest = self.spool / RESULTS
        return Sample(
            day=day,
            **of_process(),
            **of_card(self.spool),
            journal_lines=lines,
            bursts=self.station.lens.counters()["bursts_taken"],
            beats=self.told.beats,
            selftest=json.loads(selftest.read_text())["at"] if selftest.exists() else "",
            hurried=self.hurried,
        )

    def ending(self) -> Ending:
        """What there was in all, and what the station counted of it."""
        seconds = time.monotonic() - self.begun_s
        return Ending(seconds, self.valley.edges, self.visits, dict(self.station.lens.counters()))

    def pass_until(self, at_s: float) -> None:
        """Let it become ``at_s``, if it is not yet, once the station has nothing to do."""
        while (left_s := self._left_s(at_s)) > 0:
            self.settle()
            self._jump(min(left_s, JUMP_S))

    def pass_in_storm(self, at_s: float) -> None:
        """The same as soon as the station has noticed what fired; it may be at work."""
        self.pass_until(at_s - 2 * JUMP_S)
        self._await(self._keeps_up)
        while (left_s := self._left_s(at_s)) > 0:
            self._jump(min(left_s, JUMP_S))
            self._await(self._keeps_up)

    def settle(self) -> None:
        """Wait until the station has nothing to do."""
        self._await(lambda: self._has_nothing_to_do() and self._has_turned())

    def _left_s(self, at_s: float) -> float:
        return self.begun_s + at_s - time.monotonic()

    def _jump(self, seconds: float) -> None:
        jump(seconds)
        self.jumped_s = time.monotonic()

    def _await(self, is_so: Callable[[], bool]) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        while not is_so():
            if self.station.failure is not None:
                raise self.station.failure
            if time.monotonic() > give_up_s:
                self.hurried += 1
                return
            time.sleep(LOOK_S)

    def _has_turned(self) -> bool:
        """Whether each loop ended a round since the last jump, by what its watchdog goes by."""
        pulses = self.station.loops.progress._pulses
        if self._is_watched() and all(
            one._ended or one._turned_s >= self.jumped_s for one in pulses
        ):
            return True
        if time.monotonic() < self.jumped_s + NUDGES * NUDGE_S:
            jump(NUDGE_S)  # what had just begun to wait waits no longer
        return False

    def _is_watched(self) -> bool:
        """Whether capture has said so just now, by what effort is written from."""
        effort = self.station._effort._log
        return effort._now_s() - effort._proved_s <= FRESH_S

    def _has_heard(self) -> bool:
        counts = self.station.lens.counters()
        return counts["fired"] + counts["firings_lost"] >= self.valley.edges

    def _keeps_up(self) -> bool:
        return self._has_heard() and self._is_watched() and self.station.spool.unjudged() <= WAITING

    def _has_nothing_to_do(self) -> bool:
        station = self.station
        if not self._has_heard() or station.lens.busy or station.spool.unjudged():
            return False
        return not self.told.connected or station.spool.outbox.is_empty()


def _by_a_clock_that_was_set(mark: Path) -> None:
    """Let this machine have heard the time over the network."""
    mark.touch()
    quality = functools.partial(clock.clock_quality, ntp_mark=mark)
    setattr(clock, "clock_quality", quality)  # noqa: B010


def _wire(valley: Valley) -> None:
    """Let this machine have a header."""
    package = ModuleType("RPi")
    sys.modules |= {"RPi": package, "RPi.GPIO": cast(Any, valley)}


def _days(month: Month, days: int, a_day: int) -> Iterator[int]:
    """Each day's number at its end, when the station has nothing to do."""
    happenings = iter(calendar(days, a_day))
    coming = next(happenings, None)
    for day in range(1, days + 1):
        while coming is not None and coming.at_s < day * DAY_S:
            month.happen(coming)
            coming = next(happenings, None)
        month.pass_until(day * DAY_S)
        month.settle()
        yield day


def main(config_path: Path, memory: Path, lens: Path, days: int, a_day: int) -> None:
    os.environ["RUNTIME_DIRECTORY"] = str(memory)
    config = load_config(config_path)
    lines = Lines()
    logging.getLogger().addHandler(lines)
    logging.getLogger().setLevel(logging.INFO)
    valley = Valley(lens)
    _wire(valley)
    _by_a_clock_that_was_set(memory / "synchronized")
    told = Told()
    with Station(config, told) as station:
        month = Month(station, valley, told, config.spool.path)
        for day in _days(month, days, a_day):
            print(json.dumps(asdict(month.sample(day, lines.count))), flush=True)
        ending = month.ending()
    print(json.dumps(asdict(ending)), flush=True)


if __name__ == "__main__":
    config_path, memory, lens = map(Path, sys.argv[1:4])
    main(config_path, memory, lens, int(sys.argv[4]), int(sys.argv[5]))
