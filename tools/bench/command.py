"""`irbis bench`: measure this machine, as ratios."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tools.bench import power_options

if TYPE_CHECKING:
    from tools.bench.result import Result


@dataclass(frozen=True, slots=True)
class Effort:
    """How often each thing is repeated; ``frames_a_kind`` and ``camera_frames`` are pictures."""

    triage: int
    frames_a_kind: int
    decode: int
    starts: int
    camera_frames: int
    puts: int
    takes: int


THOROUGH = Effort(
    triage=11, frames_a_kind=2, decode=3, starts=7, camera_frames=9, puts=60, takes=40
)
QUICK = Effort(triage=3, frames_a_kind=1, decode=1, starts=3, camera_frames=3, puts=15, takes=10)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Measure this machine. Ratios compare two things timed in turns, so that they mean the same"
        " on a slow and on a busy machine. Targets and meanings: docs/bench.md."
    )
    parser.add_argument("--json", action="store_true", help="for a program to read")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions, under 20 s")
    parser.add_argument(
        "what",
        nargs="?",
        choices=["radio", "power"],
        help="what records take on the air, or what a battery lasts for, and nothing else",
    )
    parser.add_argument("--volts", type=_positive, help="radio: of the supply; default: 3.3")
    parser.add_argument(
        "--transmit-ma", type=_positive, help="radio: drawn while it sends; default: 115"
    )
    power_options.configure(parser)


def execute(args: argparse.Namespace) -> int:
    """Measure and print; 0 also where a target is missed, which the verdict says."""
    if args.what == "radio":
        return _execute_radio(args)
    if args.what == "power":
        return _execute_power(args)
    from tools.bench.report import as_json, table

    results, pictures = measure(QUICK if args.quick else THOROUGH, _announcer())
    if args.json:
        json.dump(as_json(results, pictures, args.quick), sys.stdout, indent=2)
        print()
    else:
        print("\n".join(table(results, pictures)))
    return 0


def _execute_radio(args: argparse.Namespace) -> int:
    from tools.bench import radio

    supply = radio.Supply(args.volts or radio.VOLTS, args.transmit_ma or radio.TRANSMIT_MA)
    report = radio.as_json(supply)
    if args.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(radio.table(report)))
    return 0


def _execute_power(args: argparse.Namespace) -> int:
    from edge.health.energy_boards import BOARDS
    from tools.bench import power, power_table

    boards = BOARDS if args.board is None else (args.board,)
    report = power.as_json(power_options.site(args), boards)
    if args.json:
        json.dump(report, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(power_table.table(report)))
    return 0


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def measure(effort: Effort, announce: Callable[[str], None]) -> tuple[list[Result], str]:
    """All results, and in words what pictures they were measured with."""
    from tools.bench import bursts, glances, judging, memory, pictures, spooling, starting
    from tools.mounts import durable_folder

    with tempfile.TemporaryDirectory(prefix="irbis-bench-", dir=durable_folder()) as name:
        folder = Path(name)
        for part in ("start", "memory", "puts", "queues"):
            (folder / part).mkdir()
        announce("cold start")
        start = starting.measure_cold_start(folder / "start", effort.starts)
        announce("spool")
        puts = spooling.measure_puts(folder / "puts", effort.puts)
        takes = spooling.measure_dequeue(folder / "queues", effort.takes)
        announce("triage")
        files = pictures.photographs()
        words = f"{len(files)} demo photographs" if files else "synthetic pictures"
        files = files or pictures.synthetic(effort.camera_frames)
        eyes = judging.open_models()
        samples = judging.choose(files, eyes, effort.frames_a_kind)
        triage = judging.measure_triage(samples, eyes, effort.triage)
        announce("bursts")
        of_bursts = bursts.measure_bursts(samples, eyes, effort.triage)
        announce("small pictures")
        of_glances = glances.measure_glances(samples, eyes, effort.triage)
        announce("decoding and memory")
        spread = files[:: max(1, len(files) // effort.camera_frames)][: effort.camera_frames]
        camera_files = list(pictures.as_camera_files(spread))
        share = judging.measure_decode_share(camera_files, eyes, effort.decode)
        peak = memory.measure_peak_memory(camera_files, folder / "memory")
    return [triage, *of_bursts, *of_glances, share, start, peak, puts, takes], words


def _announcer() -> Callable[[str], None]:
    """Says what is being measured, on a terminal only."""
    if not sys.stderr.isatty():
        return lambda what: None
    return lambda what: print(f"measuring {what} ...", file=sys.stderr)
