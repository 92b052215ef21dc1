"""What goes next, over which link.

The item is the one with the highest expected value per byte: its worth now, times the probability
that it arrives. Its link is the one with the lowest price for each arrival; after TRIES_IN_A_ROW
attempts without an answer it is the others' turn to try. Prices are seconds: for how long the
link's scarcest budget is used up by the item. That makes an hour's airtime, a month's data and a
day's energy comparable.

Value alone would let a heartbeat wait for ever behind a stream of crops. So once in TURN_EVERY
transmissions, over any link, each link has a *turn*: it goes to what has waited longest of the
items that the link is best for. Where it takes more of a gradual budget than is left, the others
leave that much alone until it is there; of a budget that comes back all at once, they may use up
what is left, and the turn is the first to use it then. So an item is sent at the latest after
TURN_EVERY transmissions, and one for each link, for itself and as many for each one that has waited
longer, besides those that a window still pays for meanwhile, and provided that there is energy.

Alerts may use every budget to its end, all else leaves the reserve alone; but where alerts alone
take up a link, a turn may use the reserve, too.

The same situation gives the same decision: ties go to what has waited longer, then by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from edge.uplink.schedule.offers import FOR_GOOD, Obstacle, Offer, offers
from edge.uplink.schedule.situation import Resource, Situation

TURN_EVERY = 8
TRIES_IN_A_ROW = 2
"""Attempts without an answer over one link, before it is another one's turn to try."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Send ``offer.portion_bytes`` of ``offer.candidate`` over ``offer.link``.

    ``turn``: because it has waited longest. ``table`` holds every offer, the chosen one first, then
    what else could go, best first, then what cannot.
    """

    offer: Offer
    turn: bool
    table: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can go now. ``wake_in_s`` is when to look again, None where only news helps."""

    wake_in_s: float | None
    table: tuple[Offer, ...]


def choose(situation: Situation, over: str | None = None) -> Decision | Wait:
    """The next transmission; with ``over`` the next one over that link, while the others take what
    they are better for. Pure; raises nothing for any situation."""
    found = offers(situation)
    holders = _holders(situation, found)
    turn = next((one for one in holders if one.obstacle is None and _is_over(one, over)), None)
    if turn is not None:
        table = _table([turn if _same(offer, turn) else offer for offer in found], turn)
        return Decision(turn, True, table)
    found = _saved_for(found, holders)
    ready = [offer for offer in found if offer.obstacle is None]
    mine = [offer for offer in _on_their_links(ready) if _is_over(offer, over)]
    if not mine:
        waits = [offer.ready_in_s for offer in found if offer.ready_in_s is not None]
        return Wait(min(waits, default=None), _table(found))
    best = min(mine, key=_rank)
    return Decision(best, False, _table(found, best))


def _is_over(offer: Offer, link: str | None) -> bool:
    return link is None or offer.link.name == link


def _rank(offer: Offer) -> tuple[float, float, bytes, str]:
    candidate = offer.candidate
    return -offer.points_per_byte, candidate.waiting_since_s, candidate.item_id, offer.link.name


def _on_their_links(ready: Iterable[Offer]) -> Iterable[Offer]:
    """Each item's offer over the link that is best for it."""
    best: dict[bytes, Offer] = {}
    for offer in ready:
        item_id = offer.candidate.item_id
        if item_id not in best or _link_rank(offer) < _link_rank(best[item_id]):
            best[item_id] = offer
    return best.values()


def _link_rank(offer: Offer) -> tuple[int, float, str]:
    """A link that takes everything for nothing and brings nothing must not keep an alert from the
    one by which it would arrive: no price makes up for attempts without an answer."""
    rounds = offer.candidate.tries.get(offer.link.name, 0) // TRIES_IN_A_ROW
    return rounds, offer.price_s / max(offer.chance, 1e-9), offer.link.name


def _holders(situation: Situation, found: list[Offer]) -> list[Offer]:
    """For each link whose turn has come, what has waited longest of those that it is best for."""
    due = {link.name for link in situation.links if link.since_turn >= TURN_EVERY - 1}
    if not due:
        return []
    in_turn = [turn for offer in found if (turn := _in_turn(offer)) is not None]
    holders: dict[str, Offer] = {}
    for offer in sorted(_on_their_links(in_turn), key=_waiting_rank):
        if offer.link.name in due:
            holders.setdefault(offer.link.name, offer)
    return list(holders.values())


def _waiting_rank(offer: Offer) -> tuple[float, bytes]:
    return offer.candidate.waiting_since_s, offer.candidate.item_id


def _in_turn(offer: Offer) -> Offer | None:
    """The offer as a turn would make it; None where only energy or an answer is missing, for
    neither comes sooner if others wait."""
    if offer.obstacle is not Obstacle.BUDGET:
        return offer if offer.obstacle in (None, Obstacle.BUSY) else None
    if offer.link.alert_last and offer.within(alert=True):
        busy = Obstacle.BUSY if offer.link.ready_in_s > 0 else None
        return replace(offer, obstacle=busy, short=None, ready_in_s=offer.link.ready_in_s)
    if any(cost.budget.resource is Resource.ENERGY for cost in offer.lacking()):
        return None
    return offer


def _saved_for(found: list[Offer], holders: list[Offer]) -> list[Offer]:
    """What is left to the others while the holders' budgets come back bit by bit.

    A budget that comes back all at once needs no saving: then the turn comes first of all.
    """
    saved = {
        id(cost.budget): cost.amount
        for holder in holders
        if all(lacking.budget.gradual for lacking in holder.lacking())
        for cost in holder.costs
        if cost.budget.gradual and holder.obstacle is Obstacle.BUDGET
    }
    if not saved:
        return found
    spared = {id(holder) for holder in holders}
    return [offer if id(offer) in spared else _leaving(offer, saved) for offer in found]


def _leaving(offer: Offer, saved: dict[int, float]) -> Offer:
    """The offer, if it leaves what is saved; otherwise it waits."""
    if offer.obstacle is not None:
        return offer
    for cost in offer.costs:
        kept = saved.get(id(cost.budget))
        if kept is not None and cost.amount + kept > cost.budget.spendable(offer.is_alert):
            return replace(
                offer,
                obstacle=Obstacle.SAVING,
                short=cost.budget.name,
                ready_in_s=cost.budget.refill_in_s,
            )
    return offer


def _same(one: Offer, other: Offer) -> bool:
    return one.candidate is other.candidate and one.link is other.link


def _table(found: Iterable[Offer], first: Offer | None = None) -> tuple[Offer, ...]:
    return tuple(sorted(found, key=lambda offer: (offer is not first, *_table_rank(offer))))


def _table_rank(offer: Offer) -> tuple[int, float, float, bytes, str]:
    """What can go before what must wait, and that before what this link never carries."""
    place = 0 if offer.obstacle is None else 2 if offer.obstacle in FOR_GOOD else 1
    return (place, *_rank(offer))
