"""The tables of docs/accuracy.md: rows of counted shares as Markdown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from typing import NamedTuple

from tools.evaluate.counts import Row, Share, share_of, summed
from tools.evaluate.labelled import Truth
from tools.evaluate.outcomes import ON_ANIMAL, BurstOutcome, Report


class Column(NamedTuple):
    """A column of a table: its title and what it says of a row."""

    title: str
    cell: Callable[[Row], str]


def share(counted: Share, interval: tuple[float, float] | None = None) -> str:
    """``57/60 = 95 % (86-98)``, the interval Wilson's unless another is given."""
    if not counted.total:
        return "-"
    low, high = interval or counted.interval
    return f"{bare_share(counted)} ({100 * low:.0f}-{100 * high:.0f})"


def bare_share(counted: Share) -> str:
    """``57/60 = 95 %``; a decimal near none and near all, where goals of 1 and 99 % lie."""
    if not counted.total:
        return "-"
    percent = 100 * counted.count / counted.total
    digits = 1 if 0 < percent < 3 or 97 < percent < 100 else 0
    return f"{counted.count}/{counted.total} = {percent:.{digits}f} %"


def leopards(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
    """Leopards, and whether they are found."""
    wanted = [row for row in rows if row.truth is Truth.TARGET]
    if not wanted:
        return
    yield "## Leopards: are they found?"
    yield ""
    yield (
        "*Detected* is any detection; *boxed* is an animal's box on the animal, sharing more than"
        f" {ON_ANIMAL} (intersection over union) with a box drawn by hand. The species head"
        " also calls leopards that the detector missed. What is *dropped* is lost."
    )
    yield ""
    yield from _table(
        wanted,
        [
            Column("frames detected", lambda row: share(row.detected_frames)),
            Column("frames boxed", lambda row: share(row.located_frames)),
            Column("frames called target", lambda row: share(row.target_frames)),
            Column("frames called blank", lambda row: share(row.blank_frames)),
            Column("bursts called target", lambda row: share(row.called_target)),
            Column("another animal", lambda row: share(row.called_other)),
            Column("unknown", lambda row: share(row.unknown)),
            Column("**dropped**", lambda row: share(row.blank)),
        ],
        totals=_totals(wanted, trapped, Truth.TARGET),
    )


def stations(report: Report) -> Iterator[str]:
    """The leopards again, by where the camera stood: that is where models differ."""
    places: dict[str, list[BurstOutcome]] = {}
    for burst in report.bursts:
        if burst.station is not None and burst.truth is Truth.TARGET:
            places.setdefault(burst.station, []).append(burst)
    if len(places) < 2:
        return
    yield "## Leopards by station"
    yield ""
    yield "| station | bursts called target | dropped | frames boxed | frames called target |"
    yield "|---|---|---|---|---|"
    for place, bursts in sorted(places.items()):
        frames = [frame for burst in bursts for frame in burst.frames]
        frames = [frame for frame in frames if frame.truth is Truth.TARGET]
        cells = (
            share_of(burst.target for burst in bursts),
            share_of(burst.blank for burst in bursts),
            share_of(frame.located for frame in frames),
            share_of(frame.target for frame in frames),
        )
        yield f"| {place} | {' | '.join(map(share, cells))} |"


def others(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
    """Everything that is neither a leopard nor nothing."""
    truths = [truth for truth in Truth if truth not in (Truth.TARGET, Truth.BLANK)]
    wanted = [row for row in rows if row.truth in truths]
    if not wanted:
        return
    yield "## Everything else: is it found, and is it taken for a leopard?"
    yield ""
    yield (
        "*Found* is a detection that says what it is: an animal, a person, a vehicle. Other spotted"
        " cats are counted apart from other animals."
    )
    yield ""
    yield from _table(
        wanted,
        [
            Column("pictures of", lambda row: row.truth.value),
            Column("frames detected", lambda row: share(row.detected_frames)),
            Column("frames found", lambda row: share(row.found_frames)),
            Column("**frames called target**", lambda row: share(row.target_frames)),
            Column("**bursts called target**", lambda row: share(row.called_target)),
            Column("animal, person, vehicle", lambda row: share(row.called_other)),
            Column("unknown", lambda row: share(row.unknown)),
            Column("dropped", lambda row: share(row.blank)),
        ],
        totals=_totals(wanted, trapped, *truths),
    )


def blanks(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
    """Empty frames, and whether they are dropped."""
    wanted = [row for row in rows if row.truth is Truth.BLANK]
    if not wanted:
        return
    yield "## Empty frames: are they dropped?"
    yield ""
    yield from _table(
        wanted,
        [
            Column("frames with a false detection", lambda row: share(row.detected_frames)),
            Column("frames called blank", lambda row: share(row.blank_frames)),
            Column("**bursts dropped**", lambda row: share(row.blank)),
            Column("unknown", lambda row: share(row.unknown)),
            Column("animal, person, vehicle", lambda row: share(row.called_other)),
            Column("called target", lambda row: share(row.called_target)),
        ],
        totals=_totals(wanted, trapped, Truth.BLANK),
    )


def sources(report: Report) -> Iterator[str]:
    """What was judged."""
    yield "## The sets"
    yield ""
    yield "| set | what | frames | bursts |"
    yield "|---|---|---|---|"
    for one in report.sets:
        bursts = report.of_set(one.name)
        frames = sum(len(burst.frames) for burst in bursts)
        yield f"| `{one.name}` | {one.about} | {frames} | {len(bursts)} |"


def _table(rows: Sequence[Row], columns: Sequence[Column], totals: Sequence[Row]) -> Iterator[str]:
    yield "| set | light | " + " | ".join(column.title for column in columns) + " |"
    yield "|" + "---|" * (2 + len(columns))
    for row in rows:
        cells = [f"`{row.set}`", row.mode.value, *(column.cell(row) for column in columns)]
        yield f"| {' | '.join(cells)} |"
    for row in totals:
        cells = [f"**{row.set}**", "all", *(column.cell(row) for column in columns)]
        yield f"| {' | '.join(cells)} |"


def _totals(rows: Sequence[Row], trapped: Set[str], *truths: Truth) -> list[Row]:
    """For each truth, all camera traps and all photographs, where that is more than one row.

    They are never added up: a portrait is no trap's picture, and would flatter the sum.
    """
    found = []
    for truth in truths:
        of_truth = [row for row in rows if row.truth is truth]
        traps = [row for row in of_truth if row.set in trapped]
        rest = [row for row in of_truth if row.set not in trapped]
        for name, some in (("all camera traps", traps), ("all photographs", rest)):
            total = summed(name, some)
            if total is not None and len(some) > 1:
                found.append(total)
    return found
