"""docs/accuracy.md: what was measured as a page for those who have to trust it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tools.evaluate import page_tables as tables
from tools.evaluate.counts import rows_of_report
from tools.evaluate.curves import blank_sweep, precision_recall, reliability
from tools.evaluate.outcomes import Report, Run
from tools.evaluate.page_tables import share
from tools.evaluate.promises import Answer, answers

_HEAD = """\
# What the models find, and what they miss

Made by `irbis evaluate DATA --out docs`; do not edit by hand. The pictures were judged by the same
code and thresholds as on a station.
"""

_READING = """\
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

_ALL_SEEN = """\
**All pictures were judged by the same models.** Where a model was trained on some of them (its card
says so), its numbers on those say nothing about another valley.
"""

_ONE_PART = """\
**Only a part of the pictures was judged** ({part}). What that part says about another valley
depends on whether the models were trained without it; the command cannot know.
"""

_PARTS = """\
**Held out.** The pictures were divided by station, where no station is known by source, and web
photographs one by one; each part was judged by models of its own, meant to be trained on the other
parts alone. The command cannot know what a model was trained on; its card says it.
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
        promise = answer.promise
        goal = f"{'at most' if promise.at_most else 'at least'} {100 * promise.goal:g} %"
        yield f"| {promise.what} | {goal} | {share(answer.measured)} | {answer.words} |"
    yield ""
    yield "*Chance not excluded*: the interval holds the goal; more pictures could turn the answer."


def _runs(runs: Sequence[Run]) -> Iterator[str]:
    if len(runs) > 1:
        yield _PARTS
    elif runs and runs[0].part is not None:
        yield _ONE_PART.format(part=runs[0].part)
    else:
        yield _ALL_SEEN
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
    facts = [*_precision_facts(report), *_sweep_facts(report), *_reliability_facts(report)]
    if not facts and not plots:
        return
    yield "## Other thresholds"
    yield ""
    yield from facts
    if plots:
        yield ""
        yield from (f"![{title}]({place})" for title, place in plots)


def _precision_facts(report: Report) -> Iterator[str]:
    trapped = report.trapped
    for kind, inside in (("camera traps", True), ("photographs", False)):
        curve = precision_recall(b for b in report.bursts if (b.set in trapped) is inside)
        if curve is not None:
            yield (
                f"- Average precision of the target score over {kind}:"
                f" {curve.average_precision:.3f} ({curve.positives} bursts with a leopard,"
                f" {curve.negatives} without)."
            )


def _sweep_facts(report: Report) -> Iterator[str]:
    curve = blank_sweep(report.bursts)
    if curve is not None:
        yield (
            "- If bursts were dropped by one threshold on the largest detection score or target"
            f" mass of their frames, keeping 99 % of {curve.leopards} leopard bursts would drop"
            f" {100 * curve.dropped_at(0.99):.0f} % of {curve.blanks} blank ones, keeping all"
            f" {100 * curve.dropped_at(1.0):.0f} %. Below the score for doubt nothing is known of"
            " a detection: there the mass alone speaks."
        )


def _reliability_facts(report: Report) -> Iterator[str]:
    found = reliability(report.bursts)
    if found is not None:
        total = sum(one.targets.total for one in found.bins)
        yield (
            f"- The target score as a probability, over {total} bursts: Brier score"
            f" {found.brier:.3f}, expected calibration error {found.calibration_error:.3f}."
        )


def _identities(report: Report) -> Iterator[str]:
    lines: Sequence[str] = (report.identities or {}).get("lines", ())
    if lines:
        yield "## Individuals: are they told apart?"
        yield ""
        yield from lines
