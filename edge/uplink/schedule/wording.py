"""Amounts and reasons in a tired person's words."""

from __future__ import annotations

from collections.abc import Callable

from edge.uplink.schedule.offers import Obstacle, Offer
from edge.uplink.schedule.situation import Resource
from edge.uplink.schedule.values import ValueClass

CLASSES = {
    ValueClass.ALERT: "alert",
    ValueClass.NEW_CAT: "new-looking cat",
    ValueClass.KNOWN_CAT: "known cat",
    ValueClass.BEST_CROP: "best crop",
    ValueClass.RECORD: "full record",
    ValueClass.CROP: "crop",
    ValueClass.TELEMETRY: "heartbeat",
    ValueClass.UNJUDGED: "unjudged burst",
    ValueClass.AUDIT: "audit blank",
}


def duration(seconds: float) -> str:
    """``< 1 s``, ``42 s``, ``17 min``, ``2 h 05 min``, ``3 days``."""
    if seconds < 1:
        return "< 1 s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds // 3600:.0f} h {seconds % 3600 // 60:02.0f} min"
    return f"{seconds / 86400:.0f} days"


def size(count: float) -> str:
    """``51 B``, ``4.2 kB``, ``5.0 MB``."""
    if count < 1000:
        return f"{count:.0f} B"
    return f"{count / 1000:.1f} kB" if count < 1_000_000 else f"{count / 1_000_000:.1f} MB"


_AMOUNTS: dict[Resource, Callable[[float], str]] = {
    Resource.AIRTIME: lambda value: f"{value / 1000:.2f} s",
    Resource.DATA: size,
    Resource.ENERGY: lambda value: f"{value:.1f} J",
    Resource.MESSAGES: lambda value: f"{value:.0f} messages",
}


def amount(resource: Resource, value: float) -> str:
    """An amount with its unit."""
    return _AMOUNTS[resource](max(0.0, value))


def reason(offer: Offer) -> str:
    """Why the item cannot go over the link now, or what it would take."""
    if offer.obstacle is None:
        return f"can go; uses up {duration(offer.price_s)} of {offer.binding or 'the link'}"
    worded = _REASONS.get(offer.obstacle)
    return offer.obstacle.value if worded is None else worded(offer)


def _too_large(offer: Offer) -> str:
    limit = offer.link.payload_bytes or 0
    return (
        f"{size(offer.candidate.sizes[offer.link.form])} and {offer.link.tariff.overhead_bytes}"
        f" B of frame are more than the {limit} B that it carries now"
    )


def _short(offer: Offer) -> str:
    """What is missing of which budget."""
    cost = next(cost for cost in offer.costs if cost.budget.name == offer.short)
    budget = cost.budget
    kept = 0.0 if offer.is_alert else budget.reserve
    told = (
        f"takes {amount(budget.resource, cost.amount)}, and of {budget.name}"
        f" {amount(budget.resource, budget.left - kept)} are left"
    )
    if kept:
        told += f" beside {amount(budget.resource, kept)} kept for alerts"
    if offer.ready_in_s is not None:
        told += f"; look again in {duration(offer.ready_in_s)}"
    return told


def _never(offer: Offer) -> str:
    cost = next(cost for cost in offer.costs if cost.budget.name == offer.short)
    budget = cost.budget
    return (
        f"takes {amount(budget.resource, cost.amount)}, more than all of {budget.name}"
        f" ({amount(budget.resource, budget.attainable(offer.is_alert))})"
    )


def _unanswered(offer: Offer) -> str:
    tries = sum(offer.candidate.tries.values())
    return (
        f"sent {tries} {'time' if tries == 1 else 'times'} without an answer; again in"
        f" {duration(offer.ready_in_s or 0)}"
    )


_REASONS: dict[Obstacle, Callable[[Offer], str]] = {
    Obstacle.TOO_LARGE: _too_large,
    Obstacle.NEVER: _never,
    Obstacle.DOWN: lambda offer: f"down: {offer.link.down}",
    Obstacle.UNANSWERED: _unanswered,
    Obstacle.BUSY: lambda offer: f"busy for {duration(offer.ready_in_s or 0)}",
    Obstacle.BUDGET: _short,
    Obstacle.SAVING: lambda offer: (
        f"saves {offer.short} for what has waited longest; look again"
        f" in {duration(offer.ready_in_s or 0)}"
    ),
}
