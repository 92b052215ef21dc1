"""The run as pictures. Needs matplotlib, the extra ``evaluate``."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from edge.uplink.schedule.values import ValueClass
from edge.uplink.schedule.wording import CLASSES
from tools.simulate.tally import Outcome, Tally

# Okabe and Ito (2008): told apart by people with any colour vision.
_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
_SHOWN = (ValueClass.ALERT, ValueClass.NEW_CAT, ValueClass.KNOWN_CAT, ValueClass.TELEMETRY)
_TICKS = {1: "1 s", 60: "1 min", 3600: "1 h", 86_400: "1 day", 604_800: "1 week"}
_PANELS = (
    ("airtime", "airtime of an item, s", lambda one: one.airtime_ms / 1000),
    ("bytes", "bytes of an item", lambda one: one.sent_bytes),
    ("joules", "joules of an item", lambda one: one.joules),
)


def can_plot() -> bool:
    return find_spec("matplotlib") is not None


def write_plots(tally: Tally, folder: Path) -> list[Path]:
    """Latency, airtime, bytes and joules as cumulative shares, and the share delivered by week."""
    written = [_latency(tally.outcomes, folder / "latency.png")]
    for name, label, value in _PANELS:
        values = {
            kind: sorted(map(value, (o for o in tally.outcomes if o.value is kind)))
            for kind in _SHOWN
        }
        written.append(_shares(values, label, folder / f"{name}.png"))
    return [*written, _delivered(tally.outcomes, folder / "delivered.png")]


def _latency(outcomes: Sequence[Outcome], path: Path) -> Path:
    seconds = {
        kind: sorted(
            max(1.0, o.latency_s) for o in outcomes if o.value is kind and o.latency_s is not None
        )
        for kind in _SHOWN
    }
    return _shares(seconds, "from the event to basecamp", path, of_time=True)


def _shares(
    values: dict[ValueClass, list[float]], label: str, path: Path, of_time: bool = False
) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for colour, (kind, ordered) in zip(_COLOURS, values.items(), strict=True):
        if ordered:
            shares = [(place + 1) / len(ordered) for place in range(len(ordered))]
            axes.step(ordered, shares, where="post", color=colour, label=CLASSES[kind])
    if of_time:
        axes.set_xscale("log")
        axes.set_xticks(list(_TICKS), list(_TICKS.values()))
        axes.minorticks_off()
    axes.set_xlabel(label)
    axes.set_ylabel("share of what arrived" if of_time else "share of items")
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
    return path


def _delivered(outcomes: Sequence[Outcome], path: Path) -> Path:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    weeks = 1 + max((int(o.at_s // 604_800) for o in outcomes), default=0)
    for colour, kind in zip(_COLOURS, _SHOWN, strict=True):
        total, arrived = [0] * weeks, [0] * weeks
        for one in outcomes:
            if one.value is kind:
                total[int(one.at_s // 604_800)] += 1
                arrived[int(one.at_s // 604_800)] += one.latency_s is not None
        points = [
            (week, a / t) for week, (a, t) in enumerate(zip(arrived, total, strict=True)) if t
        ]
        if points:
            axes.plot(*zip(*points, strict=True), marker="o", color=colour, label=CLASSES[kind])
    axes.set_xlabel("week")
    axes.set_ylabel("share delivered")
    axes.set_ylim(0, 1.02)
    axes.grid(alpha=0.3)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="lower right")
    figure.savefig(path, dpi=110)
    return path
