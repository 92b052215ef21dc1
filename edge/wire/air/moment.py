"""When something happened, in 43 bits, true however late it is sent.

A station whose clock was never set still knows how long it had been running, and for the how
manieth time it was switched on. That is sent in place of a time that is wrong, and basecamp makes
a time of it from any heartbeat of the same run whose clock was set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from edge.records import ClockQuality
from edge.times import from_epoch_ms, to_epoch_ms
from edge.wire.air.scales import held

TIME_BITS = 42
BOOT_BITS = 16
UPTIME_BITS = 26


@dataclass(frozen=True, slots=True)
class Uptime:
    """A moment by a station without a clock: ``seconds`` (below 2^26, about two years) after it was
    switched on for the ``boot``-th time (below 2^16)."""

    boot: int
    seconds: int


Moment = datetime | Uptime


@dataclass(frozen=True, slots=True)
class Anchor:
    """That at ``uptime`` a station's clock said ``at``, as good as ``clock``."""

    uptime: Uptime
    at: datetime
    clock: ClockQuality


def resolved(moment: Moment, anchors: Iterable[Anchor]) -> datetime | None:
    """The time of ``moment``: itself, or made from the nearest anchor of the same run whose clock
    was set. None where there is no such anchor, or none yet.

    ``anchors`` are those that came under the same key id: the count of runs begins anew with a
    spool, which then has a key id of its own.
    """
    if isinstance(moment, datetime):
        return moment
    fitting = [
        anchor
        for anchor in anchors
        if anchor.uptime.boot == moment.boot and anchor.clock is not ClockQuality.UNSET
    ]
    if not fitting:
        return None
    nearest = min(fitting, key=lambda anchor: abs(anchor.uptime.seconds - moment.seconds))
    return nearest.at + timedelta(seconds=moment.seconds - nearest.uptime.seconds)


def age_s(moment: Moment, now: datetime, since_boot: Uptime) -> int:
    """How long ago ``moment`` was, in whole seconds; of an earlier run, how long at least.

    ``now`` and ``since_boot`` are the present by the station's clock and by its present run.
    """
    if isinstance(moment, datetime):
        return max(0, int((now - moment).total_seconds()))
    if moment.boot != since_boot.boot:
        return since_boot.seconds
    return max(0, since_boot.seconds - moment.seconds)


def moment_code(moment: Moment) -> int:
    """42 bits: milliseconds since 1970 (held within it, to the year 2109), or boot and uptime."""
    if isinstance(moment, datetime):
        return held(to_epoch_ms(moment), TIME_BITS)
    return held(moment.boot, BOOT_BITS) << UPTIME_BITS | held(moment.seconds, UPTIME_BITS)


def moment_of(code: int, by_uptime: bool) -> Moment:
    """What ``moment_code`` encoded; times in UTC."""
    if by_uptime:
        return Uptime(code >> UPTIME_BITS, code & ((1 << UPTIME_BITS) - 1))
    return from_epoch_ms(code).astimezone(UTC)
