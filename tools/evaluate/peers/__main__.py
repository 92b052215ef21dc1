"""`python -m tools.evaluate.peers DATA... [--out FILE]`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from edge.config import Triage
from edge.errors import IrbisError
from models.errors import ModelError
from tools.evaluate.judging import Judge
from tools.evaluate.labelled import EvaluationError
from tools.evaluate.peers.contest import compete, sample
from tools.evaluate.peers.contestants import Contestant, IrbisDetector, IrbisJudge, Zamba
from tools.evaluate.peers.table import table
from tools.evaluate.selection import Fold, only_fold, parse_fold
from tools.evaluate.sources import load_sets
from tools.replay.progress import Progress


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the contest; an exit code as of the `irbis` command."""
    args = _parser().parse_args(arguments)
    try:
        _run(args)
    except (IrbisError, ModelError) as error:
        print(f"peers: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tools.evaluate.peers", description=__doc__)
    parser.add_argument("data", nargs="+", type=Path, metavar="DATA", help="a set, or a folder of")
    parser.add_argument("--out", type=Path, metavar="FILE", help="write the tables as Markdown")
    parser.add_argument("--most", type=int, default=60, metavar="N", help="pictures (default 60)")
    parser.add_argument(
        "--fold", type=parse_fold, metavar="K/N", help="only pictures that training left out"
    )
    parser.add_argument("--models", type=Path, metavar="FILE", help="another registry.toml")
    return parser


def _run(args: argparse.Namespace) -> None:
    sets = load_sets(args.data)
    fold: Fold | None = args.fold
    frames = sample(sets if fold is None else only_fold(sets, fold), args.most)
    if not frames:
        raise EvaluationError("none of these pictures is from a camera trap")
    policy = Triage(threads=1)
    eyes = Judge(policy, args.models).eyes()
    contestants: list[Contestant] = [
        Zamba("RGB"),
        Zamba("BGR"),
        IrbisDetector(eyes, policy),
        IrbisJudge(eyes, policy),
    ]
    progress = Progress(len(frames), sys.stderr)
    done = 0

    def looked() -> None:
        nonlocal done
        done += 1
        progress.show(done)

    results = compete(frames, contestants, looked)
    progress.end()
    text = table(contestants, results, None if fold is None else str(fold))
    if args.out is None:
        sys.stdout.write(text)
    else:
        args.out.write_text(text, encoding="utf-8")
        print(f"wrote {args.out}")


if __name__ == "__main__":
    sys.exit(main())
