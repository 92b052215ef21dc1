"""``irbis basecamp effort``: how long each station watched, as its heartbeats told.

One row a deployment, with the columns of Camtrap DP 1.0.2's deployments that basecamp can fill: a
deployment is the life of one spool, for a card that was exchanged counts anew. Where a station
stands is not known here; whoever does fills in latitude and longitude.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from edge.health.clock_bounds import Bounds
from edge.records import Heartbeat
from tools.basecamp.clock_views import Beat, sent_between

DAY_S = 86_400
COUNTERS = ("armed_s", "blind_s", "off_s", "asleep_s")
SURE = timedelta(hours=1)
"""A time that is bounded as well as this is known: it moves no camera-day to another date but at
midnight."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """Times in UTC; days of 24 hours. ``sure_clock``: they are known, by the station's clock or by
    what was heard of it since; else they are when its last heartbeat came.

    Of ``off_s``, for ``asleep_s`` a controller's motion sensor watched, and would have woken the
    station.
    """

    station: str
    begins: datetime
    ends: datetime
    armed_s: int
    blind_s: int
    off_s: int
    bursts: int
    sure_clock: bool
    asleep_s: int = 0

    @property
    def camera_days(self) -> float:
        """For how long what moved would have been caught: armed, or woken for it."""
        return (self.armed_s + self.asleep_s) / DAY_S


@dataclass(frozen=True, slots=True)
class _Told:
    """A heartbeat that tells hours, and between which times it was sent."""

    heartbeat: Heartbeat
    sent: Bounds
    counters: dict[str, int]


def deployments(beats: Iterable[Beat]) -> Iterator[Deployment]:
    """Of one station, from its heartbeats in the order in which they came. What comes from an
    older Irbis, without the hours, tells nothing."""
    all_beats = list(beats)
    last: _Told | None = None
    for beat, sent in zip(all_beats, sent_between(all_beats), strict=True):
        told = _Told(beat.heartbeat, sent, dict(beat.heartbeat.counters))
        if "armed_s" not in told.counters:
            continue
        if last is not None and told.counters["armed_s"] < last.counters["armed_s"]:
            if _late(told, last):
                continue
            yield _deployment(last)
        last = told
    if last is not None:
        yield _deployment(last)


def _late(told: _Told, last: _Told) -> bool:
    """Whether it was overtaken on its way over another link, by clocks that were set."""
    latest, earliest = told.sent.latest, last.sent.earliest
    return latest is not None and earliest is not None and latest < earliest


def _deployment(told: _Told) -> Deployment:
    armed_s, blind_s, off_s, asleep_s = (told.counters.get(name, 0) for name in COUNTERS)
    ends, is_sure = _when(told.sent)
    return Deployment(
        station=told.heartbeat.station,
        begins=ends - timedelta(seconds=armed_s + blind_s + off_s),
        ends=ends,
        armed_s=armed_s,
        blind_s=blind_s,
        off_s=off_s,
        bursts=told.counters.get("bursts", 0),
        sure_clock=is_sure,
        asleep_s=min(asleep_s, off_s),
    )


def _when(sent: Bounds) -> tuple[datetime, bool]:
    """The time to tell, and whether it is known."""
    earliest, latest = sent.ends
    assert latest is not None  # it came
    if earliest is not None and latest - earliest <= SURE:
        return earliest + (latest - earliest) / 2, True
    return latest, False


def configure(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--csv", action="store_true", help="as Camtrap DP's deployments.csv")
    parser.add_argument("--json", action="store_true", help="for a program to read")


def execute(args: argparse.Namespace) -> int:
    """Print every station's effort. Raises IrbisError."""
    from tools.basecamp.store import Store

    with Store(args.data) as store:
        found = [one for beats in store.views.heartbeats() for one in deployments(beats)]
    if args.json:
        json.dump([_as_json(one) for one in found], sys.stdout, indent=1)
        print()
    elif args.csv:
        _write_csv(found)
    else:
        print("\n".join(_table(found)))
    return 0


def _table(found: list[Deployment]) -> Iterator[str]:
    yield f"{'station':<16}{'from':<12}{'to':<12}{'camera-days':>11}{'blind':>8}{'off':>8}"
    for one in found:
        off_s = one.off_s - one.asleep_s
        days = f"{one.camera_days:>11.2f}{one.blind_s / DAY_S:>8.2f}{off_s / DAY_S:>8.2f}"
        doubt = "" if one.sure_clock else "  (its clock was not set: dates by when it was heard)"
        yield f"{one.station:<16}{one.begins:%Y-%m-%d}  {one.ends:%Y-%m-%d}  {days}{doubt}"
    yield f"{len(found)} deployments, {sum(one.camera_days for one in found):.2f} camera-days"


def _as_json(one: Deployment) -> dict[str, Any]:
    times = {"begins": one.begins.isoformat(), "ends": one.ends.isoformat()}
    return {**asdict(one), **times, "camera_days": one.camera_days}


def _days(one: Deployment) -> float:
    return (one.ends - one.begins) / timedelta(days=1)


def _write_csv(found: list[Deployment]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(
        (
            *("deploymentID", "locationID", "latitude", "longitude", "deploymentStart"),
            *("deploymentEnd", "timestampIssues", "deploymentComments"),
            *("cameraDays", *COUNTERS, "bursts"),
        )
    )
    for one in found:
        writer.writerow(
            (
                *(f"{one.station}-{one.begins:%Y%m%d}", one.station, "", ""),
                *(f"{one.begins:%Y-%m-%dT%H:%M:%SZ}", f"{one.ends:%Y-%m-%dT%H:%M:%SZ}"),
                "false" if one.sure_clock else "true",
                f"watched {one.camera_days:.2f} of {_days(one):.2f} days",
                *(f"{one.camera_days:.4f}", one.armed_s, one.blind_s, one.off_s, one.asleep_s),
                one.bursts,
            )
        )
