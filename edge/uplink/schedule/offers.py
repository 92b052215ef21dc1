"""What it would take to send one item over one link, and what stands in its way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edge.uplink.schedule.situation import Budget, Candidate, Form, LinkState, Resource, Situation
from edge.uplink.schedule.values import ValueClass

_FREE_BYTES_PER_S = 1_000_000
"""The price where no budget sets one: it only keeps small things before large ones."""
_NOTHING = 1e-9
"""Budgets are floats: no more than this may be missing."""
_LEAST_LEFT = 1e-3
_SPARED_S = 3600.0
"""What is spared is looked at again so soon: a battery does not fill faster."""
_MOST_TRIES = 5
"""Further unanswered attempts make an arrival no less probable than so many."""


class Obstacle(StrEnum):
    """Why an item cannot go over a link now."""

    NO_FORM = "there is no form of it for this link"
    NOT_FOR_IT = "the link is kept for more urgent things now"
    TOO_LARGE = "longer than the link carries"
    REFUSED = "the link tried and cannot carry it; the log says why"
    NEVER = "takes more than the whole budget"
    SPARED = "the battery is spared; it waits until there is more in it"
    DOWN = "the link is down"
    UNANSWERED = "was sent, and time is left for an answer"
    BUSY = "the link is busy"
    BUDGET = "takes more than is left"
    SAVING = "the link saves for what has waited longest"


FOR_GOOD = frozenset(
    {
        Obstacle.NO_FORM,
        Obstacle.NOT_FOR_IT,
        Obstacle.TOO_LARGE,
        Obstacle.REFUSED,
        Obstacle.NEVER,
    }
)
"""What does not pass as long as the link stays as it is."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the next transmission takes of one budget."""

    budget: Budget
    amount: float


@dataclass(frozen=True, slots=True)
class Offer:
    """One item over one link.

    ``portion_bytes`` is what the next transmission would carry of the item, ``costs`` what it
    takes. ``price_s`` is the price of the whole item: for how long it uses up its scarcest budget,
    ``binding``. ``chance`` is the probability that it arrives. ``points_per_byte`` is its
    expected value. ``obstacle`` is None where it can go now, otherwise ``short`` names the budget
    that is short and ``ready_in_s`` is when to look again, None where waiting does not help.
    """

    candidate: Candidate
    link: LinkState
    portion_bytes: int = 0
    costs: tuple[Cost, ...] = ()
    price_s: float = 0.0
    binding: str | None = None
    chance: float = 0.0
    points_per_byte: float = 0.0
    obstacle: Obstacle | None = None
    short: str | None = None
    ready_in_s: float | None = 0.0

    @property
    def is_alert(self) -> bool:
        return self.candidate.value_class is ValueClass.ALERT

    def amount(self, budget: Budget) -> float:
        """What it takes of ``budget``."""
        return next((cost.amount for cost in self.costs if cost.budget is budget), 0.0)

    def lacking(self) -> list[Cost]:
        """The costs that are more than may be spent now."""
        return [
            cost
            for cost in self.costs
            if cost.amount > cost.budget.spendable(self.is_alert) + _NOTHING
        ]

    def within(self, alert: bool) -> bool:
        """Whether it leaves every budget's reserve, or with ``alert`` every budget, unbroken."""
        return all(cost.amount <= cost.budget.spendable(alert) + _NOTHING for cost in self.costs)


def offers(situation: Situation) -> list[Offer]:
    """Every item over every link."""
    found = []
    for link in situation.links:
        sharing = sum(
            _obstacle_for_good(candidate, link) is None for candidate in situation.candidates
        )
        found += [_offer(candidate, link, situation, sharing) for candidate in situation.candidates]
    return found


def is_near(offer: Offer, within_s: float) -> bool:
    """Whether it can go ``within_s``, or may: a link that is down may come up."""
    if offer.obstacle is Obstacle.DOWN:
        return True
    if offer.obstacle is Obstacle.SPARED or offer.ready_in_s is None:
        return False
    return offer.obstacle is None or offer.ready_in_s <= within_s


def _obstacle_for_good(candidate: Candidate, link: LinkState) -> Obstacle | None:
    size = candidate.sizes.get(link.form)
    if size is None or candidate.only not in (None, link.name):
        return Obstacle.NO_FORM
    if candidate.item_id in link.refused:
        return Obstacle.REFUSED
    if candidate.value_class > link.takes:
        return Obstacle.NOT_FOR_IT
    if link.payload_bytes is not None:
        room = link.payload_bytes - link.tariff.overhead_bytes
        if room <= 0 or (size > room and not link.splits):
            return Obstacle.TOO_LARGE
    return None


def _offer(candidate: Candidate, link: LinkState, situation: Situation, sharing: int) -> Offer:
    obstacle = _obstacle_for_good(candidate, link)
    if obstacle is not None:
        return Offer(candidate, link, obstacle=obstacle, ready_in_s=None)
    size = candidate.sizes[link.form]
    portion = size
    if link.payload_bytes is not None:
        portion = min(size, link.payload_bytes - link.tariff.overhead_bytes)
    transmissions = -(-size // portion) if portion else 1
    costs = tuple(_costs(link, portion, situation.energy))
    price_s, binding = _price(link, portion, transmissions, costs, sharing)
    chance = link.delivery * 0.5 ** min(candidate.tries.get(link.name, 0), _MOST_TRIES)
    bytes_on_air = size + transmissions * link.tariff.overhead_bytes
    obstacle, short, ready_in_s = _obstacle(candidate, link, situation, costs)
    return Offer(
        candidate,
        link,
        portion,
        costs,
        price_s,
        binding,
        chance,
        chance * candidate.worth(situation.now_s) / max(1, bytes_on_air),
        obstacle,
        short,
        ready_in_s,
    )


def _costs(link: LinkState, portion: int, energy: Budget | None) -> Iterator[Cost]:
    """What sending ``portion`` bytes takes, the link's session included where it is not up."""
    tariff = link.tariff
    on_air = portion + tariff.overhead_bytes
    airtime_ms = tariff.rate.airtime_ms(on_air) if tariff.rate is not None else 0.0
    amounts = {
        Resource.AIRTIME: airtime_ms,
        Resource.DATA: on_air + tariff.session_bytes,
        Resource.MESSAGES: 1,
        Resource.ENERGY: tariff.session_joules
        + tariff.joules
        + tariff.joules_per_byte * on_air
        + tariff.watts_on_air * airtime_ms / 1000,
    }
    for budget in link.budgets:
        yield Cost(budget, amounts[budget.resource])
    if energy is not None:
        yield Cost(energy, amounts[Resource.ENERGY])


def _price(
    link: LinkState, portion: int, transmissions: int, costs: tuple[Cost, ...], sharing: int
) -> tuple[float, str | None]:
    """The price in seconds of the scarcest budget, and which that is.

    A session is paid for in full, but priced by the share of it: all that waits goes with it.
    """
    tariff = link.tariff
    price_s = transmissions * (portion + tariff.overhead_bytes) / _FREE_BYTES_PER_S
    binding = None
    session = {Resource.ENERGY: tariff.session_joules, Resource.DATA: tariff.session_bytes}
    for cost in costs:
        once = session.get(cost.budget.resource, 0.0)
        amount = transmissions * (cost.amount - once) + once / max(1, sharing)
        seconds = amount / max(cost.budget.left, _LEAST_LEFT) * cost.budget.window_s
        if seconds > price_s:
            price_s, binding = seconds, cost.budget.name
    return price_s, binding


def _obstacle(
    candidate: Candidate, link: LinkState, situation: Situation, costs: tuple[Cost, ...]
) -> tuple[Obstacle | None, str | None, float | None]:
    alert, now_s = candidate.value_class is ValueClass.ALERT, situation.now_s
    for cost in costs:
        if cost.amount > cost.budget.attainable(alert) + _NOTHING:
            return Obstacle.NEVER, cost.budget.name, None
    if candidate.value_class in situation.spared:
        return Obstacle.SPARED, None, _SPARED_S
    if link.down is not None:
        return Obstacle.DOWN, None, None
    unanswered_s = candidate.not_before_s
    if link.form is Form.RADIO:
        unanswered_s = max(unanswered_s, candidate.short_until_s)
    if unanswered_s > now_s:
        return Obstacle.UNANSWERED, None, unanswered_s - now_s
    for cost in costs:
        if cost.amount > cost.budget.spendable(alert) + _NOTHING:
            return Obstacle.BUDGET, cost.budget.name, cost.budget.refill_in_s
    if link.ready_in_s > 0:
        return Obstacle.BUSY, None, link.ready_in_s
    return None, None, 0.0
