"""The curves as small pictures. Needs matplotlib, the extra ``evaluate``.

Colours are those of Okabe and Ito (2008), which people with any colour vision can tell apart; no
curve is told by its colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.evaluate.curves import blank_sweep, detector_recall, precision_recall, reliability
from tools.evaluate.labelled import EvaluationError, Truth
from tools.evaluate.outcomes import BurstOutcome, Report

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_INCHES = (5.0, 4.0)
DOTS_PER_INCH = 110
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))


class Plot(NamedTuple):
    """A plot: the last part of its file name, its title, what draws it (False: nothing to draw)."""

    name: str
    title: str
    draw: Callable[[Axes, Report], bool]


def check_plots() -> None:
    """Raises EvaluationError where plots cannot be drawn."""
    if find_spec("matplotlib") is None:
        raise EvaluationError(
            "plots need matplotlib: install irbis[evaluate], or leave them out with --no-plots"
        )


def write_plots(report: Report, folder: Path) -> list[tuple[str, Path]]:
    """Draw every plot that there are numbers for: its title and its file.

    Raises EvaluationError where matplotlib is not installed, OSError.
    """
    check_plots()
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for plot in PLOTS:
        path = folder / f"accuracy-{plot.name}.png"
        if _write(plot, report, path):
            written.append((plot.title, path))
        else:
            path.unlink(missing_ok=True)  # of an earlier run, on other pictures
    return written


def _write(plot: Plot, report: Report, path: Path) -> bool:
    # A figure of its own, without pyplot: that one keeps every figure in a global.
    from matplotlib.figure import Figure

    figure = Figure(figsize=SIZE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    if not plot.draw(axes, report):
        return False
    axes.set_title(plot.title, fontsize=10)
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    # Without the version of the library, so that the same numbers give the same file.
    figure.savefig(path, metadata={"Software": None})
    return True


def _precision_recall(axes: Axes, report: Report) -> bool:
    drawn = False
    for style, (kind, bursts) in zip(_styles(), _kinds(report).items(), strict=False):
        curve = precision_recall(bursts)
        if curve is None:
            continue
        label = f"{kind} ({curve.positives} leopards, {curve.negatives} others)"
        axes.plot(100 * curve.recall, 100 * curve.precision, label=label, **style)
        drawn = True
    if drawn:
        _percent(axes, "leopard bursts called target, %", "of those called, leopards, %")
        _legend(axes)
    return drawn


def _blank_sweep(axes: Axes, report: Report) -> bool:
    traps = report.of_traps
    curve = blank_sweep(traps)
    if curve is None:
        return False
    (style, point) = list(_styles())[:2]
    label = f"another threshold ({curve.leopards} leopards, {curve.blanks} blanks)"
    axes.plot(100 * curve.dropped, 100 * curve.kept, label=label, **style)
    blanks = [burst.blank for burst in traps if burst.truth is Truth.BLANK]
    leopards = [not burst.blank for burst in traps if burst.truth is Truth.TARGET]
    axes.plot(
        100 * sum(blanks) / len(blanks),
        100 * sum(leopards) / len(leopards),
        linestyle="none",
        marker="o",
        color=point["color"],
        label="as the station decides",
    )
    _percent(axes, "blank bursts dropped, %", "leopard bursts not dropped, %")
    _legend(axes)
    return True


def _reliability(axes: Axes, report: Report) -> bool:
    found = reliability(report.of_traps)
    if found is None:
        return False
    axes.plot([0, 100], [0, 100], color="#999999", linewidth=1, label="score = share")
    filled = [one for one in found.bins if one.targets.total]
    means = [100 * one.mean_score for one in filled]
    shares = [100 * one.targets.count / one.targets.total for one in filled]
    low = [share - 100 * one.targets.interval[0] for share, one in zip(shares, filled, strict=True)]
    high = [
        100 * one.targets.interval[1] - share for share, one in zip(shares, filled, strict=True)
    ]
    label = f"Brier {found.brier:.3f}, calibration error {found.calibration_error:.3f}"
    axes.errorbar(
        means, shares, yerr=[low, high], fmt="o", color=COLOURS[0], capsize=2, markersize=4,
        linewidth=1, label=label,
    )  # fmt: skip
    for mean, share, one in zip(means, shares, filled, strict=True):
        axes.annotate(
            str(one.targets.total), (mean, share), xytext=(4, -10), textcoords="offset points",
            fontsize=7,
        )  # fmt: skip
    _percent(axes, "target score of the burst, %", "bursts with a leopard, %")
    _legend(axes)
    return True


def _detector_recall(axes: Axes, report: Report) -> bool:
    leopards = [frame for frame in report.frames if frame.truth is Truth.TARGET]
    curves = detector_recall(leopards)
    for style, curve in zip(_styles(), curves, strict=False):
        label = f"{curve.mode.value} ({curve.frames} frames)"
        axes.plot(curve.thresholds, 100 * curve.recall, label=label, **style)
    if not curves:
        return False
    for at in sorted({frame.counts_from for frame in leopards}):
        axes.axvline(at, color="#999999", linewidth=1)
    axes.set_xlim(0, 1)
    axes.set_ylim(-2, 102)
    axes.set_xlabel("threshold of the detection score (grey: the one in use)", fontsize=9)
    axes.set_ylabel("leopard frames with the cat boxed, %", fontsize=9)
    _legend(axes)
    return True


def _cmc(axes: Axes, report: Report) -> bool:
    curves: list[Mapping[str, Any]] = list((report.identities or {}).get("cmc", ()))
    for style, curve in zip(_styles(), curves, strict=False):
        ranks = range(1, len(curve["shares"]) + 1)
        shares = [100 * share for share in curve["shares"]]
        axes.plot(ranks, shares, marker="o", markersize=3, label=curve["name"], **style)
    if not curves:
        return False
    axes.set_ylim(-2, 102)
    axes.set_xlabel("among the first ... individuals named", fontsize=9)
    axes.set_ylabel("encounters with the right one, %", fontsize=9)
    _legend(axes)
    return True


def _kinds(report: Report) -> dict[str, tuple[BurstOutcome, ...]]:
    return {"camera traps": report.of_traps, "photographs": report.of_photographs}


def _styles() -> Iterator[dict[str, Any]]:
    for number, colour in enumerate(COLOURS):
        yield {"color": colour, "linestyle": DASHES[number % len(DASHES)], "linewidth": 1.6}


def _percent(axes: Axes, across: str, up: str) -> None:
    axes.set_xlim(-2, 102)
    axes.set_ylim(-2, 102)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(up, fontsize=9)


def _legend(axes: Axes) -> None:
    """Below the plot, where no curve can run through it."""
    axes.figure.legend(loc="outside lower center", fontsize=8, frameon=False)


PLOTS = (
    Plot("precision-recall", "Precision and recall of the verdict", _precision_recall),
    Plot("blanks", "Leopards kept against blanks dropped, camera traps", _blank_sweep),
    Plot("reliability", "Is the target score a probability? Camera traps", _reliability),
    Plot("detector", "Does the detector find the cat?", _detector_recall),
    Plot("identities", "Is the individual named?", _cmc),
)
