"""`irbis train`: teach the models a new valley from labelled pictures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tools.train.errors import TrainingError

if TYPE_CHECKING:
    from tools.evaluate.selection import Fold

ROLES = ("groups", "detector")
TYPICAL_POINT = 0.35
"""The raw score of the shipped detectors that counts as 0.25. It is not chosen anew on pictures
that were held out: those are there to judge by."""
ENVIRONMENT = """\
    pip install torch==2.13.0
    pip install --require-hashes --no-deps -r tools/train/requirements-export.txt
    pip install --no-deps -e ."""
"""The lines of ``requirements-export.txt`` and of docs/training.md."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Teach the models a new valley. The group head (leopard, other animal, person, vehicle,"
        " nothing) takes minutes and needs nothing more; the detector takes a quarter of an hour on"
        " two processors for each thousand pictures and needs PyTorch and the exporter"
        " (tools/train/requirements-export.txt). What was begun is resumed."
    )
    parser.add_argument(
        "--data",
        nargs="+",
        type=Path,
        required=True,
        metavar="DIR",
        help="labelled sets as `irbis evaluate` reads them: a labels.csv with file,label"
        "[,station,burst,x,y,w,h] beside the pictures, or a folder of such sets",
    )
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("trained"),
        metavar="DIR",
        help="a models folder; made as a copy of the shipped one (default: trained)",
    )
    parser.add_argument("--only", choices=ROLES, help="one of the two (default: both)")
    parser.add_argument(
        "--hold-out",
        default="0/4",
        metavar="K/N",
        help="stations of fold K of N are not learnt from but judged by, 'none': learn from all"
        " (default: 0/4)",
    )
    parser.add_argument("--name", default="tuned", help="the models' names begin with this")
    parser.add_argument("--notes", type=Path, help="what others found (CSV), see the docs")
    parser.add_argument(
        "--from-scratch",
        action="store_true",
        help="do not begin with the shipped group head: for large, varied collections",
    )
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--pictures", type=int, default=1600, help="pictures in an epoch")
    parser.add_argument(
        "--side",
        type=int,
        action="append",
        metavar="PX",
        help="side of the detector's input, a multiple of 32; may be repeated (default: 320)",
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--operating-point",
        type=float,
        default=TYPICAL_POINT,
        metavar="SCORE",
        help="the tuned detector's raw score that is to count as 0.25"
        f" (default: {TYPICAL_POINT}, that of the shipped ones)",
    )


def execute(args: argparse.Namespace) -> int:
    """Train what was asked for and register it in ``args.out``."""
    from tools.train.job import Job

    for side in args.side or ():
        if side <= 0 or side % 32:
            raise TrainingError(f"--side {side}: a positive multiple of 32 is needed")
    roles: Sequence[str] = (args.only,) if args.only else ROLES
    held_out = _fold(args.hold_out)
    if "detector" in roles:
        _check_tools()
    job = Job.prepare(args.data, args.out, args.name, args.notes, held_out, _say)
    if "groups" in roles:
        from tools.train.groups.training import train_groups

        train_groups(job, args.from_scratch)
    if "detector" in roles:
        # Deferred: the group head is trained without PyTorch.
        from tools.train.tune.loop import Recipe
        from tools.train.tune.training import train_detector

        recipe = Recipe(epochs=args.epochs, pictures=args.pictures)
        train_detector(job, recipe, args.side or (320,), args.device, args.operating_point)
    how = "" if held_out is None else " --held-out"
    _say(f"registered in {args.out}; try them: irbis evaluate DATA --models {args.out}{how}")
    return 0


def _fold(text: str) -> Fold | None:
    from tools.evaluate.selection import parse_fold

    if text == "none":
        return None
    try:
        return parse_fold(text)
    except ValueError as error:
        raise TrainingError(f"--hold-out {error}, or none") from error


def _check_tools() -> None:
    try:
        import litert_quantizer  # noqa: F401
        import litert_torch  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise TrainingError(
            f"{error.name} is not installed; train the group head alone with --only groups, or in"
            f" an environment of CPython 3.11 on Linux and x86-64:\n{ENVIRONMENT}"
        ) from error


def _say(line: str) -> None:
    """A line of progress; what a program reads stays out of it."""
    print(line, file=sys.stderr, flush=True)
