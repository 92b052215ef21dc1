"""Which item, over which link."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from edge.uplink.schedule.choose import Decision, Wait, choose
from edge.uplink.schedule.energy import spared
from edge.uplink.schedule.explain import standings
from edge.uplink.schedule.offers import Obstacle, Offer, offers
from edge.uplink.schedule.situation import Form, LinkState, Situation
from edge.uplink.schedule.values import WORTH, ValueClass
from tests.uplink.schedule.makers import (
    DR0,
    airtime,
    an_item,
    cellular,
    data,
    joules,
    lorawan,
    slow_lorawan,
    the_situation,
    wifi,
)

DAY_S = 86_400.0


def decided(situation: Situation) -> Decision:
    outcome = choose(situation)
    assert isinstance(outcome, Decision)
    return outcome


def obstacle(situation: Situation, link: str = "lorawan") -> Offer:
    (offer,) = [one for one in choose(situation).table if one.link.name == link]
    return offer


@pytest.mark.parametrize("link", [wifi(), lorawan()], ids=["wifi", "lorawan"])
@pytest.mark.parametrize("day", [0, 1, 40])
def test_a_byte_of_a_better_class_goes_first_however_old_either_is(
    link: LinkState, day: int
) -> None:
    young = [an_item(value, value, event_s=40 * DAY_S) for value in ValueClass]
    old = [an_item(100 + value, value, event_s=(40 - day) * DAY_S) for value in ValueClass]
    for better, worse in pairwise(ValueClass):
        if ValueClass.RECORD in (better, worse) and link.name == "lorawan":
            continue  # it has no radio form
        if link.form not in old[better].sizes or link.form not in young[worse].sizes:
            continue
        both = the_situation(old[better], young[worse], links=(link,), now_s=40 * DAY_S)
        assert decided(both).offer.candidate is old[better]
        other = the_situation(young[better], old[worse], links=(link,), now_s=40 * DAY_S)
        assert decided(other).offer.candidate is young[better]


def test_of_equal_news_the_fresher_goes_first() -> None:
    old, fresh = an_item(1), an_item(2, event_s=3 * DAY_S)
    situation = the_situation(old, fresh, links=(wifi(),), now_s=3 * DAY_S)
    assert decided(situation).offer.candidate is fresh


def test_a_worth_rises_towards_its_deadline_and_not_after() -> None:
    worth = WORTH[ValueClass.NEW_CAT]
    assert worth.due_s is not None
    assert worth.at(worth.due_s) > worth.at(worth.due_s / 2)
    assert worth.at(worth.due_s + 1) < worth.at(worth.due_s / 2)


def test_equal_items_go_by_waiting_time_then_by_id() -> None:
    items = [an_item(number, waiting_since_s=5.0) for number in range(6)]
    first = an_item(7, waiting_since_s=4.0)
    by_id = sorted(items, key=lambda item: item.item_id)
    for order in (items, items[::-1]):
        outcome = decided(the_situation(*order, first, links=(wifi(),), now_s=9.0))
        assert [offer.candidate for offer in outcome.table] == [first, *by_id]


def test_one_crop_goes_by_radio_and_forty_share_a_session() -> None:
    """Bringing cellular up costs 120 J: too much for one crop, little for each of forty."""
    links, crop = (lorawan(), cellular()), ValueClass.BEST_CROP
    alone = the_situation(an_item(1, crop), links=links, energy=joules(2_000))
    assert decided(alone).offer.link.name == "lorawan"
    forty = [an_item(number, crop) for number in range(40)]
    together = the_situation(*forty, links=links, energy=joules(2_000))
    assert decided(together).offer.link.name == "cellular"


def test_the_scarcest_budget_sets_the_price() -> None:
    link = cellular(budgets=(data(), data(left=20_000)))
    (offer,) = offers(the_situation(an_item(1), links=(link,), energy=joules(20_000)))
    amount = 561 + 60 + 6_000
    assert offer.price_s == pytest.approx(amount / 20_000 * DAY_S)
    assert offer.binding == "data of the day"


def test_a_poor_link_is_taken_where_a_better_one_costs_even_more() -> None:
    poor = lorawan(delivery=0.05)
    good = lorawan(name="another", delivery=0.9)
    assert decided(the_situation(an_item(1), links=(poor, good))).offer.link is good
    good = lorawan(name="another", delivery=0.9, budgets=(airtime(1_000, reserve=0),))
    assert decided(the_situation(an_item(1), links=(poor, good))).offer.link is poor


def test_a_link_that_takes_all_and_answers_nothing_keeps_no_alert_from_the_others() -> None:
    """A broker whose basecamp is gone costs nothing, which is no reason to try it for ever."""
    broker = LinkState("mqtt", Form.MESSAGE)
    links = (broker, lorawan(delivery=0.2))
    alert = an_item(1, ValueClass.ALERT, tries={"mqtt": 1})
    assert decided(the_situation(alert, links=links)).offer.link.name == "mqtt"
    alert = an_item(1, ValueClass.ALERT, tries={"mqtt": 2})
    assert decided(the_situation(alert, links=links)).offer.link.name == "lorawan"
    alert = an_item(1, ValueClass.ALERT, tries={"mqtt": 2, "lorawan": 2})
    assert decided(the_situation(alert, links=links)).offer.link.name == "mqtt"


def test_an_unanswered_attempt_speaks_for_the_other_link() -> None:
    tried = an_item(1, tries={"lorawan": 1})
    links = (lorawan(), lorawan(name="second"))
    assert decided(the_situation(tried, links=links)).offer.link.name == "second"


@pytest.mark.parametrize(
    ("situation", "expected"),
    [
        (the_situation(an_item(1, ValueClass.AUDIT), links=(lorawan(),)), Obstacle.NO_FORM),
        (
            the_situation(an_item(1), links=(lorawan(takes=ValueClass.ALERT),)),
            Obstacle.NOT_FOR_IT,
        ),
        (the_situation(an_item(1, ValueClass.CROP), links=(slow_lorawan(),)), Obstacle.TOO_LARGE),
        (the_situation(an_item(1), links=(lorawan(payload_bytes=0),)), Obstacle.TOO_LARGE),
        (the_situation(an_item(1), links=(lorawan(down="no gateway"),)), Obstacle.DOWN),
        (the_situation(an_item(1, not_before_s=9), links=(lorawan(),)), Obstacle.UNANSWERED),
        (the_situation(an_item(1), links=(lorawan(ready_in_s=3),)), Obstacle.BUSY),
        (
            the_situation(an_item(1), links=(lorawan(budgets=(airtime(left_ms=6_050),)),)),
            Obstacle.BUDGET,
        ),
        (
            the_situation(an_item(1), links=(lorawan(budgets=(airtime(reserve=35_950),)),)),
            Obstacle.NEVER,
        ),
        (the_situation(an_item(1), links=(lorawan(),), energy=joules(0.1)), Obstacle.BUDGET),
    ],
)
def test_what_stands_in_the_way_is_told(situation: Situation, expected: Obstacle) -> None:
    assert obstacle(situation).obstacle is expected
    assert isinstance(choose(situation), Wait)


def test_the_reserve_is_for_alerts_alone() -> None:
    links = (slow_lorawan(budgets=(airtime(left_ms=DR0.airtime_ms(51) + 5_999),)),)
    assert isinstance(choose(the_situation(an_item(1), links=links)), Wait)
    alert = an_item(2, ValueClass.ALERT)
    assert decided(the_situation(an_item(1), alert, links=links)).offer.candidate is alert


def test_a_wait_ends_when_the_first_thing_changes() -> None:
    links = (lorawan(budgets=(airtime(0, refill_in_s=700),)), cellular(ready_in_s=40))
    outcome = choose(the_situation(an_item(1), links=links))
    assert isinstance(outcome, Wait)
    assert outcome.wake_in_s == 40


def test_nothing_to_send_and_nothing_to_send_it_over_are_waits_without_end() -> None:
    assert choose(the_situation(links=(wifi(),))) == Wait(None, ())
    assert choose(the_situation(an_item(1), links=())) == Wait(None, ())
    down = choose(the_situation(an_item(1), links=(wifi(down="no broker answers"),)))
    assert isinstance(down, Wait)
    assert down.wake_in_s is None


def test_a_part_of_a_large_item_fills_the_payload() -> None:
    crop = an_item(1, ValueClass.BEST_CROP)
    assert decided(the_situation(crop, links=(lorawan(),))).offer.portion_bytes == 230


def test_the_table_begins_with_the_choice_and_ends_with_what_never_fits() -> None:
    items = [an_item(value, value) for value in ValueClass]
    outcome = decided(the_situation(*items, links=(lorawan(), wifi(down="no broker answers"))))
    assert outcome.table[0] is outcome.offer
    places = [
        0 if o.obstacle is None else 1 if o.obstacle is Obstacle.DOWN else 2 for o in outcome.table
    ]
    assert places == sorted(places)
    assert len(outcome.table) == 2 * len(items)


def test_what_the_battery_does_not_afford_waits_and_says_so() -> None:
    crop, record, news = an_item(1, ValueClass.CROP), an_item(2, ValueClass.RECORD), an_item(3)
    all_of_it = the_situation(crop, record, news, links=(wifi(),))
    low = replace(all_of_it, spared=spared(crops=False, full_records=False))
    outcome = decided(low)
    assert outcome.offer.candidate is news
    waiting = {offer.candidate.item_id: offer for offer in outcome.table[1:]}
    for item in (crop, record):
        assert waiting[item.item_id].obstacle is Obstacle.SPARED
    told = {one.item_id: one.verdict for one in standings(low, outcome)}
    assert "the battery is spared" in told[crop.item_id.hex()]
    assert spared(crops=True, full_records=True) == frozenset()


def test_an_alert_and_news_in_no_form_never_wait_for_the_battery() -> None:
    for value in (ValueClass.ALERT, ValueClass.NEW_CAT, ValueClass.KNOWN_CAT, ValueClass.TELEMETRY):
        assert value not in spared(crops=False, full_records=False)
