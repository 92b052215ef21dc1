"""A tuned detector's card."""

from __future__ import annotations

from dataclasses import asdict

from tools.train.agreement import DetectorAgreement
from tools.train.registering import NOT_HELD_OUT
from tools.train.tune.measuring import Measured


def card(
    name: str,
    package: str,
    point: float,
    measured: Measured | None,
    agreed: DetectorAgreement,
    training_data: str,
) -> str:
    """The card of a detector tuned from the weights in ``package``; ``{sha256}`` is left for the
    registry.

    ``point`` is the raw score that counts as a detection, ``measured`` what it found in held-out
    samples, None where nothing was held out.
    """
    return "\n".join(
        [
            f"# {name}",
            "",
            f"Finds animals, people and vehicles. MegaDetector-lite (`{package}`), tuned.",
            "",
            "| | |",
            "|---|---|",
            "| role | detector: animal, human, vehicle |",
            "| licence | MIT, that of the weights it was tuned from |",
            "| SHA-256 | `{sha256}` |",
            "| made by | `irbis train --only detector` |",
            f"| operating point | raw score {point:.2f} counts as 0.25 |",
            "",
            "## Measured",
            "",
            *(_held_out_lines(measured, point) if measured else NOT_HELD_OUT),
            "",
            "## Int8 against float",
            "",
            "On pictures that ranges were not calibrated on, over a score of 0.25:",
            "",
            "| | |",
            "|---|---|",
            *(
                f"| {key.replace('_', ' ')} | {value:.4g} |"
                for key, value in asdict(agreed).items()
            ),
            "",
            "## Training photographs",
            "",
            f"{training_data}.",
            "",
            "People on trails, livestock and ibex are nearly missing from them: say what you find.",
            "",
        ]
    )


def _int8_lines(agreed: DetectorAgreement) -> list[str]:
    return [f"| {key.replace('_', ' ')} | {value:.4g} |" for key, value in asdict(agreed).items()]


def _held_out_lines(measured: Measured, point: float) -> list[str]:
    lines = [
        "At stations and in collections that were held out; float, raw scores.",
        "",
        "| | count | over the operating point | label right |",
        "|---|---|---|---|",
    ]
    for label, scores in measured.found.items():
        over = sum(score >= point for score in scores)
        lines.append(f"| {label} | {len(scores)} | {over} | {measured.right[label]} |")
    fired = sum(score >= point for score in measured.empty)
    return [*lines, f"| empty frames fired on | {len(measured.empty)} | {fired} | |"]
