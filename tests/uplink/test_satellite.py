"""News in full messages over a simulated satellite modem on a real serial line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.spool.items import Priority
from edge.uplink.satellite import SatelliteTerms
from edge.wire.air.pack import SATELLITE_BYTES

from .satellite_ridge import (
    BEAT,
    HOUR_S,
    Ridge,
    Wifi,
    on_a_ridge,
)


@pytest.fixture
def ridge(tmp_path: Path) -> Iterator[Ridge]:
    with on_a_ridge(tmp_path / "spool") as ridge:
        yield ridge


def test_an_alert_goes_at_once_and_takes_along_what_fits(ridge: Ridge) -> None:
    leopards = [ridge.find(number) for number in range(1, 13)]
    person = ridge.find(20, Priority.ALERT, size=24)
    assert ridge.stage.step()
    assert ridge.arrived == [[person, *leopards[:9]]]
    assert len(ridge.field.messages[0]) <= SATELLITE_BYTES


def test_a_few_sightings_wait_for_company_until_they_waited_long_enough(ridge: Ridge) -> None:
    first = ridge.find(1)
    assert not ridge.stage.step()
    ridge.passes(5 * HOUR_S)
    second = ridge.find(2)
    assert not ridge.stage.step()
    ridge.passes(1 * HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived == [[first, second]]


def test_a_full_message_waits_no_longer(ridge: Ridge) -> None:
    for number in range(1, 12):
        ridge.find(number)
    assert ridge.stage.step()
    assert len(ridge.arrived[0]) == 9


def test_between_messages_without_an_alert_lies_a_pause(ridge: Ridge) -> None:
    for number in range(1, 30):
        ridge.find(number)
    assert ridge.stage.step()
    assert not ridge.stage.step()
    ridge.passes(HOUR_S)
    assert ridge.stage.step()
    found = [about for message in ridge.arrived for about in message]
    assert len(found) == len(set(found)) == 18


def test_what_basecamp_has_is_let_go_and_what_it_never_had_goes_again(ridge: Ridge) -> None:
    ridge.find(1, Priority.ALERT)
    lost = ridge.find(2, Priority.ALERT)
    assert ridge.stage.step()
    first = ridge.spool.news.waiting(1)[0].number
    ridge.answer(first)
    ridge.find(3, Priority.ALERT)
    assert ridge.stage.step()
    assert ridge.spool.news.count() == 2
    ridge.passes(25 * HOUR_S)
    assert ridge.stage.step()
    assert lost in ridge.arrived[-1]


def test_what_has_waited_longest_gets_its_turn_behind_many_alerts(ridge: Ridge) -> None:
    old = ridge.find(1)
    for number in range(100, 100 + 160):
        ridge.find(number, Priority.ALERT)
    for _ in range(8):
        assert ridge.stage.step()
        ridge.passes(HOUR_S)
    assert old in [about for message in ridge.arrived for about in message]


def test_news_that_waited_before_a_reboot_wait_no_full_time_again(ridge: Ridge) -> None:
    leopard = ridge.find(1)
    assert not ridge.stage.step()
    ridge.days_later = 1
    ridge.rebooted()
    assert ridge.stage.step()
    assert ridge.arrived == [[leopard]]


def test_a_modem_that_is_missing_is_told_at_once_and_taken_up_when_it_is_there(
    ridge: Ridge,
) -> None:
    ridge.modem_is_there = False
    assert not ridge.stage.step()
    assert ridge.notes.troubles == ["satellite: no such port"]
    assert ridge.stage.link().down == "no such port"
    person = ridge.find(1, Priority.ALERT)
    ridge.modem_is_there = True
    ridge.passes(300)
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]
    assert ridge.stage.link().down is None


def test_news_are_left_to_a_link_that_costs_less(ridge: Ridge) -> None:
    ridge.dispatcher.join(Wifi())
    ridge.find(1, Priority.ALERT)
    assert not ridge.stage.step()
    ridge.dispatcher.join(Wifi(down="no network"))
    ridge.passes(3)
    assert ridge.stage.step()


def test_one_message_a_day_is_for_sightings_as_well(ridge: Ridge) -> None:
    ridge.terms = replace(ridge.terms, hold_s=0, day_messages=1)
    ridge.rebooted()
    leopard = ridge.find(1)
    assert ridge.stage.step()
    assert ridge.arrived == [[leopard]]


def test_a_forged_word_lets_go_of_nothing(ridge: Ridge) -> None:
    ridge.find(1, Priority.ALERT)
    ridge.field.sim.send_downlink(bytes(40))
    assert ridge.stage.step()
    assert ridge.spool.news.count() == 1
    assert "refused" in ridge.notes.troubles[0]


def test_a_day_holds_so_many_messages_and_the_last_are_for_alerts(ridge: Ridge) -> None:
    ridge.terms = SatelliteTerms(hold_s=0, pause_s=0, day_messages=5, heartbeat_s=0)
    ridge.rebooted()
    for number in range(1, 8):
        ridge.find(number)
        ridge.stage.step()
        ridge.rebooted()  # a reboot gives nothing back
        ridge.passes(60)
    assert len(ridge.field.messages) == 4
    ridge.find(20, Priority.ALERT)
    assert ridge.stage.step()
    ridge.find(21, Priority.ALERT)
    assert not ridge.stage.step()
    ridge.passes(24 * HOUR_S)
    assert ridge.stage.step()


def test_news_that_another_link_has_in_hand_are_left_to_it(ridge: Ridge) -> None:
    ridge.find(1)
    ridge.passes(12 * HOUR_S)
    (waiting,) = ridge.spool.news.waiting(1)
    ridge.dispatcher.rode_along("lorawan", [waiting.item_id], 900.0)
    assert not ridge.stage.step()
    ridge.passes(2 * HOUR_S)
    assert not ridge.stage.step()  # seen again, and held for company
    ridge.passes(6 * HOUR_S)
    assert ridge.stage.step()


def test_a_heartbeat_goes_along_with_news_and_alone_only_when_its_time_is_over(
    ridge: Ridge,
) -> None:
    ridge.terms = SatelliteTerms(heartbeat_s=24 * HOUR_S)
    ridge.rebooted()
    assert not ridge.stage.step()  # a reboot costs no message
    ridge.passes(60)
    person = ridge.find(1, Priority.ALERT)
    assert ridge.stage.step()
    assert ridge.arrived == [[person, BEAT[4:]]]
    ridge.passes(23 * HOUR_S)
    assert not ridge.stage.step()
    ridge.passes(2 * HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived[-1][-1] == BEAT[4:]
    ridge.passes(HOUR_S)
    assert not ridge.stage.step()
