"""docs/accuracy.md: what was measured as a page for those who have to trust it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from tools.evaluate import page_tables as tables
from tools.evaluate.clusters import IN_WORDS
from tools.evaluate.counts import rows_of_report
from tools.evaluate.facts import facts
from tools.evaluate.heldout import provenance
from tools.evaluate.outcomes import Report, Run
from tools.evaluate.page_tables import bare_share, share
from tools.evaluate.promises import PROMISES, Answer, answers

_HEAD = """\
# What the models find, and what they miss

Made by `irbis evaluate DATA --out docs`; do not edit by hand. The pictures were judged by the same
code and thresholds as on a station.
"""

_CHANCE = (
    f"The interval in brackets is {IN_WORDS}. *Chance not excluded*: it holds the goal; more"
    " pictures could turn the answer."
)

_READING = """\
A share is given as counted, then in per cent with its 95 % interval, in all tables below Wilson's.
*Frames* were each judged alone; *bursts* were judged as a station does, all frames of one trigger
together. A single picture is a burst of one. A burst ends in one of four ways, which add up to all
of them: called the target (sent), called another animal, a person or a vehicle (kept on the card
until it fills), unknown (kept, and a small picture of it sent), or blank (dropped).
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
  below the promises take every frame and every burst as independent and are therefore too narrow;
  those of the promises know of stations, but of few, and of no other mountains.
- **The empty scenes of `snow_leopard` are synthetic**: the masked median of a burst, repeated with
  small changes. They show real rock and light, but no grass that moves, no snow that falls, and
  none of the triggers that fill a card.
- **Hardly any livestock, ibex or people on trails** are in these sets. How often they are called a
  leopard, or anything else, is not measured. `person` and `vehicle` rows of traps are small.
- **People on `imagenet_one_each`** were told by one pair of eyes. Photographs on which a part of
  one is seen, or somebody far away, are not judged by: they count as anything else.
- **Web and zoo photographs** (`bigcat_thumbs`, `amur_leopard_boxes`, `imagenet_one_each`) are
  portraits in daylight. They say little about a trap.
- **Jaguars count as the target**: the species head mistakes rosettes for rosettes, and no trap has
  both. A jaguar that is called the target is what was meant, but no leopard was found; a serval or
  a cheetah that is called one is a mistake.
- **Precision depends on the mix.** A trap sees a leopard in one burst of twenty; the sets here hold
  far more of them, and fewer blanks.
- Labels of `north_america` are partly those of a whole sequence, with the animal hardly visible
  or gone; those of `burrow_cameras` were never checked.
- Where no light is labelled, a picture without colour is taken as infrared.
- Not measured here: the side and the crops, the count of animals.
"""


def page(report: Report, plots: Sequence[tuple[str, str]] = ()) -> str:
    """The whole page as Markdown; ``plots`` are titles and where their files lie beside it."""
    rows, trapped = rows_of_report(report), report.trapped
    parts = [
        _HEAD,
        "\n".join(_promises(answers(report))),
        "\n".join(_by_run(report)),
        "\n".join(report.notes),
        _READING,
        "\n".join(_runs(report.runs)),
        "\n".join(_curves(report, plots)),
        "\n".join(tables.leopards(rows, trapped)),
        "\n".join(tables.stations(report)),
        "\n".join(tables.others(rows, trapped)),
        "\n".join(tables.blanks(rows, trapped)),
        "\n".join(_identities(report)),
        "\n".join(tables.sources(report)),
        _NOTES,
    ]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts if part)


def _promises(found: Sequence[Answer]) -> Iterator[str]:
    yield "| what | promised | measured | |"
    yield "|---|---|---|---|"
    for answer in found:
        promise, measured = answer.promise, share(answer.measured, answer.interval)
        yield f"| {promise.what} | {promise.goal_in_words} | {measured} | {answer.words} |"
    yield ""
    yield textwrap.fill(_CHANCE, 100)


def _by_run(report: Report) -> Iterator[str]:
    """The promises again for each part alone: luck seldom falls on all of them."""
    if len(report.runs) < 2:
        return
    parts = [report.of_run(number) for number in range(len(report.runs))]
    yield f"| part by part | {' | '.join(run.part or 'all pictures' for run in report.runs)} |"
    yield "|---|" + "---|" * len(parts)
    for promise in PROMISES:
        cells = (bare_share(promise.measure(part)) for part in parts)
        yield f"| {promise.what} | {' | '.join(cells)} |"


def _runs(runs: Sequence[Run]) -> Iterator[str]:
    yield from provenance(runs)
    for run in runs:
        named = ", ".join(f"{role} `{model}`" for role, model in run.models.items())
        yield f"- {run.part or 'all pictures'}: {named}"
    yield ""
    thresholds = list(dict.fromkeys(_THRESHOLDS.format(**run.policy) for run in runs))
    if len(thresholds) == 1:
        yield thresholds[0]
        return
    for run in runs:
        yield f"{run.part or 'All pictures'}. {_THRESHOLDS.format(**run.policy)}"


def _curves(report: Report, plots: Sequence[tuple[str, str]]) -> Iterator[str]:
    told = list(facts(report))
    if not told and not plots:
        return
    yield "## Other thresholds"
    yield ""
    yield from told
    if plots:
        yield ""
        yield from (f"![{title}]({place})" for title, place in plots)


def _identities(report: Report) -> Iterator[str]:
    lines: Sequence[str] = (report.identities or {}).get("lines", ())
    if lines:
        yield "## Individuals: are they told apart?"
        yield ""
        yield from lines
