"""`irbis simulate`: a fleet of stations on a modelled radio channel, faster than real time."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.uplink.radio.duty import TTN_FAIR_USE
from tools.simulate.plots import can_plot, write_plots
from tools.simulate.regions import EVERY, as_table, compared, in_every_region
from tools.simulate.running import simulate
from tools.simulate.settings import BadSimulation, Battery, Fleet, Traffic, Weather
from tools.simulate.summary import as_markdown, summary
from tools.simulate.tally import Tally

_WH_J = 3600.0


def configure(parser: argparse.ArgumentParser) -> None:
    usual = Fleet()
    parser.add_argument("--stations", type=int, default=usual.stations, help="default: %(default)s")
    parser.add_argument("--days", type=float, default=usual.days, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=usual.seed, help="default: %(default)s")
    parser.add_argument(
        "--region",
        default=usual.region_name,
        help=f"EU868, RU864, US915, ...; {EVERY}: one after the other, in one table;"
        " default: %(default)s",
    )
    parser.add_argument(
        "--per-gateway",
        type=int,
        default=usual.per_gateway,
        help="stations that share a gateway; default: %(default)s",
    )
    parser.add_argument(
        "--cats",
        type=float,
        default=usual.traffic.cats,
        help="cats before each lens a day; default: %(default).2g",
    )
    parser.add_argument(
        "--fair-use", action="store_true", help="The Things Network's 30 s and 10 answers a day"
    )
    parser.add_argument(
        "--quick-answers",
        action="store_true",
        help="basecamp's answer comes with the uplink that it answers, not with the next",
    )
    _configure_battery(parser, usual)
    parser.add_argument(
        "--jobs",
        type=int,
        default=os.cpu_count() or 1,
        help="processes; the numbers do not depend on it",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FOLDER",
        help="write summary.json, summary.md and, with matplotlib, plots there",
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")


def _configure_battery(parser: argparse.ArgumentParser, usual: Fleet) -> None:
    parser.add_argument(
        "--battery",
        type=float,
        metavar="WH",
        default=round(usual.battery.capacity_j / _WH_J, 1),
        help="what the battery holds; default: %(default)s",
    )
    parser.add_argument(
        "--load",
        type=float,
        metavar="W",
        default=usual.battery.load_w,
        help="what the station draws on average, without its radio; default: %(default)s",
    )
    parser.add_argument(
        "--sun",
        type=float,
        metavar="WH",
        default=round(usual.weather.harvest_j / _WH_J, 1),
        help="what the panel brings on a mean day; 0: there is none; default: %(default)s",
    )


def execute(args: argparse.Namespace) -> int:
    """Simulate, print, and write where asked to. Raises IrbisError."""
    fleet = _fleet(args)
    if args.out is not None:
        _make(args.out)
    tallies: list[Tally] = []

    def run(one: Fleet) -> dict[str, Any]:
        began = time.perf_counter()
        tallies.append(simulate(one, args.jobs, _progress(one.region_name)))
        return summary(one, tallies[-1], time.perf_counter() - began)

    if args.region == EVERY:
        found = compared(in_every_region(fleet), run)
        page = as_table(found)
    else:
        found = run(fleet)
        page = as_markdown(found)
    print(json.dumps(found, indent=1) if args.json else page)
    if args.out is not None:
        (args.out / "summary.json").write_text(json.dumps(found, indent=1) + "\n")
        (args.out / "summary.md").write_text(page)
        if args.region != EVERY:
            _plot(tallies[-1], args.out)
    return 0


def _fleet(args: argparse.Namespace) -> Fleet:
    for name in ("cats", "battery", "load", "sun"):
        if not 0 <= getattr(args, name) < float("inf"):
            raise BadSimulation(f"--{name}: 0 or more")
    return Fleet(
        args.stations,
        args.days,
        args.seed,
        Fleet().region_name if args.region == EVERY else args.region,
        args.per_gateway,
        TTN_FAIR_USE if args.fair_use else None,
        battery=Battery(capacity_j=args.battery * _WH_J, load_w=args.load),
        weather=Weather(harvest_j=args.sun * _WH_J),
        traffic=Traffic(cats=args.cats, quick_answers=args.quick_answers),
    )


def _plot(tally: Tally, folder: Path) -> None:
    if can_plot():
        write_plots(tally, folder)
    else:
        print("no plots: they need matplotlib; pip install matplotlib", file=sys.stderr)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSimulation(f"{folder}: cannot be made: {error.strerror}") from error


def _progress(name: str) -> Callable[[int, int], None]:
    """A line that counts on a terminal; every tenth in a pipe."""
    reported = -1

    def tell(done: int, total: int) -> None:
        nonlocal reported
        line = f"{name}: {done} of {total} stations"
        if sys.stderr.isatty():
            print(f"\r{line}", end="" if done < total else "\n", file=sys.stderr, flush=True)
        elif done * 10 // total > reported:
            reported = done * 10 // total
            print(line, file=sys.stderr)

    return tell
