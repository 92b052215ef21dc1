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

from edge.records import ClockQuality, Heartbeat

DAY_S = 86_400
COUNTERS = ("armed_s", "blind_s", "off_s")


@dataclass(frozen=True, slots=True)
class Deployment:
    """Times in UTC, as the station's clock told them; days of 24 hours."""

    station: str
    begins: datetime
    ends: datetime
    armed_s: int
    blind_s: int
    off_s: int
    bursts: int
    sure_clock: bool

    @property
    def camera_days(self) -> float:
        """How long it was armed."""
        return self.armed_s / DAY_S


def deployments(heartbeats: Iterable[Heartbeat]) -> Iterator[Deployment]:
    """Of one station, from its heartbeats in the order in which they came. What comes from an
    older Irbis, without the hours, tells nothing."""
    last: tuple[Heartbeat, dict[str, int]] | None = None
    for beat in heartbeats:
        counters = dict(beat.counters)
        if "armed_s" not in counters:
            continue
        if last is not None and counters["armed_s"] < last[1]["armed_s"]:
            if _late(beat, last[0]):
                continue
            yield _deployment(*last)
        last = beat, counters
    if last is not None:
        yield _deployment(*last)


def _late(beat: Heartbeat, last: Heartbeat) -> bool:
    """Whether it was overtaken on its way over another link, by clocks that were set."""
    clocked = ClockQuality.UNSET not in (beat.clock, last.clock)
    return clocked and beat.sent_at < last.sent_at


def _deployment(beat: Heartbeat, counters: dict[str, int]) -> Deployment:
    armed_s, blind_s, off_s = (counters.get(name, 0) for name in COUNTERS)
    return Deployment(
        station=beat.station,
        begins=beat.sent_at - timedelta(seconds=armed_s + blind_s + off_s),
        ends=beat.sent_at,
        armed_s=armed_s,
        blind_s=blind_s,
        off_s=off_s,
        bursts=counters.get("bursts", 0),
        sure_clock=beat.clock is not ClockQuality.UNSET,
    )


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
        days = f"{one.camera_days:>11.2f}{one.blind_s / DAY_S:>8.2f}{one.off_s / DAY_S:>8.2f}"
        doubt = "" if one.sure_clock else "  (its clock was not set)"
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
                f"armed {one.camera_days:.2f} of {_days(one):.2f} days",
                *(f"{one.camera_days:.4f}", one.armed_s, one.blind_s, one.off_s, one.bursts),
            )
        )
