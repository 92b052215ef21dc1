"""A run of the station, and what it owes to whoever supervises it.

Ready once it is armed, a sign of life while every loop gets on, one line about how it is, a brake
on boot loops, and an end in order. Without a service manager it watches over itself.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from edge.config import StationConfig, load_config
from edge.config_daemon import Daemon
from edge.errors import ConfigError, IrbisError
from edge.health.boot_loop import Terms
from edge.health.card_watch import CardTerms, CardWatch
from edge.health.clock import system_clock
from edge.health.last_end import state_folder
from edge.health.last_good import LastGood
from edge.health.notify import ServiceManager
from edge.health.progress import Stall, Watchdog
from edge.health.status import Status
from edge.listener import LogListener
from edge.safe import ALARM as SAFE
from tools.life import Life
from tools.opening import OLD_CONFIG, Choice, Opened, open_station
from tools.rebooting import Rebooting
from tools.stopping import StopSignals

_log = logging.getLogger("irbis")

STOPPED, RETRY, OFF = "stopped", "retry", "off"
"""How a run ended that did not fail: asked for, to be started in full, or to be switched off."""
POLL_S = 0.5
_ABORTED_WITHIN_S = 30.0
"""systemd, told of a stall, ends this process, and the journal has the stacks of its threads."""
_SHAKY = 2
"""Starts in a row that did not last: one alone is often a power cut, or a technician."""
_MARKED_WITHIN_S = 2.0
_CLOSING_S = 150.0
"""Less than ``TimeoutStopSec=`` of irbis.service: what hangs in the end is told by name."""


class SupervisedRun:
    """The station of ``path``, from its first breath to its end, for the main thread."""

    def __init__(
        self,
        path: Path,
        manager: ServiceManager,
        stop: StopSignals,
        environment: Mapping[str, str],
        shot_asked: Callable[[], bool] = lambda: False,
    ) -> None:
        self._path, self._manager, self._stop = path, manager, stop
        self._shot_asked = shot_asked
        self._environment = environment

    def go(self) -> str:
        """Open, arm and watch over the station; STOPPED or RETRY. Raises IrbisError where nothing
        can be opened, and where a stage failed for good."""
        config = self._read()
        folder, daemon = self._folder(config)
        kept = LastGood(folder, self._path)
        rebooting = Rebooting(self._environment, _card_terms(daemon))
        life = Life(folder, self._environment, _terms(daemon))
        mode = life.begin()
        if life.before is not None:
            _log.info("the run before this one counts as %s", life.before)
        choice = Choice(
            config,
            kept.load,
            self._manager.present,
            str(mode) if mode.safe else None,
            speaks_first=mode.short >= _SHAKY,
        )
        try:
            opened = open_station(choice, _Telling(self._manager))
        except IrbisError:
            if rebooting.ask_for(folder):
                life.reboots()
            life.refused()
            raise
        terms = _card_terms(daemon)
        card = CardWatch(opened.station.spool, opened.config.spool.path, terms)
        run = _Run(opened, life, daemon, mode.retry_s or daemon.retry_s, rebooting, card)
        try:
            return self._lived(run, kept)
        except IrbisError:
            life.failed()
            raise

    def _read(self) -> StationConfig | ConfigError:
        try:
            return load_config(self._path)
        except ConfigError as error:
            return error

    def _folder(self, config: StationConfig | ConfigError) -> tuple[Path, Daemon]:
        if isinstance(config, StationConfig):
            spool, daemon = config.spool.path, config.daemon
        else:
            spool, daemon = None, Daemon()
        folder = state_folder(self._environment, spool)
        if isinstance(config, ConfigError) and (folder is None or not self._manager.present):
            raise config
        assert folder is not None
        return folder, daemon

    def _armed(self, run: _Run, kept: LastGood) -> None:
        """What is to be remembered, and told, now that it catches."""
        opened = run.opened
        if opened.as_configured:
            kept.keep(opened.config)
        ledger = opened.station.spool.ledger
        with suppress(IrbisError):  # an alarm less is no reason to end
            for name, text in opened.alarms.items():
                _log.warning("%s", text)
                ledger.raise_alarm(name, text)
            if opened.as_configured:
                ledger.clear_alarm(OLD_CONFIG)
        status = Status(opened.head, opened.station.spool, system_clock, self._manager.status)

        def look() -> bool:
            try:
                return status.step()
            finally:
                run.card.step()

        opened.station.loops.start("status", look)

    def _lived(self, run: _Run, kept: LastGood) -> str:
        """From arming to closing, which may hang as well."""
        closing = threading.Timer(_CLOSING_S, _end_now, ("the station does not come to its end",))
        closing.daemon = True
        with ExitStack() as ending:
            ending.callback(closing.cancel)
            ending.callback(run.opened.station.close)
            ending.callback(closing.start)
            ending.callback(self._manager.stopping)
            self._armed(run, kept)
            return self._watched(run)

    def _watched(self, run: _Run) -> str:
        opened, life = run.opened, run.life
        loops = opened.station.loops
        watchdog = Watchdog(loops.progress, self._manager)
        begun_s = time.monotonic()
        settled = False
        while not self._stop.wait(POLL_S):
            if loops.failure is not None:
                raise loops.failure  # systemd starts us anew, and that mends it
            if opened.station.ended:
                if opened.full:
                    _lasted(opened, life)  # a whole cycle is all that is asked of a run
                life.rested()
                return OFF
            if self._shot_asked() and not opened.station.test_shot():
                _log.warning("no test shot: the pictures come from a folder")
            if stalls := watchdog.look():
                self._end_hung(stalls, life)
            age_s = time.monotonic() - begun_s
            if opened.full and not settled and age_s >= run.daemon.settled_s:
                settled = True
                _lasted(opened, life)
            if run.card.reboot_due and run.rebooting.ask():
                _in_time(life.reboots, _MARKED_WITHIN_S)  # and go on, until systemd says stop
            if not opened.full and age_s >= run.retry_s:
                _log.info("safe mode ends, for a start in full")
                life.retried()
                return RETRY
        life.stopped()
        return STOPPED

    def _end_hung(self, stalls: tuple[Stall, ...], life: Life) -> None:
        """Only a new process mends it. Does not return."""
        # The card itself may be what hangs.
        _in_time(life.hung, _MARKED_WITHIN_S)
        if self._manager.watchdog_s is not None:
            self._stop.wait(_ABORTED_WITHIN_S)
        _end_now("; ".join(map(str, stalls)))


@dataclass(frozen=True, slots=True)
class _Run:
    """A station that was opened, and what stands around it."""

    opened: Opened
    life: Life
    daemon: Daemon
    retry_s: float
    rebooting: Rebooting
    card: CardWatch


class _Telling(LogListener):
    """Writes the log, and tells the service manager when the station is armed."""

    def __init__(self, manager: ServiceManager) -> None:
        self._manager = manager

    def armed(self) -> None:
        super().armed()
        self._manager.ready()


def _lasted(opened: Opened, life: Life) -> None:
    """The run in full has proved itself: safe mode is behind the station."""
    life.lasted()
    with suppress(IrbisError):
        opened.station.spool.ledger.clear_alarm(SAFE)


def _terms(daemon: Daemon) -> Terms:
    return Terms(
        starts=daemon.starts,
        settled_s=daemon.settled_s,
        retry_s=daemon.retry_s,
        most_retry_s=6 * daemon.retry_s,
    )


def _card_terms(daemon: Daemon) -> CardTerms:
    return CardTerms(daemon.card_fails_s, daemon.reboot_apart_s)


def _in_time(what: Callable[[], None], timeout_s: float) -> None:
    thread = threading.Thread(target=what, daemon=True)
    thread.start()
    thread.join(timeout_s)


def _end_now(why: str) -> None:
    print(f"irbis run: {why}; the process ends, for only a new one mends that", file=sys.stderr)
    sys.stderr.flush()
    os._exit(1)
