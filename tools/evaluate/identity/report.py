"""The measured numbers as lines for the page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.config import Triage
from edge.vision.anatomy import Anatomist
from edge.vision.eyes import open_eyes
from tools.catalogue.building import points_of
from tools.evaluate.counts import Share
from tools.evaluate.identity.measure import Coats, Measured, measure
from tools.evaluate.identity.sets import find_sets, merged, read_set

_HEAD = (
    "| set | asked with | first is right | interval | stranger or resident, AUROC | interval |",
    "|---|---|---|---|---|---|",
)
_NOTE = (
    "Each question goes to a catalogue of all other visits, by side; no picture of its own visit"
    " is in it. A burst asks with up to three frames. Intervals: Wilson, and for AUROC a bootstrap"
    " over visits. Individuals labelled together, and not told apart, count as one."
)


def report_on(data: Sequence[Path]) -> dict[str, Any] | None:
    """See ``tools.evaluate.identity.for_report``."""
    folders = find_sets(data)
    anatomist = open_eyes(Triage()).anatomist if folders else None
    lines: list[str] = []
    curves: list[dict[str, Any]] = []
    for folder in folders:
        coats = coats_of(folder, anatomist)
        for what, single in (("one picture", True), ("a burst", False)):
            measured = measure(coats, single)
            if measured.ranked:
                lines.append(line_of(folder.name, what, measured))
                name = f"{folder.name}, {what} ({len(measured.ranked)})"
                curves.append({"name": name, "shares": measured.cmc()})
    return {"lines": [*_HEAD, *lines, "", _NOTE], "cmc": curves} if lines else None


def coats_of(folder: Path, anatomist: Anatomist | None) -> Coats:
    """The points of every labelled flank of a set."""
    return [(one, points_of(one.flank, anatomist)) for one in merged(read_set(folder))]


def line_of(name: str, what: str, measured: Measured) -> str:
    """A line of the table."""
    ranks = measured.ranked
    first = Share(sum(rank == 1 for rank in ranks), len(ranks))
    low, high = first.interval
    auroc = measured.auroc()
    told = "| - | - |"
    if auroc is not None:
        told = f"| {auroc[0]:.2f} | {auroc[1]:.2f} to {auroc[2]:.2f} |"
    share = f"{first.count / first.total:.1%} ({first.count} of {first.total})"
    return f"| {name} | {what} | {share} | {low:.0%} to {high:.0%} {told}"
