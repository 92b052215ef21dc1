"""Why an item goes next, or waits: read from a decision, never worked out anew."""

from __future__ import annotations

from dataclasses import dataclass

from edge.uplink.schedule.ahead import Ahead, Front, LinkNames
from edge.uplink.schedule.choose import TURN_EVERY, Decision, Wait
from edge.uplink.schedule.offers import FOR_GOOD, Obstacle, Offer
from edge.uplink.schedule.situation import Candidate, Situation
from edge.uplink.schedule.wording import CLASSES, reason


@dataclass(frozen=True, slots=True)
class Over:
    """One link, seen by one item. ``binding`` is the budget that sets its price."""

    link: str
    can_go: bool
    reason: str
    obstacle: str | None
    points_per_byte: float
    price_s: float
    binding: str | None
    chance: float
    ready_in_s: float | None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one item stands in the queue.

    ``place`` is 1 for what goes next and counts on through what can go, then what waits.
    ``link`` is where it goes, None where it waits. ``verdict`` is one line for a person.
    ``ahead_count`` items with a better place share a link with it; ``ahead`` are the first of them.
    """

    item_id: str
    kind: str
    value_class: str
    burst_id: str | None
    place: int
    goes_next: bool
    link: str | None
    verdict: str
    age_s: float
    waits_s: float
    attempts: int
    sizes_bytes: dict[str, int]
    worth_points: float
    links: tuple[Over, ...]
    ahead: tuple[str, ...]
    ahead_count: int


def standings(situation: Situation, outcome: Decision | Wait) -> list[Standing]:
    """All items in the order of the decision's table."""
    order: list[Candidate] = []
    by_item: dict[bytes, list[Offer]] = {c.item_id: [] for c in situation.candidates}
    for offer in outcome.table:
        if not by_item[offer.candidate.item_id]:
            order.append(offer.candidate)
        by_item[offer.candidate.item_id].append(offer)
    order += [c for c in situation.candidates if not by_item[c.item_id]]
    ready = {item_id: _ready_links(own) for item_id, own in by_item.items()}
    ahead = Ahead(ready.values())
    return [
        _standing(
            candidate,
            place,
            by_item[candidate.item_id],
            ahead.passed(candidate, ready[candidate.item_id]),
            situation,
            outcome,
        )
        for place, candidate in enumerate(order, start=1)
    ]


def _ready_links(own: list[Offer]) -> LinkNames:
    return frozenset(offer.link.name for offer in own if offer.obstacle is None)


def _standing(
    candidate: Candidate,
    place: int,
    own: list[Offer],
    ahead: Front,
    situation: Situation,
    outcome: Decision | Wait,
) -> Standing:
    next_one = isinstance(outcome, Decision) and outcome.offer.candidate is candidate
    link = outcome.offer.link.name if isinstance(outcome, Decision) and next_one else None
    return Standing(
        item_id=candidate.item_id.hex(),
        kind=candidate.kind.value,
        value_class=CLASSES[candidate.value_class],
        burst_id=candidate.burst_id,
        place=place,
        goes_next=next_one,
        link=link,
        verdict=_verdict(candidate, own, ahead, outcome),
        age_s=max(0.0, situation.now_s - candidate.event_s),
        waits_s=max(0.0, situation.now_s - candidate.waiting_since_s),
        attempts=sum(candidate.tries.values()),
        sizes_bytes={form.value: size for form, size in candidate.sizes.items()},
        worth_points=candidate.worth(situation.now_s),
        links=tuple(map(_over, own)),
        ahead=tuple(item_id.hex() for item_id in ahead.first),
        ahead_count=ahead.counts.total(),
    )


def _over(offer: Offer) -> Over:
    return Over(
        link=offer.link.name,
        can_go=offer.obstacle is None,
        reason=reason(offer),
        obstacle=None if offer.obstacle is None else offer.obstacle.name.lower(),
        points_per_byte=offer.points_per_byte,
        price_s=offer.price_s,
        binding=offer.binding,
        chance=offer.chance,
        ready_in_s=offer.ready_in_s,
    )


def _verdict(candidate: Candidate, own: list[Offer], ahead: Front, outcome: Decision | Wait) -> str:
    if isinstance(outcome, Decision) and outcome.offer.candidate is candidate:
        return _why_next(outcome)
    if not own:
        return "waits: the station has no link"
    ready = [offer for offer in own if offer.obstacle is None]
    if ready:
        return f"waits its turn{_in_front(ahead)}"
    passing = [
        offer
        for offer in own
        if offer.obstacle not in FOR_GOOD or offer.obstacle is Obstacle.NOT_FOR_IT
    ]
    if not passing:
        return "cannot go: no link carries it as things are"
    soonest = min(
        passing, key=lambda offer: float("inf") if offer.ready_in_s is None else offer.ready_in_s
    )
    return f"waits: {soonest.link.name}: {reason(soonest)}"


def _why_next(decision: Decision) -> str:
    offer = decision.offer
    if decision.turn:
        why = f"it has waited longest, and its turn comes once in {TURN_EVERY} transmissions"
    else:
        why = f"its bytes are worth most ({offer.points_per_byte:.3g} points each)"
    part = offer.portion_bytes < offer.candidate.sizes[offer.link.form]
    return f"{'a part of it ' if part else ''}goes next over {offer.link.name}: {why}"


def _in_front(ahead: Front) -> str:
    told = [
        f"{count} {CLASSES[value]}{'' if count == 1 else 's'}"
        for value, count in sorted(ahead.counts.items())
    ]
    return f" behind {', '.join(told)}" if told else ""
