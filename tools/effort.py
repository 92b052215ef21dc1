"""`irbis effort`: how long a station watched, day by day, and why it did not in between."""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.config import load_config
from edge.errors import IrbisError
from edge.health.effort import Effort, account
from edge.health.effort_days import Day, by_day
from edge.health.effort_file import read_lines, read_mark
from edge.health.effort_lines import decoded
from edge.health.effort_log import MARK_S, span_of

SCHEMA = "irbis.effort/1"
COLUMNS = ("bursts", "blank_dropped", "blank_audited", "fired", "passed_over", "missed")
"""Counts of the table and of the CSV file."""


class NoEffort(IrbisError, FileNotFoundError):
    """The spool holds no effort log."""

    __str__ = IrbisError.__str__


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Tell, day by day (UTC), how long the station was armed, and how long it was not and why."
        " Armed time and gaps add up to the time between the first and the last record. Works"
        " while the station runs, and on a card that was taken out."
    )
    parser.add_argument(
        "--config",
        type=Path,
        default=Path("station.toml"),
        help="the station's configuration (default: station.toml)",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="for a program to read")
    form.add_argument("--csv", action="store_true", help="for a spreadsheet; seconds")


def execute(args: argparse.Namespace) -> int:
    """Print the effort. Raises IrbisError."""
    config = load_config(args.config)
    effort = read_effort(config.spool.path)
    days = by_day(effort)
    if args.json:
        json.dump(_as_json(config.station.id, effort, days), sys.stdout, indent=1)
        print()
    elif args.csv:
        _write_csv(config.station.id, days)
    else:
        print("\n".join(_table(effort, days)))
    return 0


def read_effort(folder: Path) -> Effort:
    """The effort that lies in the spool ``folder``, up to its last mark. Raises NoEffort."""
    lines = decoded(read_lines(folder))
    if not lines:
        raise NoEffort(
            f"{folder}: no effort is recorded there; a station writes it from its first start on:"
            " irbis run"
        )
    mark = read_mark(folder)
    going_on = None if mark is None else span_of(mark[1], lines)
    return account([*lines, *([] if going_on is None else [going_on])], MARK_S)


def _table(effort: Effort, days: Sequence[Day]) -> Iterator[str]:
    yield f"{'day (UTC)':<11}{'armed':>8}{'not armed':>11}  {'bursts':>6} {'blanks':>7}  why not"
    for day in days:
        gaps = {**day.blind, **day.off}
        why = ", ".join(f"{name} {_hours(value)}" for name, value in gaps.items())
        yield (
            f"{day.date or 'undated'!s:<11}{_hours(day.armed_s):>8}"
            f"{_hours(day.wall_s - day.armed_s):>11}  {day.counts.get('bursts', 0):>6}"
            f" {day.counts.get('blank_dropped', 0):>7}  {why}".rstrip()
        )
    unsure_s = sum(day.unsure_s for day in days)
    yield ""
    share = f" ({100 * effort.armed_s / effort.wall_s:.1f} %)" if effort.wall_s else ""
    yield (
        f"armed {_hours(effort.armed_s)} of {_hours(effort.wall_s)} h{share}:"
        f" {effort.armed_s / 86_400:.2f} camera-days"
    )
    if effort.asleep_s:
        watched_s = effort.armed_s + effort.asleep_s
        yield (
            f"and asleep for {_hours(effort.asleep_s)} h while the controller watched:"
            f" {watched_s / 86_400:.2f} camera-days in all"
        )
    if unsure_s:
        yield f"of the rest, up to {_hours(unsure_s)} h before sudden ends may have been armed"
    shared_s = effort.off_s - sum(sum(day.off.values()) for day in days)
    if shared_s:
        yield f"{_hours(shared_s)} h off lie between runs without a clock, on no one day"
    if effort.unknown_gaps:
        yield f"and {effort.unknown_gaps} gaps of unknown length: no clock was set around them"


def _hours(seconds: int) -> str:
    """Hours and minutes, cut: 23:59, 0:04."""
    return f"{seconds // 3600}:{seconds % 3600 // 60:02}"


def _as_json(station: str, effort: Effort, days: Sequence[Day]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "station": station,
        "armed_s": effort.armed_s,
        "blind_s": effort.blind_s,
        "off_s": effort.off_s,
        "asleep_s": effort.asleep_s,
        "wall_s": effort.wall_s,
        "unknown_gaps": effort.unknown_gaps,
        "days": [
            {
                "date": None if day.date is None else day.date.isoformat(),
                "armed_s": day.armed_s,
                "blind_s": day.blind,
                "off_s": day.off,
                "unsure_s": day.unsure_s,
                "counts": day.counts,
            }
            for day in days
        ],
        "intervals": [
            {
                "state": one.state,
                "run": one.run,
                "length_s": one.length_s,
                "begins_ms": one.begins_ms,
                "off": one.off,
                "unsure_s": one.unsure_s,
                "shared_s": one.shared_s,
                "counts": dict(one.counts),
            }
            for one in effort.intervals
        ],
    }


def _write_csv(station: str, days: Sequence[Day]) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    heads = ("armed_s", "blind_s", "off_s", "unsure_s")
    writer.writerow(("station", "date", *heads, *COLUMNS, "reasons"))
    for day in days:
        reasons = ";".join(f"{name}={s}" for name, s in {**day.blind, **day.off}.items())
        seconds = (day.armed_s, sum(day.blind.values()), sum(day.off.values()), day.unsure_s)
        counts = (day.counts.get(name, 0) for name in COLUMNS)
        writer.writerow((station, day.date or "", *seconds, *counts, reasons))
