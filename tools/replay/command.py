"""`irbis replay`: drive the station with pictures from folders."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from edge.capture.listing import list_bursts
from edge.capture.replay import ReplaySource
from edge.config import StationConfig, load_config
from edge.errors import IrbisError
from edge.listener import Listener
from edge.spool.retention import CARD_FULL
from edge.station import Station
from tools.replay.bench_station import throwaway_config
from tools.replay.progress import Progress
from tools.replay.report import build_report, table, write_report

MAX_WAITING = 8
"""Bursts that may wait for triage: files can wait, and need no second copy on the disk before."""
POLL_S = 0.05


class ReplayStuck(IrbisError, RuntimeError):
    """The replay cannot go on; run it again with the same spool once the cause is gone."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Drive the station with pictures from folders. A burst is a subfolder of pictures; or the"
        " rows of a bursts.csv (file,burst[,timestamp]) in the folder; or else pictures less than"
        " 5 s apart by EXIF. Run again with the same --spool, it goes on where it stopped."
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="a folder or a picture")
    parser.add_argument("--config", type=Path, help="the station's TOML file")
    parser.add_argument("--spool", type=Path, help="keep the spool here, to go on later")
    parser.add_argument("--report", type=Path, help="write what was found as JSON")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")
    parser.add_argument(
        "--patience",
        type=float,
        default=60.0,
        metavar="S",
        help="give up after S seconds in which nothing moves (default 60)",
    )


def execute(args: argparse.Namespace) -> int:
    """Replay, then print a summary; 0 even where single files were bad."""
    bursts = [burst for path in args.paths for burst in list_bursts(path)]
    with tempfile.TemporaryDirectory(prefix="irbis-replay-") as folder:
        config = _configuration(args, Path(folder))
        source = ReplaySource(bursts)
        progress = Progress(len(bursts))
        station = Station(config, _Narrator(progress), source, max_waiting=MAX_WAITING)
        with station, _Interruptible() as interrupted:
            left = _wait(station, source, progress, config, args.patience, interrupted)
            report = build_report(station.spool.judged(), source.seen)
        progress.end()
    if args.report is not None:
        write_report(report, args.report)
    if args.json:
        print(json.dumps({**report["summary"], "waiting_for_basecamp": left}))
    else:
        print("\n".join(table(report["summary"])))
        if left:
            print(f"{'waiting for basecamp':<24}{left:>8}  (in the spool; run again to send)")
    return 130 if interrupted.is_set() else 0


def _configuration(args: argparse.Namespace, folder: Path) -> StationConfig:
    if args.config is not None:
        config = load_config(args.config)
    else:
        config = throwaway_config(folder)
        print(
            "no --config: pictures are sealed to a throwaway key and nothing is sent;"
            " the report is the result",
            file=sys.stderr,
        )
    if args.spool is None:
        return config
    spool = config.spool.model_copy(update={"path": args.spool})
    return config.model_copy(update={"spool": spool})


def _wait(
    station: Station,
    source: ReplaySource,
    progress: Progress,
    config: StationConfig,
    patience_s: float,
    interrupted: threading.Event,
) -> int:
    """Until all is judged and, with an uplink, acknowledged; how many items still wait."""
    sends = config.uplink.broker is not None
    last = (-1, -1, -1)
    moved_at = time.monotonic()
    while not interrupted.is_set():
        state = (source.taken, station.spool.unjudged(), station.spool.outbox.state().items)
        if state != last:
            last, moved_at = state, time.monotonic()
        taken, unjudged, waiting = state
        progress.show(taken - unjudged)
        if station.all_judged and (not sends or not waiting):
            break
        if time.monotonic() - moved_at > patience_s:
            if station.all_judged:
                break  # only basecamp is missing: everything is safe in the spool
            raise ReplayStuck(_why_stuck(station, patience_s))
        interrupted.wait(POLL_S)
    return station.spool.outbox.state().items if sends else 0


def _why_stuck(station: Station, patience_s: float) -> str:
    alarm = station.spool.ledger.alarms().get(CARD_FULL)
    reason = alarm or f"a burst has not been judged for {patience_s:.0f} s"
    return f"{reason}. Everything so far is in the spool; run again with the same --spool"


class _Narrator(Listener):
    """Tells troubles and the link's state beside the progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def link(self, state: str) -> None:
        self._progress.say(f"uplink: {state}")

    def trouble(self, text: str) -> None:
        self._progress.say(text)


class _Interruptible:
    """Turns SIGINT and SIGTERM into an event while it lasts."""

    def __enter__(self) -> threading.Event:
        event = threading.Event()
        self._before = {
            number: signal.signal(number, lambda *_: event.set())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        return event

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
