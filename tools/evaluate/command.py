"""`irbis evaluate`: what the models do on labelled pictures."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tools.evaluate.counts import Row

SCHEMA = "irbis.evaluate/1"


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Judge labelled pictures exactly as a station does, and count what was found, missed and"
        " dropped. A set is a folder with a labels.csv (columns file,label[,burst,mode,x,y,w,h]);"
        " some public sets are known by name. A folder of sets is searched."
    )
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="a set, or a folder of")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write a page as Markdown")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the counts as JSON")
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="processes that judge at once (default: one a processor)",
    )


def execute(args: argparse.Namespace) -> int:
    """Judge everything, then write or print the page."""
    from edge.config import Triage
    from edge.vision.eyes import open_eyes
    from tools.evaluate.counts import rows_of_set
    from tools.evaluate.judging import judge_sets
    from tools.evaluate.page import page
    from tools.evaluate.sources import load_sets
    from tools.replay.progress import Progress

    policy = Triage()
    sets = load_sets(args.data)
    progress = Progress(sum(len(one.bursts) for one in sets), sys.stderr)
    done = 0

    def judged() -> None:
        nonlocal done
        done += 1
        progress.show(done)

    outcomes = judge_sets(sets, policy, max(1, args.workers), judged)
    progress.end()
    rows = [
        row
        for one, found in zip(sets, outcomes, strict=True)
        for row in rows_of_set(one.name, found)
    ]
    models = dict(open_eyes(policy).models)
    text = page(sets, rows, policy, models)
    if args.json is not None:
        report = {
            "schema": SCHEMA,
            "models": models,
            "policy": policy.model_dump(),
            "rows": as_json(rows),
        }
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.out is not None:
        args.out.write_text(text, encoding="utf-8")
        print(f"wrote {args.out}")
    else:
        sys.stdout.write(text)
    return 0


def as_json(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows with every share as count, total and interval."""
    from tools.evaluate.counts import SHARES

    return [
        {
            "set": row.set,
            "truth": row.truth.value,
            "mode": row.mode.value,
            **{
                name: {
                    "count": (counted := getattr(row, name)).count,
                    "total": counted.total,
                    "low": round(counted.interval[0], 4),
                    "high": round(counted.interval[1], 4),
                }
                for name in SHARES
            },
        }
        for row in rows
    ]
