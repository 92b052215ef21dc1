"""`irbis bench power`: joules of an event and of a day, and for how long a battery lasts.

Nothing is measured here. Every figure follows from assumptions about boards and links
(edge/health/energy_boards.py), of which the kindest and the harshest are both taken.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from edge.health.energy_boards import BOARDS, LINKS
from edge.health.energy_cycle import Mode, Occasion, Station, Traffic, cycle, day_budget
from edge.health.energy_draw import Board, Draw, Link, Pace, Talk
from edge.health.energy_forecast import forecast
from edge.health.energy_policy import LADDER, days_left
from edge.health.energy_station import with_measured
from edge.health.power import PowerOutlook
from edge.health.power_battery import cold_share
from tools.bench.errors import BenchError
from tools.bench.power_options import Site

SCHEMA = "irbis.bench.power/1"
CASES = ("best", "worst")


def as_json(site: Site, boards: Iterable[str] = BOARDS) -> dict[str, Any]:
    """Everything, for a program: each figure in the best and in the worst case. Days without an end
    are null."""
    link = LINKS[site.link]
    names = list(boards)
    return {
        "schema": SCHEMA,
        "site": {**asdict(site), "usable_wh": round(_usable_j(site) / 3600, 2)},
        "harvest_wh": round(_harvest_j(site) / 3600, 2),
        "boards": {name: _of_board(site, BOARDS[name], link) for name in names},
        "assumed": {
            "link": _assumed(link.source, asdict(link.best), asdict(link.worst)),
            "boards": {name: _assumed_of(BOARDS[name]) for name in names},
        },
    }


def outlook(site: Site) -> PowerOutlook:
    """A full battery at the site; its load is not yet known, and 0."""
    capacity_j = _capacity_j(site)
    return PowerOutlook(
        battery_j=capacity_j,
        capacity_j=capacity_j,
        floor_j=site.floor * capacity_j,
        load_w=0.0,
        until_sun_s=site.night_h * 3600,
        harvest_j=_harvest_j(site),
    )


def station(site: Site, of_board: tuple[Draw, Pace], talk: Talk) -> Station:
    """A board with its link, as the site's battery feels them.

    Raises BenchError where what was measured does not go with what is assumed of the rest.
    """
    try:
        draw, pace = with_measured(of_board, site.measured)
    except ValueError as error:
        raise BenchError(f"{error}: say with --measured what the other states take, too") from None
    with_modem = draw.with_modem(talk.modem_w)
    return Station(
        with_modem.at_battery(site.converter, site.controller_w, site.lamp_w), pace, talk
    )


def _of_board(site: Site, board: Board, link: Link) -> dict[str, Any]:
    stations = {
        "best": station(site, board.best, link.best),
        "worst": station(site, board.worst, link.worst),
    }
    return {
        str(mode): {case: _of_mode(site, stations[case], mode) for case in CASES} for mode in Mode
    }


def _of_mode(site: Site, made: Station, mode: Mode) -> dict[str, Any]:
    traffic = Traffic(site.events, site.target_share, site.heartbeats)
    days = {policy: day_budget(made, mode, traffic, policy) for policy in LADDER}
    day = days[LADDER[0]]
    full = outlook(site)
    lasts = forecast(full, lambda policy: days[policy].watts)
    return {
        "events": {str(occasion): _event(made, mode, occasion) for occasion in Occasion},
        "resting_w": round(made.draw.watts(mode.rest), 4),
        "day_wh": round(day.joules / 3600, 3),
        "day_wh_by_policy": [round(less.joules / 3600, 3) for less in days.values()],
        "busy_s": round(day.busy_s, 1),
        "served": round(day.served, 4),
        "days_without_sun": _days(days_left(replace(full, load_w=day.watts, harvest_j=0.0))),
        "days_with_all_kept_up": _days(lasts.kept_up_days),
        "days": _days(lasts.days),
        "given_up_on_day": lasts.given_up,
    }


def _event(made: Station, mode: Mode, occasion: Occasion) -> dict[str, Any]:
    steps = cycle(made, mode, occasion)
    return {
        "seconds": round(sum(step.seconds for step in steps), 1),
        "joules": round(sum(step.joules for step in steps), 2),
        "steps": {
            step.name: {"seconds": step.seconds, "joules": round(step.joules, 2)} for step in steps
        },
    }


def _assumed_of(board: Board) -> dict[str, Any]:
    best, worst = ({**asdict(draw), **asdict(pace)} for draw, pace in (board.best, board.worst))
    return _assumed(board.source, best, worst)


def _assumed(source: str, best: dict[str, float], worst: dict[str, float]) -> dict[str, Any]:
    return {"source": source, "best": best, "worst": worst}


def _capacity_j(site: Site) -> float:
    return site.battery_wh * 3600 * cold_share(site.chemistry, site.celsius)


def _usable_j(site: Site) -> float:
    return (1 - site.floor) * _capacity_j(site)


def _harvest_j(site: Site) -> float:
    return site.panel_w * site.sun_hours * 3600 * site.charged


def _days(days: float | None) -> float | None:
    return None if days is None or math.isinf(days) else round(days, 2)
