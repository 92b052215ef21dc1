"""Whether the regulation was kept: every emission looked at again, without the ledger.

The ledger decides beforehand, in whole milliseconds, from blocks of what was sent. This looks back
at what was on the air, in exact times, and tries every window that can hold the most.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from edge.uplink.radio.duty import FairUse
from edge.uplink.radio.regions import HOUR_MS, Region

HOUR = "busiest hour"
DAY = "busiest 24 hours"
LONGEST = "longest frame"
CHANNEL = "busiest 20 s of a channel"
GATEWAY = "gateway's busiest hour"
_CHANNEL_S = {"US915": (20.0, 0.4)}
"""FCC 15.247(a)(1)(i): so long a window, and so much of it on one frequency."""


class Emission(NamedTuple):
    """A radio was on the air. Times in seconds; those of one radio do not overlap."""

    start_s: float
    end_s: float
    frequency_hz: int


@dataclass(frozen=True, slots=True)
class Held:
    """The most that was on the air in any window of a rule, and what it allows; None: no limit."""

    most_s: float = 0.0
    allowed_s: float | None = None

    @property
    def share(self) -> float:
        """Of what is allowed; 0 where nothing is limited, above 1 where the rule was broken."""
        return self.most_s / self.allowed_s if self.allowed_s else 0.0

    def worst(self, other: Held) -> Held:
        return max(self, other, key=lambda held: (held.share, held.most_s))


def most_in_any_window(emissions: Sequence[Emission], window_s: float) -> float:
    """The most airtime that any window of that length holds, in seconds. ``emissions`` in order.

    The airtime of a window, as the window moves, has its peaks where it ends with an emission or
    begins with one. All of them are tried.
    """
    if not emissions:
        return 0.0
    moments = np.array([(one.start_s, one.end_s) for one in emissions]).ravel()
    spent = np.repeat(np.cumsum(moments[1::2] - moments[::2]), 2)
    spent[::2] -= moments[1::2] - moments[::2]
    ends = np.concatenate((moments, moments + window_s))
    held = np.interp(ends, moments, spent) - np.interp(ends - window_s, moments, spent)
    return float(held.max())


def audit_station(
    region: Region, emissions: Sequence[Emission], fair_use: FairUse | None = None
) -> dict[str, Held]:
    """Every rule that a station stands under, by name."""
    found = audit_bands(region, emissions, HOUR)
    if region.dwell_ms is not None:
        longest_s = max((one.end_s - one.start_s for one in emissions), default=0.0)
        found[LONGEST] = Held(longest_s, region.dwell_ms / 1000)
    if region.name in _CHANNEL_S:
        window_s, allowed_s = _CHANNEL_S[region.name]
        found[CHANNEL] = _worst(
            Held(most_in_any_window(one, window_s), allowed_s) for one in _by_channel(emissions)
        )
    if fair_use is not None:
        most_s = most_in_any_window(emissions, fair_use.window_ms / 1000)
        found[DAY] = Held(most_s, fair_use.uplink_ms / 1000)
    return found


def audit_bands(region: Region, emissions: Sequence[Emission], name: str) -> dict[str, Held]:
    """The hour's rule: the fullest sub-band by its limit, or all of them where none has one."""
    whole = Held(most_in_any_window(emissions, HOUR_MS / 1000))
    limited = []
    for band in region.sub_bands:
        if band.hourly_ms is not None:
            inside = [one for one in emissions if band.low_hz <= one.frequency_hz < band.high_hz]
            if inside:
                most_s = most_in_any_window(inside, HOUR_MS / 1000)
                limited.append(Held(most_s, band.hourly_ms / 1000))
    return {name: _worst(limited) if limited else whole}


def merged(one: dict[str, Held], other: dict[str, Held]) -> dict[str, Held]:
    """The worst of both, rule by rule."""
    return {name: one.get(name, Held()).worst(other.get(name, Held())) for name in {**one, **other}}


def most_in_any_day(moments_s: Sequence[float]) -> int:
    """How many of these moments, in order, fall into the fullest 24 hours."""
    if not moments_s:
        return 0
    moments = np.asarray(moments_s)
    first = np.searchsorted(moments, moments - 86_400.0, side="right")
    return int((np.arange(1, len(moments) + 1) - first).max())


def _by_channel(emissions: Iterable[Emission]) -> list[list[Emission]]:
    channels: dict[int, list[Emission]] = {}
    for one in emissions:
        channels.setdefault(one.frequency_hz, []).append(one)
    return list(channels.values())


def _worst(found: Iterable[Held]) -> Held:
    worst = Held()
    for held in found:
        worst = held.worst(worst)
    return worst
