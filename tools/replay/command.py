"""`irbis replay`: drive the station with pictures from folders."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.capture.listing import FolderUnreadable, ListingError, list_bursts
from edge.capture.replay import ReplaySource
from edge.config import StationConfig, load_config
from edge.errors import IrbisError
from edge.listener import Listener
from edge.spool.outbox import ACKNOWLEDGED
from edge.spool.retention import CARD_FULL
from edge.station import Station
from tools.replay.bench_station import check_is_no_throwaway, throwaway_config
from tools.replay.progress import Progress
from tools.replay.report import build_report, check_place, table, target_lines, write_report

MAX_WAITING = 8
"""Bursts that may wait for triage: files can wait, and need no second copy on the disk before."""
JUDGING_S = 60.0
"""How long a burst may take beyond the time that triage gives itself, before it is given up."""
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
        help="stop waiting for basecamp, or for room on the card, after S seconds in which"
        " nothing moves (default 60)",
    )


def execute(args: argparse.Namespace) -> int:
    """Replay, then print a summary; 0 even where single files were bad.

    Raises ReplayStuck when nothing moves any more, after what was found is written.
    """
    if args.report is not None:
        check_place(args.report)
    bursts = [burst for path in args.paths for burst in list_bursts(path, _tell_skipped)]
    stuck: IrbisError | None = None
    left = 0
    with tempfile.TemporaryDirectory(prefix="irbis-replay-") as folder:
        config = _configuration(args, Path(folder))
        source = ReplaySource(bursts)
        progress = Progress(len(bursts))
        with (
            _Interruptible() as interrupted,
            Station(config, _Narrator(progress), source, max_waiting=MAX_WAITING) as station,
        ):
            try:
                left = _wait(station, source, progress, config, args.patience, interrupted)
            except IrbisError as error:
                stuck = error
            complete = station.all_judged
            done = source.taken - station.spool.unjudged()
            report = build_report(station.spool.judged(), source.seen, complete)
        progress.end()
    if args.report is not None:
        write_report(report, args.report)
    stopped = "" if complete else f"stopped at {done} of {len(bursts)} bursts; {_way_on(args)}"
    if stuck is not None:
        raise ReplayStuck(". ".join(filter(None, (str(stuck), stopped)))) from stuck
    _print_result(args, report, left)
    if stopped:
        print(stopped, file=sys.stderr)
    return 130 if interrupted.is_set() else 0


def _tell_skipped(trouble: ListingError) -> None:
    """A folder that cannot be read is passed over; a table that is wrong must be mended first."""
    if not isinstance(trouble, FolderUnreadable):
        raise trouble
    print(f"passed over: {trouble}", file=sys.stderr)


def _way_on(args: argparse.Namespace) -> str:
    if args.config is not None:
        return "run again with the same --spool and --config"
    return "run again with the same --spool" if args.spool else "add --spool to be able to go on"


def _print_result(args: argparse.Namespace, report: Mapping[str, Any], left: int) -> None:
    if args.json:
        print(json.dumps({**report["summary"], "waiting_for_basecamp": left}))
        return
    print("\n".join(table(report["summary"])))
    if left:
        print(f"{'waiting for basecamp':<24}{left:>8}  (in the spool; run again to send)")
    if args.report is None:
        for line in target_lines(report):
            print(line)


def _configuration(args: argparse.Namespace, folder: Path) -> StationConfig:
    if args.config is None:
        result = "" if args.report else "; nothing is written without --report"
        print(
            "no --config: pictures are sealed to a throwaway key and nothing is sent" + result,
            file=sys.stderr,
        )
        return _from_anywhere(throwaway_config(folder, args.spool))
    config = _from_anywhere(load_config(args.config))
    if args.spool is not None:
        spool = config.spool.model_copy(update={"path": args.spool})
        config = config.model_copy(update={"spool": spool})
    check_is_no_throwaway(config.spool.path)
    return config


def _from_anywhere(config: StationConfig) -> StationConfig:
    """``config`` for pictures that need not be of one camera, nor in the order of time, and all of
    which are reported in the end."""
    triage = config.triage.model_copy(update={"learn_background": False})
    spool = config.spool.model_copy(update={"remembered_bursts": 0})
    return config.model_copy(update={"triage": triage, "spool": spool})


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
    spool = station.spool
    last = (-1, -1, -1)
    moved_at = time.monotonic()
    while not interrupted.is_set():
        if station.failure is not None:
            raise station.failure
        taken, unjudged = source.taken, spool.unjudged()
        # Asked twenty times a second: a counter, for the outbox may be long.
        moved = (taken, unjudged, spool.ledger.counters().get(ACKNOWLEDGED, 0))
        if moved != last:
            last, moved_at = moved, time.monotonic()
        progress.show(taken - unjudged)
        if station.all_judged and (not sends or spool.outbox.is_empty()):
            break
        still_s = time.monotonic() - moved_at
        if still_s > patience_s:
            if station.all_judged:
                break  # only basecamp is missing: everything is safe in the spool
            _check_stuck(station, still_s, max(patience_s, config.triage.timeout_s + JUDGING_S))
        interrupted.wait(POLL_S)
    return spool.outbox.state().items if sends else 0


def _check_stuck(station: Station, still_s: float, judging_s: float) -> None:
    """Raises ReplayStuck on a full card, or when ``judging_s`` went by without a judgement."""
    alarm = station.spool.ledger.alarms().get(CARD_FULL)
    if alarm is not None:
        raise ReplayStuck(alarm)
    if still_s > judging_s:
        raise ReplayStuck(f"a burst has not been judged for {judging_s:.0f} s")


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
            # From another thread: set by this one while it begins to wait, it would lock up.
            number: signal.signal(number, lambda *_: threading.Thread(target=event.set).start())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        return event

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
