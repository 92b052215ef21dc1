"""A tuned detector's card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from tools.train.agreement import DetectorAgreement
from tools.train.registering import NOT_HELD_OUT
from tools.train.tune.measuring import Measured


@dataclass(frozen=True, slots=True)
class Told:
    """What a run knows of a detector tuned from the weights in ``package``.

    ``point`` is the raw score that counts as a detection; ``measured`` what the float network found
    in held-out samples at ``measured_px``, None where nothing was held out; ``compared_on`` says on
    what int8 and float were compared; ``learnt_from`` are lines on what the training photographs
    show.
    """

    name: str
    package: str
    point: float
    measured_px: int
    measured: Measured | None
    agreed: DetectorAgreement
    compared_on: str
    training_data: str
    learnt_from: Sequence[str]


def card(told: Told) -> str:
    """The detector's card; ``{sha256}`` is left for the registry."""
    measured = _held_out_lines(told) if told.measured else NOT_HELD_OUT
    return "\n".join(
        [
            f"# {told.name}",
            "",
            f"Finds animals, people and vehicles. MegaDetector-lite (`{told.package}`), tuned.",
            "",
            "| | |",
            "|---|---|",
            "| role | detector: animal, human, vehicle |",
            "| licence | MIT, that of the weights it was tuned from |",
            "| SHA-256 | `{sha256}` |",
            "| made by | `irbis train --only detector` |",
            f"| operating point | raw score {told.point:.2f} counts as 0.25 |",
            "",
            "## Measured",
            "",
            *measured,
            "",
            "## Int8 against float",
            "",
            f"On {told.compared_on}; over a score of 0.25:",
            "",
            "| | |",
            "|---|---|",
            *_int8_lines(told.agreed),
            "",
            "## Training photographs",
            "",
            f"{told.training_data}.",
            "",
            *told.learnt_from,
            "",
            "Where nobody drew a box or noted one, the untuned detector found it.",
            "",
        ]
    )


def _int8_lines(agreed: DetectorAgreement) -> list[str]:
    return [f"| {key.replace('_', ' ')} | {value:.4g} |" for key, value in asdict(agreed).items()]


def _held_out_lines(told: Told) -> list[str]:
    assert told.measured is not None
    lines = [
        "At the stations and in the collections that were held out; the float network, raw scores,",
        f"at {told.measured_px} pixels. The operating point was given, not chosen on them.",
        "",
        "| | count | over the operating point | label right |",
        "|---|---|---|---|",
    ]
    for label, scores in told.measured.found.items():
        over = sum(score >= told.point for score in scores)
        lines.append(f"| {label} | {len(scores)} | {over} | {told.measured.right[label]} |")
    fired = sum(score >= told.point for score in told.measured.empty)
    return [*lines, f"| empty frames fired on | {len(told.measured.empty)} | {fired} | |"]
