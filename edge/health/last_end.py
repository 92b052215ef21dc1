"""How the run before this one ended: asked for, by a crash, a watchdog, want of memory or of power.

A run leaves two marks beside the spool. Its own, ``run``, says in which start of the machine it
began and, once it ends by itself, how. The other, ``result``, is left by systemd when the process
is gone (``ExecStopPost=`` of irbis.service: ``$SERVICE_RESULT``, see systemd.exec(5)), for what is
killed leaves no word. A machine that started anew under a run that never ended lost its power.

systemd knows of a kill for want of memory by the memory controller alone, which many a board has
switched off, and calls it a plain SIGKILL there. So the mark holds, too, how many processes the
kernel had ended for that since the machine came up: more of them as the next run begins, and it was
that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from edge.errors import IrbisError
from edge.health.memory_file import MemoryFile
from edge.health.runs import Memory, boot_id

RUN, RESULT = "run", "result"
"""The names of the marks, in the folder that holds the spool."""
HARDWARE_WATCHDOGS = Path("/sys/class/watchdog")
KERNEL_COUNTS = Path("/proc/vmstat")
_CARD_RESET = 0x20
"""WDIOF_CARDRESET of linux/watchdog.h: the hardware watchdog started the machine anew."""


class Cause(StrEnum):
    """Why a run ended. The value is also the name of the counter that counts it."""

    STOPPED = "restarts_asked"
    """Somebody stopped or restarted the service; the machine went on."""
    FAILED = "restarts_failed"
    """It gave up with one line of its own: a damaged database, for one."""
    RETRIED = "restarts_retry"
    """It left safe mode, to be started in full."""
    CRASHED = "restarts_crash"
    """It died of a bug: an exit status, or a signal that only a bug brings."""
    KILLED = "restarts_killed"
    """Somebody or something sent SIGKILL or a like signal."""
    WATCHDOG = "restarts_watchdog"
    """A loop hung, and it was ended for that."""
    OOM = "restarts_oom"
    """The machine ran out of memory."""
    REBOOTED = "reboots_asked"
    """The service was stopped, and then the machine went down."""
    POWER = "reboots_power"
    """The power went away, or the kernel died: nothing here tells the two apart."""
    CARD = "reboots_card"
    """The card took no writes, and the machine was started anew for that. Counted where the card
    took this mark; where it did not, it counts as ``reboots_power``."""
    HARDWARE_WATCHDOG = "reboots_watchdog"
    """The machine hung, and its hardware watchdog started it anew."""


_RESULTS = {
    "watchdog": Cause.WATCHDOG,
    "timeout": Cause.WATCHDOG,
    "oom-kill": Cause.OOM,
    "signal": Cause.KILLED,
}
"""What ``$SERVICE_RESULT`` means; everything else is a crash. A time-out is that of a start or of a
stop: something hung."""
_BUGS = frozenset({"SEGV", "ABRT", "BUS", "ILL", "FPE", "SYS", "TRAP"})
"""Signals that a process brings upon itself."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What ``run`` holds."""

    boot: str
    """The kernel's id of this start of the machine."""
    invocation: str = ""
    """systemd's id of this run; empty where it was started otherwise."""
    pid: int = 0
    ended: str = ""
    """How it ended by itself, the name of a Cause; empty: it runs, or it was killed."""
    before: str = ""
    """How the run before it had ended; empty: there was none."""
    memory_kills: int = -1
    """How many processes the kernel had ended for want of memory as it began; -1: not known."""


class Result(NamedTuple):
    """What ``result`` holds, all three from the environment of ``ExecStopPost=``."""

    invocation: str
    result: str
    """``$SERVICE_RESULT``: ``success``, ``watchdog``, ``signal``, ..."""
    status: str
    """``$EXIT_STATUS``: a number, or the name of a signal."""


class LifeMark:
    """This run's mark in ``folder``. Nothing here raises: a full card keeps no station from
    starting, and then the next start takes the end for a crash or a power cut."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        this_boot: str | None = None,
        watchdogs: Path = HARDWARE_WATCHDOGS,
        kernel_counts: Path = KERNEL_COUNTS,
    ) -> None:
        self._folder, self._watchdogs = folder, watchdogs
        self._memory: Memory = MemoryFile(folder / RUN)
        boot = this_boot if this_boot is not None else _this_boot()
        kills = memory_kills(kernel_counts)
        invocation = environment.get("INVOCATION_ID", "")
        self._mark = Mark(boot, invocation, os.getpid(), memory_kills=kills)

    def begin(self) -> Cause | None:
        """Note that a run began; how the one before it ended, None where there was none."""
        before = _decode(self._memory)
        cause = None if before is None else self._cause_of(before)
        self._mark = replace(self._mark, before="" if cause is None else cause.name)
        self._save()
        return cause

    def end(self, cause: Cause) -> None:
        """Note that this run ends by itself, durably."""
        self._mark = replace(self._mark, ended=cause.name)
        self._save()

    def _save(self) -> None:
        with suppress(OSError, IrbisError):
            self._memory.save(json.dumps(asdict(self._mark)).encode())

    def _cause_of(self, before: Mark) -> Cause:
        ended = _cause(before.ended)
        if before.boot != self._mark.boot:
            if ended in (Cause.STOPPED, Cause.FAILED):  # nothing ran any more
                return Cause.REBOOTED
            if ended is Cause.CARD:
                return Cause.CARD
            return Cause.HARDWARE_WATCHDOG if hardware_reset(self._watchdogs) else Cause.POWER
        if ended is not None:
            return Cause.STOPPED if ended is Cause.CARD else ended
        left = read_result(self._folder / RESULT)
        for_memory = 0 <= before.memory_kills < self._mark.memory_kills
        if left is None or not before.invocation or left.invocation != before.invocation:
            return Cause.OOM if for_memory else Cause.CRASHED  # nobody saw how
        if left.result == "signal" and left.status in _BUGS:
            return Cause.CRASHED  # no core is dumped, so systemd does not say core-dump
        if for_memory and left.result == "signal" and left.status == "KILL":
            return Cause.OOM
        return _RESULTS.get(left.result, Cause.CRASHED)


def state_folder(environment: Mapping[str, str], spool: Path | None) -> Path | None:
    """Where what outlives a process is kept beside the spool: systemd's ``StateDirectory=``, which
    is known even when no configuration can be read, or else the folder that holds the spool."""
    named = [name for name in environment.get("STATE_DIRECTORY", "").split(":") if name]
    if named:
        return Path(named[0])
    return None if spool is None else spool.parent


def last_end(folder: Path, pid: int | None = None) -> Cause | None:
    """How the run before the present one ended, for any part of a process that began one in
    ``folder`` (the one that holds the spool); None in all others, and at the first run."""
    mark = _decode(MemoryFile(folder / RUN))
    if mark is None or mark.pid != (pid or os.getpid()) or mark.boot != _this_boot():
        return None
    return _cause(mark.before)


def read_result(path: Path) -> Result | None:
    """What systemd left; None where nothing was left, or not all of it."""
    words = (MemoryFile(path).load() or b"").decode("ascii", "replace").split()
    return Result(*words) if len(words) == 3 else None


def memory_kills(kernel_counts: Path = KERNEL_COUNTS) -> int:
    """How many processes the kernel has ended for want of memory since the machine came up, the
    whole machine's or a group's (``oom_kill`` of /proc/vmstat); -1 where it does not tell."""
    with suppress(OSError, ValueError):
        for line in kernel_counts.read_text(encoding="ascii").splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return -1


def hardware_reset(watchdogs: Path = HARDWARE_WATCHDOGS) -> bool:
    """Whether a hardware watchdog says that it was what started this machine."""
    for status in sorted(watchdogs.glob("*/bootstatus")):
        with suppress(OSError, ValueError):
            if int(status.read_text(encoding="ascii")) & _CARD_RESET:
                return True
    return False


def _decode(memory: Memory) -> Mark | None:
    try:
        values = json.loads(memory.load() or b"null")
        mark = Mark(**values)
    except (ValueError, TypeError, RecursionError):
        return None
    texts = (mark.boot, mark.invocation, mark.ended, mark.before)
    are_sound = all(isinstance(text, str) for text in texts) and type(mark.memory_kills) is int
    return mark if are_sound and mark.boot else None


def _cause(name: str) -> Cause | None:
    return Cause.__members__.get(name)


def _this_boot() -> str:
    try:
        return boot_id().hex()
    except (OSError, ValueError):
        return "unknown"
