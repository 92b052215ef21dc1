"""docs/accuracy.md: the counts as a page for those who have to trust them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import NamedTuple

from edge.config import Triage
from tools.evaluate.counts import Row, Share, summed
from tools.evaluate.judging import ON_ANIMAL
from tools.evaluate.labelled import LabelledSet, Truth

_HEAD = """\
# What the models find, and what they miss

Made by `irbis evaluate DATA --out docs/accuracy.md`; do not edit by hand. The pictures were judged
by the same code and thresholds as on a station, with these models:

{models}

A share is given as counted, then in per cent with its 95 % interval (Wilson). *Frames* were each
judged alone; *bursts* were judged as a station does, all frames of one trigger together. A single
picture is a burst of one. A burst ends in one of four ways, which add up to all of them: called
the target (sent), called another animal, a person or a vehicle (kept on the card until it fills),
unknown (kept, and a small picture of it sent), or blank (dropped).
"""

_THRESHOLDS = """\
Thresholds (`[triage]` in the configuration): a detection counts from {detect_score} and is a reason
for doubt from {doubt_score}; the target group (snow leopard, leopard, jaguar) is called from a mass
of {target_mass} and is a reason for doubt from {doubt_mass}; so is any one species from a
probability of {doubt_name}. A burst with a doubt is never dropped.
"""

_NOTES = """\
## What these numbers do not say

- **They are from development pictures.** Thresholds and the way the species head is asked were
  chosen while looking at these sets. Other stations, other cats and other countries will do worse.
- **Frames of a burst are near-copies**, and bursts of one station share its rock. The intervals
  take every frame and every burst as independent and are therefore too narrow.
- **The empty scenes of `snow_leopard` are synthetic**: the masked median of a burst, repeated with
  small changes. They show real rock and light, but no grass that moves, no snow that falls, and
  none of the triggers that fill a card.
- **Hardly any livestock, ibex or people on trails** are in these sets. How often they are called a
  leopard, or anything else, is not measured. `person` and `vehicle` rows are small.
- **Web and zoo photographs** (`bigcat_thumbs`, `amur_leopard_boxes`, `imagenet_one_each`) are
  portraits in daylight. They say little about a trap.
- **Jaguars count as the target**: the species head mistakes rosettes for rosettes, and no trap has
  both. A `jaguar` row that is called the target is what was meant, but no leopard was found.
- Labels of `north_america` are partly those of a whole sequence, with the animal hardly visible
  or gone; those of `burrow_cameras` were never checked.
- Where no light is labelled, a picture without colour is taken as infrared.
- Not measured at all: which individual it is, the side and the crops, the count of animals.
"""


class Column(NamedTuple):
    """A column of a table: its title and what it says of a row."""

    title: str
    cell: Callable[[Row], str]


def page(
    sets: Sequence[LabelledSet],
    rows: Sequence[Row],
    policy: Triage,
    models: Mapping[str, str],
) -> str:
    """The whole page as Markdown."""
    named = "\n".join(f"- {role}: `{model}`" for role, model in models.items())
    trapped = {one.name for one in sets if one.trapped}
    parts = [
        _HEAD.format(models=named),
        _THRESHOLDS.format(**policy.model_dump()),
        "\n".join(_targets(rows, trapped)),
        "\n".join(_others(rows, trapped)),
        "\n".join(_empty(rows, trapped)),
        "\n".join(_sources(sets)),
        _NOTES,
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def share(counted: Share) -> str:
    """``57/60 = 95 % (86-98)``; a decimal where a rounded number would say none or all."""
    if not counted.total:
        return "-"
    low, high = counted.interval
    percent = 100 * counted.count / counted.total
    digits = 1 if 0 < percent < 1 or 99 < percent < 100 else 0
    shown = f"{percent:.{digits}f} % ({100 * low:.0f}-{100 * high:.0f})"
    return f"{counted.count}/{counted.total} = {shown}"


def _targets(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
    wanted = [row for row in rows if row.truth in (Truth.TARGET, Truth.COUSIN)]
    if not wanted:
        return
    yield "## Leopards: are they found?"
    yield ""
    yield (
        "*Detected* is any detection; *located* is one on the animal, sharing more than"
        f" {ON_ANIMAL} (intersection over union) with a box drawn by hand. The species head"
        " also calls leopards that the detector missed. What is *dropped* is lost."
    )
    yield ""
    yield from _table(
        wanted,
        [
            Column("pictures of", lambda row: row.truth.value),
            Column("frames detected", lambda row: share(row.detected_frames)),
            Column("frames located", lambda row: share(row.located_frames)),
            Column("frames called target", lambda row: share(row.target_frames)),
            Column("frames called blank", lambda row: share(row.blank_frames)),
            Column("bursts called target", lambda row: share(row.called_target)),
            Column("another animal", lambda row: share(row.called_other)),
            Column("unknown", lambda row: share(row.unknown)),
            Column("**dropped**", lambda row: share(row.blank)),
        ],
        totals=_totals(wanted, trapped, Truth.TARGET),
    )


def _others(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
    wanted = [row for row in rows if row.truth not in (Truth.TARGET, Truth.COUSIN, Truth.BLANK)]
    if not wanted:
        return
    yield "## Everything else: is it taken for a leopard?"
    yield ""
    yield "*Detected* is any detection; what it says of `anything else` is neither right nor wrong."
    yield ""
    yield from _table(
        wanted,
        [
            Column("pictures of", lambda row: row.truth.value),
            Column("frames detected", lambda row: share(row.detected_frames)),
            Column("**bursts called target**", lambda row: share(row.called_target)),
            Column("animal, person, vehicle", lambda row: share(row.called_other)),
            Column("unknown", lambda row: share(row.unknown)),
            Column("dropped", lambda row: share(row.blank)),
        ],
        totals=_totals(wanted, trapped, *(truth for truth in Truth if truth is not Truth.TARGET)),
    )


def _empty(rows: Sequence[Row], trapped: Set[str]) -> Iterator[str]:
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


def _sources(sets: Sequence[LabelledSet]) -> Iterator[str]:
    yield "## The sets"
    yield ""
    yield "| set | what | frames | bursts |"
    yield "|---|---|---|---|"
    for one in sets:
        frames = sum(len(burst.frames) for burst in one.bursts)
        yield f"| `{one.name}` | {one.about} | {frames} | {len(one.bursts)} |"


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
