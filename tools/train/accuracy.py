"""Write what `irbis evaluate` measured into the cards: `python -m tools.train.accuracy --help`.

A card's accuracy is that of a profile as a whole, for no station runs one model alone. The section
belongs to the weights beside it: a model that is registered anew gets a new card without it.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from edge.errors import IrbisError
from models.registry import REGISTRY_PATH, ModelEntry, ModelError, load_registry
from tools.evaluate.clusters import IN_WORDS
from tools.evaluate.heldout import provenance
from tools.evaluate.outcomes import Report, Run
from tools.evaluate.page_tables import share
from tools.evaluate.promises import answers
from tools.evaluate.storing import merge, read_json

ROLES = ("detector", "groups")
"""Whose cards tell the accuracy of a profile: what `irbis train` makes."""
BEFORE = "## Training photographs"
"""The heading that the section stands before; without it the section stands last."""


def section(profile: str, report: Report, judged: Sequence[ModelEntry]) -> str:
    """The card's section on ``profile``, made up of ``judged``, as Markdown without an end."""
    return "\n".join(
        [
            _heading(profile),
            "",
            *_what_judged(report.runs, judged),
            "",
            "| what | promised | measured |",
            "|---|---|---|",
            *_answers(report),
            "",
            fill(f"A share is given as counted, then in per cent; in brackets {IN_WORDS}.", 100),
        ]
    )


def with_section(card: str, profile: str, text: str) -> str:
    """``card`` with ``text`` as its section on ``profile``, in place of an older one."""
    card = re.sub(rf"^{re.escape(_heading(profile))}$.*?(?=^## |\Z)", "", card, flags=re.M | re.S)
    head, mark, rest = card.partition(f"{BEFORE}\n")
    return f"{head.rstrip()}\n\n{text}\n" + (f"\n{mark}{rest}" if mark else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line; returns the exit status: 0 done, 1 failed with one line on standard error."""
    parser = argparse.ArgumentParser(prog="tools.train.accuracy", description=__doc__)
    parser.add_argument(
        "reports",
        nargs="+",
        type=Path,
        help="what `irbis evaluate --json` wrote: one, or all folds",
    )
    parser.add_argument("--profile", required=True, help="a profile of the registry: pi-zero2, pi5")
    parser.add_argument(
        "--models", type=Path, default=REGISTRY_PATH.parent, help="registry folder to write into"
    )
    options = parser.parse_args(arguments)
    try:
        registry = load_registry(options.models / REGISTRY_PATH.name)
        report = merge([read_json(path) for path in options.reports])
        judged = [registry.default(role, options.profile) for role in ROLES]
        text = section(options.profile, report, judged)
        for entry in judged:
            card = entry.card_path.read_text(encoding="utf-8")
            entry.card_path.write_text(with_section(card, options.profile, text), encoding="utf-8")
            print(f"{entry.card_path}: accuracy of {options.profile}")
    except (IrbisError, ModelError, OSError) as error:
        print(f"accuracy: {error}", file=sys.stderr)
        return 1
    return 0


def _heading(profile: str) -> str:
    return f"## Accuracy of the profile {profile}"


def _what_judged(runs: Sequence[Run], judged: Sequence[ModelEntry]) -> Iterator[str]:
    """Whose numbers these are: those of the registered weights, or of others made alike."""
    own = {entry.role: f"{entry.name}@{entry.sha256[:8]}" for entry in judged}
    if all(run.models.get(role) == name for run in runs for role, name in own.items()):
        yield "Measured of these weights themselves."
    else:
        yield "Measured of other weights, meant to be made in the same way."
    yield ""
    yield from provenance(runs)
    for run in runs:
        named = ", ".join(f"`{run.models[role]}`" for role in ROLES if role in run.models)
        yield f"- {run.part or 'all pictures'}: {named}"


def _answers(report: Report) -> Iterator[str]:
    for promise, measured, interval in answers(report):
        yield f"| {promise.what} | {promise.goal_in_words} | {share(measured, interval)} |"


if __name__ == "__main__":
    sys.exit(main())
