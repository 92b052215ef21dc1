"""`irbis simulate`: a fleet of stations on a modelled radio channel, faster than real time."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tools.simulate.plots import can_plot, write_plots
from tools.simulate.running import simulate
from tools.simulate.settings import BadSimulation, Fleet, Traffic
from tools.simulate.summary import as_markdown, summary


def configure(parser: argparse.ArgumentParser) -> None:
    usual = Fleet()
    parser.add_argument("--stations", type=int, default=usual.stations)
    parser.add_argument("--days", type=float, default=usual.days)
    parser.add_argument("--seed", type=int, default=usual.seed)
    parser.add_argument("--region", default=usual.region_name, help="EU868, RU864, US915, ...")
    parser.add_argument(
        "--per-gateway", type=int, default=usual.per_gateway, help="stations that share a gateway"
    )
    parser.add_argument(
        "--cats", type=float, default=usual.traffic.cats, help="cats before each lens a day"
    )
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


def execute(args: argparse.Namespace) -> int:
    """Simulate, print, and write where asked to. Raises IrbisError."""
    if args.cats < 0:
        raise BadSimulation("--cats: 0 or more")
    fleet = Fleet(
        args.stations,
        args.days,
        args.seed,
        args.region,
        args.per_gateway,
        traffic=Traffic(cats=args.cats),
    )
    if args.out is not None:
        _make(args.out)
    began = time.perf_counter()
    tally = simulate(fleet, args.jobs, _progress())
    found = summary(fleet, tally, time.perf_counter() - began)
    print(json.dumps(found, indent=1) if args.json else as_markdown(found))
    if args.out is not None:
        (args.out / "summary.json").write_text(json.dumps(found, indent=1) + "\n")
        (args.out / "summary.md").write_text(as_markdown(found))
        if can_plot():
            write_plots(tally, args.out)
        else:
            print("no plots: install irbis[evaluate] for them", file=sys.stderr)
    return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSimulation(f"{folder}: cannot be made: {error.strerror}") from error


def _progress() -> Callable[[int, int], None]:
    """A line that counts on a terminal; every tenth in a pipe."""
    told = -1

    def tell(done: int, total: int) -> None:
        nonlocal told
        if sys.stderr.isatty():
            print(
                f"\r{done} of {total} stations",
                end="" if done < total else "\n",
                file=sys.stderr,
                flush=True,
            )
        elif done * 10 // total > told:
            told = done * 10 // total
            print(f"{done} of {total} stations", file=sys.stderr)

    return tell
