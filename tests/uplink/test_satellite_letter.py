"""A message that could not leave: what becomes of it, and of the news in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.spool.errors import SpoolFull
from edge.spool.items import Priority
from edge.spool.keepsake import Keepsake
from firmware_bridge.simulators.iridium_sky import Fate

from .satellite_ridge import (
    HOUR_S,
    LOST_CONNECTION,
    NO_SERVICE,
    PowerCut,
    Ridge,
    on_a_ridge,
)


@pytest.fixture
def ridge(tmp_path: Path) -> Iterator[Ridge]:
    with on_a_ridge(tmp_path / "spool") as ridge:
        yield ridge


def no_room(*_: object) -> None:
    raise SpoolFull("no room")


def test_a_session_that_failed_is_repeated_with_the_same_bytes(ridge: Ridge) -> None:
    person = ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.passes(HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]


def test_a_reboot_repeats_nothing_that_left_before_its_day_is_over(ridge: Ridge) -> None:
    person = ridge.find(1, Priority.ALERT)
    assert ridge.stage.step()
    ridge.rebooted()
    assert not ridge.stage.step()
    ridge.passes(29 * HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived == [[person], [person]]


def test_a_message_that_a_reboot_overtook_goes_as_it_is_and_costs_once(ridge: Ridge) -> None:
    ridge.terms = replace(ridge.terms, day_messages=1)
    ridge.rebooted()
    person = ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(LOST_CONNECTION, arrives=True))
    assert not ridge.stage.step()
    ridge.rebooted()
    ridge.passes(60)
    assert ridge.stage.step()
    assert len(ridge.field.messages) == 2
    assert len(set(ridge.field.messages)) == 1
    assert ridge.arrived == [[person]]


def test_a_power_cut_in_a_session_delays_an_alert_by_no_day(ridge: Ridge) -> None:
    ridge.terms = replace(ridge.terms, day_messages=5)
    ridge.rebooted()
    person = ridge.find(1, Priority.ALERT)
    with ridge.no_power_in_a_session(), pytest.raises(PowerCut):
        ridge.stage.step()
    ridge.rebooted()
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]


def test_a_message_that_is_longer_than_messages_are_today_is_written_anew(ridge: Ridge) -> None:
    for number in range(1, 12):
        ridge.find(number)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.terms = replace(ridge.terms, most_bytes=100)
    ridge.rebooted()
    ridge.passes(60)
    assert ridge.stage.step()
    assert [len(message) for message in ridge.arrived] == [2]
    assert len(ridge.field.messages[0]) <= 100


def test_an_alert_does_not_wait_behind_a_message_that_cannot_leave(ridge: Ridge) -> None:
    leopards = [ridge.find(number) for number in range(1, 12)]
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.passes(60)
    person = ridge.find(20, Priority.ALERT)
    assert ridge.stage.step()
    assert ridge.arrived == [[person, *leopards[:8]]]


def test_an_alert_joins_no_queue_behind_an_alert_that_could_not_leave(ridge: Ridge) -> None:
    first = ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.passes(60)
    second = ridge.find(2, Priority.ALERT)
    assert ridge.stage.step()
    assert ridge.stage.step()
    assert ridge.arrived == [[first], [second]]


def test_what_another_link_took_over_is_left_to_it_and_taken_back(ridge: Ridge) -> None:
    person = ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    (waiting,) = ridge.spool.news.waiting(1)
    ridge.dispatcher.rode_along("lorawan", [waiting.item_id], 900.0)
    ridge.passes(60)
    assert not ridge.stage.step()
    ridge.passes(HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]


def test_on_a_full_card_an_alert_still_goes_and_is_paid_for_once(
    ridge: Ridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ridge.terms = replace(ridge.terms, day_messages=5)
    ridge.rebooted()
    person = ridge.find(1, Priority.ALERT)
    with monkeypatch.context() as patch:
        patch.setattr(Keepsake, "save", no_room)
        for _ in range(5):
            assert not ridge.stage.step()
            ridge.passes(10)
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]
    ridge.find(2, Priority.ALERT)
    assert ridge.stage.step()  # nothing was paid in vain


def test_what_another_link_brought_meanwhile_costs_no_message(ridge: Ridge) -> None:
    ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.spool.news.told([ridge.spool.news.waiting(1)[0].number])
    ridge.passes(HOUR_S)
    assert not ridge.stage.step()
    assert ridge.field.messages == []


def test_while_a_message_cannot_leave_its_news_may_go_another_way(ridge: Ridge) -> None:
    ridge.find(1, Priority.ALERT)
    (waiting,) = ridge.spool.news.waiting(1)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    assert ridge.dispatcher.under_way() == set()
    ridge.passes(HOUR_S)
    assert ridge.stage.step()
    assert ridge.dispatcher.under_way() == {waiting.item_id}
