"""What a fleet's run comes to: for programs, and for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from edge.uplink.schedule.values import ValueClass
from edge.uplink.schedule.wording import CLASSES, duration
from tools.simulate.audit import GATEWAY, Held
from tools.simulate.settings import DAY_S, Fleet
from tools.simulate.tally import Outcome, Tally

SCHEMA = "irbis.simulate/2"
_NEWS = (ValueClass.ALERT, ValueClass.NEW_CAT, ValueClass.KNOWN_CAT)
_SHOWN = (*_NEWS, ValueClass.TELEMETRY)


def summary(fleet: Fleet, tally: Tally, seconds: float) -> dict[str, Any]:
    """Everything in one dictionary. ``seconds`` is how long the run took."""
    sent = max(1, tally.transmissions)
    limits = sorted(tally.limits.items(), key=lambda rule: rule[0] == GATEWAY)
    off_days = sorted(moment_s / DAY_S for moment_s in tally.first_off_s)
    half = (fleet.stations + 1) // 2 - 1
    return {
        "schema": SCHEMA,
        "fleet": asdict(fleet),
        "took_s": round(seconds, 1),
        "news": _group([o for o in tally.outcomes if o.value in _NEWS]),
        "classes": {
            CLASSES[value]: _group([o for o in tally.outcomes if o.value is value])
            for value in _SHOWN
        },
        "data_rates": {
            str(rate): _group(
                [o for o in tally.outcomes if o.data_rate == rate and o.value in _NEWS]
            )
            for rate in sorted({o.data_rate for o in tally.outcomes})
        },
        "transmissions": tally.transmissions,
        "collided_share": tally.collided / sent,
        "faded_share": tally.faded / sent,
        "gateway_away_share": tally.gateway_away / sent,
        "gateway_spoke_share": tally.unheard / sent,
        "received": tally.received,
        "received_again": tally.duplicates,
        "answers": tally.answers,
        "answers_put_off": tally.unsaid,
        "most_answers_a_day": tally.most_answers_a_day,
        "limits": {name: {**asdict(held), "share": held.share} for name, held in limits},
        "switched_off": tally.switched_off,
        "stations_ever_off": len(off_days),
        "first_off_days": off_days[0] if off_days else None,
        "half_off_days": off_days[half] if half < len(off_days) else None,
        "not_caught_while_off": tally.missed,
    }


def _group(outcomes: Sequence[Outcome]) -> dict[str, float | int | None]:
    """Of these items: what arrived and when, and what each that arrived took of the radio."""
    latencies = sorted(o.latency_s for o in outcomes if o.latency_s is not None)
    arrived = len(latencies)
    return {
        "items": len(outcomes),
        "delivered": arrived,
        "delivered_share": arrived / len(outcomes) if outcomes else None,
        "latency_median_s": _at(latencies, 0.5),
        "latency_p95_s": _at(latencies, 0.95),
        "latency_longest_s": latencies[-1] if latencies else None,
        "airtime_ms_each": _each((o.airtime_ms for o in outcomes), arrived),
        "bytes_each": _each((o.sent_bytes for o in outcomes), arrived),
        "joules_each": _each((o.joules for o in outcomes), arrived),
        "transmissions_each": _each((o.transmissions for o in outcomes), arrived),
    }


def _each(amounts: Iterable[float], count: int) -> float | None:
    return sum(amounts) / count if count else None


def _at(ordered: Sequence[float], share: float) -> float | None:
    """The quantile, as the value that this share does not exceed."""
    if not ordered:
        return None
    if share == 0.5:
        return statistics.median_low(ordered)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def as_markdown(found: dict[str, Any]) -> str:
    """One page for people."""
    fleet = found["fleet"]
    fair = ", fair use" if fleet["fair_use"] else ""
    lines = [
        f"# {fleet['stations']} stations, {fleet['days']:g} days, {fleet['region_name']}{fair},"
        f" seed {fleet['seed']}",
        "",
        "| | items | delivered | median | 95 % within | airtime each | bytes each | joules each"
        " | sent each |",
        "|---|---|---|---|---|---|---|---|---|",
        *(_row(name, group) for name, group in found["classes"].items()),
        *(_row(f"news at DR{rate}", group) for rate, group in found["data_rates"].items()),
        "",
        f"- {found['transmissions']} transmissions: {found['collided_share']:.2%} collided,"
        f" {found['faded_share']:.2%} faded, {found['gateway_away_share']:.2%} met no gateway,"
        f" {found['gateway_spoke_share']:.2%} one that was speaking.",
        f"- {found['received_again']} of {found['received']} frames told what was known already.",
        f"- {found['answers']} answers, {found['answers_put_off']} put off for want of airtime;"
        f" at most {found['most_answers_a_day']} to one station in 24 hours.",
        "- All that was sent, looked at again in every window:"
        f" {'; '.join(_limit(name, held) for name, held in found['limits'].items())}.",
        f"- Batteries ran empty {found['switched_off']} times;"
        f" {found['not_caught_while_off']} visitors came while a station was off.{_ends(found)}",
        f"- Simulated in {found['took_s']} s.",
        "",
    ]
    return "\n".join(lines)


def told(held: Held) -> str:
    """``23.10 s of 36 s``, and a cry where that is too much."""
    limit = "" if held.allowed_s is None else f" of {held.allowed_s:g} s"
    return f"{held.most_s:.2f} s{limit}{', TOO MUCH' if held.share > 1 else ''}"


def _limit(name: str, found: dict[str, float | None]) -> str:
    held = Held(found["most_s"] or 0.0, found["allowed_s"])
    aside = "no limit" if held.allowed_s is None else f"{held.share:.0%}"
    return f"{name} {told(held)} ({aside})"


def _ends(found: dict[str, Any]) -> str:
    """When batteries were empty for the first time."""
    if found["first_off_days"] is None:
        return ""
    half = found["half_off_days"]
    later = "" if half is None else f", half of all stations after {half:.0f}"
    return f" The first was empty after {found['first_off_days']:.0f} days{later}."


def _row(name: str, group: dict[str, Any]) -> str:
    if not group["delivered"]:
        return f"| {name} | {group['items']} | 0 | | | | | | |"
    return (
        f"| {name} | {group['items']} | {group['delivered_share']:.2%}"
        f" | {duration(group['latency_median_s'])} | {duration(group['latency_p95_s'])}"
        f" | {group['airtime_ms_each'] / 1000:.2f} s | {group['bytes_each']:.0f}"
        f" | {group['joules_each']:.2f} | {group['transmissions_each']:.2f} |"
    )
