"""`irbis bench power` as a picture: how long a battery lasts, by board and mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tools.bench.power import as_json
from tools.bench.power_options import Site

# Okabe and Ito (2008): told apart by people with any colour vision.
_DARK, _SUNNY = "#0072B2", "#D55E00"
_NO_END = 1000.0
"""Days; what lasts longer is drawn up to here, and called without an end."""


def draw(path: Path, site: Site | None = None) -> Path:
    """For the site that `irbis bench power` assumes, unless another is given."""
    from matplotlib.figure import Figure

    told = as_json(site or Site())
    rows = [
        (f"{board}, {mode.replace('-', ' ')}", cases)
        for board, modes in told["boards"].items()
        for mode, cases in modes.items()
    ]
    figure = Figure(figsize=(8, 4.2), layout="constrained")
    axes = figure.subplots()
    for at, (_, cases) in enumerate(rows):
        _range(axes, at - 0.17, _days(cases, "days_without_sun"), _DARK, "without sun")
        _range(axes, at + 0.17, _days(cases, "days_with_all_kept_up"), _SUNNY, "with sun")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set_xscale("log")
    axes.set_xlim(0.3, _NO_END)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    ticks = {1: "1 day", 7: "1 week", 30: "1 month", 182: "half a year", _NO_END: "no end"}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.minorticks_off()
    axes.grid(axis="x", alpha=0.3)
    axes.set_title(_title(told), fontsize=10)
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[:2], labels[:2], loc="upper center", ncols=2, bbox_to_anchor=(0.5, -0.08))
    figure.savefig(path, dpi=100)
    return path


def _days(cases: dict[str, Any], key: str) -> tuple[float, float]:
    """From the harshest to the kindest that is said of the board."""
    least, most = (cases[case][key] for case in ("worst", "best"))
    return _NO_END if least is None else least, _NO_END if most is None else most


def _range(axes: Any, at: float, days: tuple[float, float], colour: str, label: str) -> None:
    least, most = days
    axes.plot([least, min(_NO_END, most)], [at, at], lw=5, color=colour, label=label)
    if most >= _NO_END:
        axes.plot([_NO_END], [at], marker=">", ms=9, color=colour, clip_on=False)


def _title(told: dict[str, Any]) -> str:
    site = told["site"]
    return (
        f"{site['battery_wh']:.0f} Wh {site['chemistry']} at {site['celsius']:.0f} C,"
        f" {site['panel_w']:.0f} W panel, {site['sun_hours']:.0f} h of sun,"
        f" {site['events']:.0f} events a day. Assumed, not measured"
    )
