"""The report of `irbis bench power` as lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from edge.health.energy_cycle import Mode

_CASES = ("best", "worst")


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """The site, a day of each board in both modes, and the steps of an event."""
    yield from _site(report)
    yield ""
    yield from _days(report)
    yield ""
    yield from _cycles(report)
    yield ""
    yield (
        "Assumptions, not measurements: from the kindest to the harshest that is said of boards and"
        " links. Sources: --json."
    )


def _site(report: Mapping[str, Any]) -> Iterator[str]:
    site = report["site"]
    yield (
        f"battery: {site['battery_wh']:g} Wh of {site['chemistry']} at {site['celsius']:g} C, of"
        f" which {site['usable_wh']:g} Wh can be used; panel: {site['panel_w']:g} W for"
        f" {site['sun_hours']:g} h brings {report['harvest_wh']:g} Wh a day"
    )
    yield (
        f"a day: {site['events']:g} events, {site['target_share']:.0%} of them with a target,"
        f" {site['heartbeats']:g} heartbeats, over {site['link']}"
    )


def _days(report: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"{'board':<11}{'mode':<14}{'Wh a day':>14}{'least':>14}{'days, no sun':>15}"
        f"{'days, sun':>17}{'saving':>17}"
    )
    for board, modes in report["boards"].items():
        for mode, cases in modes.items():
            best, worst = (cases[case] for case in _CASES)
            yield (
                f"{board:<11}{mode:<14}"
                f"{_span(best['day_wh'], worst['day_wh']):>14}"
                f"{_span(best['day_wh_by_policy'][-1], worst['day_wh_by_policy'][-1]):>14}"
                f"{_span(worst['days_without_sun'], best['days_without_sun']):>15}"
                f"{_span(worst['days_with_all_kept_up'], best['days_with_all_kept_up']):>17}"
                f"{_span(worst['days'], best['days']):>17}{_missed(worst['served'])}"
            )
    yield ""
    yield (
        "least: with crops, full records and second looks given up. days, sun: until the battery is"
        " down to its floor, with all"
    )
    yield "kept up; saving: where they are given up one after the other."


def _cycles(report: Mapping[str, Any]) -> Iterator[str]:
    yield f"{'board':<11}{'woken by':<11}{'in all':>24}   steps, in joules"
    for board, modes in report["boards"].items():
        best, worst = (modes[str(Mode.WOKEN)][case]["events"] for case in _CASES)
        for occasion, event in best.items():
            other = worst[occasion]
            total = (
                f"{_span(event['seconds'], other['seconds'])} s"
                f" {_span(event['joules'], other['joules'])} J"
            )
            steps = ", ".join(
                f"{name} {_span(step['joules'], other['steps'][name]['joules'])}"
                for name, step in event["steps"].items()
            )
            yield f"{board:<11}{occasion:<11}{total:>24}   {steps}"


def _missed(served: float) -> str:
    return "" if served >= 1 else f"  only {served:.0%} of the events fit into a day"


def _span(least: float | None, most: float | None) -> str:
    """From the one to the other; None: without an end."""
    if least == most:
        return _number(least)
    return f"{_number(least)}-{_number(most)}"


def _number(value: float | None) -> str:
    if value is None:
        return "no end"
    digits = 0 if value >= 20 else 1 if value >= 1 else 2
    return f"{value:.{digits}f}"
