"""What the curves of docs/accuracy.md say, in words."""

from __future__ import annotations

from collections.abc import Iterator

from tools.evaluate.curves import at_prior, blank_sweep, precision_recall, reliability
from tools.evaluate.outcomes import Report

ON_A_RIDGE = 0.05
"""The share of a trap's bursts that hold a leopard, about: the rest are grass, goats and snow."""
_PRINTED = 0.5


def facts(report: Report) -> Iterator[str]:
    """One line of Markdown each; none where there is nothing to say."""
    yield from _precision(report)
    yield from _sweep(report)
    yield from _reliability(report)
    yield from _priors(report)


def _precision(report: Report) -> Iterator[str]:
    for kind, bursts in (("camera traps", report.of_traps), ("photographs", report.of_photographs)):
        curve = precision_recall(bursts)
        if curve is not None:
            yield (
                f"- Average precision of the target score over {kind}:"
                f" {curve.average_precision:.3f} ({curve.positives} bursts with a leopard,"
                f" {curve.negatives} without)."
            )


def _sweep(report: Report) -> Iterator[str]:
    curve = blank_sweep(report.of_traps)
    if curve is not None:
        yield (
            "- If the bursts of camera traps were dropped by one threshold on the largest detection"
            f" score or target mass of their frames, keeping 99 % of {curve.leopards} leopard"
            f" bursts would drop {100 * curve.dropped_at(0.99):.0f} % of {curve.blanks} blank ones,"
            f" keeping all {100 * curve.dropped_at(1.0):.0f} %. The threshold is read off these"
            " very bursts, elsewhere it would do worse. Below the score for doubt nothing is known"
            " of a detection: there the mass alone speaks."
        )


def _reliability(report: Report) -> Iterator[str]:
    found = reliability(report.of_traps)
    if found is not None:
        total = sum(one.targets.total for one in found.bins)
        targets = sum(one.targets.count for one in found.bins)
        yield (
            f"- The target score as a probability, over {total} bursts of camera traps"
            f" ({100 * targets / total:.0f} % of them with a leopard): Brier score"
            f" {found.brier:.3f}, expected calibration error {found.calibration_error:.3f}."
        )


def _priors(report: Report) -> Iterator[str]:
    for prior in dict.fromkeys(run.prior for run in report.runs if run.prior is not None):
        there = at_prior(_PRINTED, prior, ON_A_RIDGE)
        yield (
            f"- The target score takes for granted that {100 * prior:g} % of bursts hold a leopard"
            " (`prior` in the registry), as in the pictures that it was fitted on. Where"
            f" {100 * ON_A_RIDGE:g} % do, a printed {_PRINTED:g} means about {there:.2f}."
        )
