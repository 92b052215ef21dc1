"""The same fleet in every region: one table."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from edge.uplink.radio.regions_tables import REGIONS
from edge.uplink.schedule.wording import duration
from tools.simulate.audit import CHANNEL, DAY, GATEWAY, HOUR, LONGEST, Held
from tools.simulate.settings import Fleet
from tools.simulate.summary import told

EVERY = "every"
_RULES = (HOUR, GATEWAY, LONGEST, CHANNEL, DAY)


def in_every_region(fleet: Fleet) -> list[Fleet]:
    return [replace(fleet, region_name=name) for name in REGIONS]


def compared(
    fleets: Iterable[Fleet], run: Callable[[Fleet], dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Each fleet's summary, by region."""
    return {fleet.region_name: run(fleet) for fleet in fleets}


def as_table(found: dict[str, dict[str, Any]]) -> str:
    """Two tables: what the news of each region took, and what the rules allowed."""
    fleet = next(iter(found.values()))["fleet"]
    rules = [rule for rule in _RULES if any(rule in one["limits"] for one in found.values())]
    lines = [
        f"# {fleet['stations']} stations, {fleet['per_gateway']} a gateway,"
        f" {fleet['days']:g} days, seed {fleet['seed']}{', fair use' if fleet['fair_use'] else ''}",
        "",
        "| news | items | delivered | median | 95 % within | airtime each | bytes each"
        " | joules each |",
        "|---|---|---|---|---|---|---|---|",
        *(_news(name, one["news"]) for name, one in found.items()),
        "",
        f"| {' | '.join(['on the air', *rules])} |",
        f"|{'---|' * (len(rules) + 1)}",
        *(_held(name, one["limits"], rules) for name, one in found.items()),
        "",
    ]
    return "\n".join(lines)


def _news(name: str, news: dict[str, Any]) -> str:
    if not news["delivered"]:
        return f"| {name} | {news['items']} | 0 | | | | | |"
    return (
        f"| {name} | {news['items']} | {news['delivered_share']:.2%}"
        f" | {duration(news['latency_median_s'])} | {duration(news['latency_p95_s'])}"
        f" | {news['airtime_ms_each'] / 1000:.2f} s | {news['bytes_each']:.0f}"
        f" | {news['joules_each']:.2f} |"
    )


def _held(name: str, limits: dict[str, dict[str, float]], rules: list[str]) -> str:
    cells = [
        told(Held(limits[rule]["most_s"], limits[rule]["allowed_s"])) if rule in limits else ""
        for rule in rules
    ]
    return f"| {' | '.join([name, *cells])} |"
