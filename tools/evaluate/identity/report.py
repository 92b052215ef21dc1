"""The measured numbers as lines for the page, curves for the plot and values for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.config import Triage
from edge.vision.anatomy import Anatomist
from edge.vision.eyes import open_eyes
from tools.catalogue.building import SIZE_BYTES, points_a_side, points_of
from tools.evaluate.counts import Share
from tools.evaluate.identity.asked import Measured
from tools.evaluate.identity.measure import Coats, Protocol, measure
from tools.evaluate.identity.seen import remembered
from tools.evaluate.identity.sets import find_sets, merged, read_set

FIFTY_CATS = points_a_side(SIZE_BYTES, sides=100)
"""Points of a side where a catalogue of 1.5 MB holds both sides of fifty."""
SINGLE = 0.8
"""With more bursts than this for each picture a set is one of single pictures."""
_HEAD = (
    "| set | asked with | first is right | always the most frequent one | resident or stranger,"
    " AUROC |",
    "|---|---|---|---|---|",
)
_NOTE = (
    "Each question goes to a catalogue of all other visits, by side, with boxes drawn by hand; no"
    " picture of its own visit is in it, nor had a say in which points it keeps. A burst asks with"
    " up to three frames. *Resident or stranger*: the burst's own individual is missing in one"
    " catalogue, others in turn in the rest, so that all are of one size. Intervals: Wilson, and"
    " for AUROC a bootstrap over visits. Individuals labelled together, and not told apart, count"
    " as one; of more than 300 questions every second or third is asked. Where few individuals are"
    " known, naming the most frequent one of a side is right often: the column tells how often."
)


def report_on(data: Sequence[Path]) -> dict[str, Any] | None:
    """See ``tools.evaluate.identity.for_report``."""
    folders = find_sets(data)
    anatomist = open_eyes(Triage()).anatomist if folders else None
    lines: list[str] = []
    curves: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for folder in folders:
        coats = coats_of(folder, anatomist)
        for what, measured in measured_ways(coats):
            lines.append(line_of(folder.name, what, measured))
            rows.append(row_of(folder.name, what, measured))
            name = f"{folder.name}, {what} ({len(measured.ranked)})"
            curves.append({"name": name, "shares": measured.cmc()})
    return {"lines": [*_HEAD, *lines, "", _NOTE], "cmc": curves, "rows": rows} if lines else None


def measured_ways(coats: Coats) -> Iterator[tuple[str, Measured]]:
    """Every way in which a set can be asked, in words, and what came of it."""
    seen = remembered()  # most of the time goes into comparing the same flanks
    bursts = len({(one.burst, one.flank.individual, one.flank.side) for one, _ in coats})
    ways = [("one picture", Protocol(single=True))]
    if bursts < SINGLE * len(coats):
        ways += [
            ("a burst", Protocol()),
            ("a burst, catalogue of 15 kB a side", Protocol(points=FIFTY_CATS)),
        ]
        if len({one.station for one, _ in coats}) > 1:
            ways.append(("a burst, other stations alone", Protocol(by_station=True)))
    for what, protocol in ways:
        measured = measure(coats, protocol, seen)
        if measured.ranked:
            yield what, measured


def coats_of(folder: Path, anatomist: Anatomist | None) -> Coats:
    """The points of every labelled flank of a set."""
    return [(one, points_of(one.flank, anatomist)) for one in merged(read_set(folder))]


def line_of(name: str, what: str, measured: Measured) -> str:
    """A line of the table."""
    first = _first(measured)
    low, high = first.interval
    auroc = measured.auroc()
    told = "-" if auroc is None else f"{auroc[0]:.2f} ({auroc[1]:.2f}-{auroc[2]:.2f})"
    share = f"{first.count}/{first.total} = {first.count / first.total:.0%}"
    within = f"({100 * low:.0f}-{100 * high:.0f})"
    line = f"| `{name}` | {what} | {share} {within} | {measured.most_often:.0%} | {told} |"
    return line.replace("%", " %")


def row_of(name: str, what: str, measured: Measured) -> dict[str, Any]:
    """The same for a program."""
    first = _first(measured)
    return {
        "set": name,
        "asked_with": what,
        "first": first.count,
        "of": first.total,
        "interval": list(first.interval),
        "most_often": measured.most_often,
        "auroc": measured.auroc(),
    }


def _first(measured: Measured) -> Share:
    ranks = measured.ranked
    return Share(sum(rank == 1 for rank in ranks), len(ranks))
