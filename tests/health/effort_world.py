"""A station's life in true seconds, lived by the real effort log: kills, power cuts, bad clocks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.health.clock import ClockState
from edge.health.effort import Effort, account
from edge.health.effort_file import EffortFile, read_lines
from edge.health.effort_lines import ASLEEP, STORM, Line, decoded
from edge.health.effort_log import HUNG_S, MARK_S, EffortLog
from edge.records import ClockQuality
from edge.wire.air.moment import Uptime

EPOCH = datetime(2026, 5, 1, tzinfo=UTC)
STEP_S = 50
"""Between two signs of life; less than the log's patience."""
DAY_S = 86_400
MEMORY = Path("/dev/shm") if Path("/dev/shm").is_dir() else None
"""Where lives are lived fast: to a card, an hour of them is a hundred syncs."""


@dataclass(frozen=True)
class Shown(ClockState):
    """A clock that stands still until the world goes on."""

    shown: datetime = EPOCH

    def now(self) -> datetime:
        return self.shown


@dataclass
class World:
    """``folder`` is the card. True time is ``now_s``; a clock may say anything else."""

    folder: Path
    now_s: int = 1_000
    booted_s: int = 990
    boot: int = 1
    quality: ClockQuality = ClockQuality.NTP
    wrong_s: int = 0
    bursts: int = 0
    armed_s: int = 0
    asleep_s: int = 0
    told_s: list[int] = field(default_factory=list)
    controller_boot: int = 1
    controller_on_s: int = 500
    _in_doubt_s: int = 0
    log: EffortLog | None = None

    def begin(self) -> None:
        self.log = EffortLog(
            EffortFile(self.folder),
            lambda: {"bursts": self.bursts} if self.bursts else {},
            clock=self._clock,
            now_s=lambda: self.now_s - self.booted_s,
        )
        self.log.open(Uptime(self.boot, self.now_s - self.booted_s), bytes([self.boot]) * 16)
        self.log.seen()

    def live(self, seconds: int, blind: str | None = None) -> None:
        log = self._log()
        log.seen(blind)
        while seconds > 0:
            step_s = min(STEP_S if seconds < DAY_S else HUNG_S, seconds)
            self.now_s, seconds = self.now_s + step_s, seconds - step_s
            self.armed_s += 0 if blind else step_s
            log.seen(blind)
            log.keep()
            self.told_s.append(log.counters()["armed_s"])

    def hang(self, seconds: int) -> None:
        """Capture says nothing; shorter than the log's patience, that is a long step."""
        self.now_s += seconds
        self.armed_s += seconds if seconds <= HUNG_S else 0
        self._log().keep()
        self._log().seen()

    def kill(self, off_s: int) -> None:
        self.now_s += off_s
        self.begin()

    def stop(self, off_s: int) -> None:
        self._log().end()
        self.kill(off_s)

    def cut(self, off_s: int) -> None:
        """The power goes, and comes back."""
        self.now_s += off_s
        self._in_doubt_s = 0
        self.booted_s, self.boot = self.now_s - 5, self.boot + 1
        self.begin()

    def sleep(self, off_s: int) -> None:
        """The cycle is over: the controller takes the power, watches, and gives it again."""
        self._sleeps()
        self.cut(off_s)
        self.asleep_s += off_s
        self._guarded()

    def darken(self, off_s: int) -> None:
        """The same, but the controller itself was without power for a while."""
        self._sleeps()
        self.cut(off_s)
        self.controller_boot, self.controller_on_s = self.controller_boot + 1, self.now_s - 1
        self._guarded()

    def storm(self, off_s: int) -> None:
        """The controller takes the power and does not give it for its raging motion sensor."""
        self._sleeps(STORM)
        self.cut(off_s)
        self._guarded()

    def lose_the_controller(self, off_s: int) -> None:
        """The same, and the controller does not answer; if it does later, it had watched."""
        self._sleeps()
        self.cut(off_s)
        self._in_doubt_s = off_s

    def lines(self) -> list[Line]:
        return decoded(read_lines(self.folder))

    def effort(self) -> Effort:
        return account(self.lines(), MARK_S)

    def _sleeps(self, why: str = ASLEEP) -> None:
        self._guarded()
        self._log().end(why)

    def _guarded(self) -> None:
        self.asleep_s, self._in_doubt_s = self.asleep_s + self._in_doubt_s, 0
        uptime_ms = 1000 * (self.now_s - self.controller_on_s) % 2**32
        self._log().guard(self.controller_boot, uptime_ms)

    def _log(self) -> EffortLog:
        assert self.log is not None
        return self.log

    def _clock(self) -> ClockState:
        return Shown(self.quality, shown=EPOCH + timedelta(seconds=self.now_s + self.wrong_s))
