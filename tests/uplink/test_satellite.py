"""News leave in full messages over a simulated satellite modem on a real serial line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.spool.items import NewsItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.satellite import SatelliteStage, SatelliteTerms
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.channel import open_up
from edge.wire.air.downlink import next_down_counter
from edge.wire.air.frame import FrameRefused, Number, Stream, key_id_of, seal_frame
from edge.wire.air.pack import SATELLITE_BYTES, unpacked
from edge.wire.air.window import Seen
from firmware_bridge.simulators.iridium_sky import Fate
from tests.firmware_bridge.iridium import Field
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target, an_item

STATION, BASECAMP = StationKey.generate(), BasecampKey.generate()
KEYS = RadioKeys.of_station("ridge-1", STATION, BASECAMP.token)
HOUR_S = 3600.0
NO_SERVICE = 32
BEAT = b"\x21\0\0\0" + bytes(30)


class Ridge:
    """A station under the open sky, and basecamp behind the gateway."""

    def __init__(self, folder: Path, field: Field) -> None:
        self.field = field
        self.terms = SatelliteTerms(heartbeat_s=0)
        self.spool = Spool(folder, BASECAMP.token.seal, Budget(min_free_bytes=0))
        self.notes = Notes()
        self._down = -1
        self.stage = self.rebooted()

    def rebooted(self) -> SatelliteStage:
        clock = self.field.clock
        dispatcher = Dispatcher(self.spool.queue, self.spool.keepsake("schedule"), now=clock)
        self.dispatcher = dispatcher
        self.stage = SatelliteStage(
            self.spool,
            lambda: self.field.modem,
            Hearing(self.spool, KEYS, dispatcher, self.notes, now=clock),
            lambda: BEAT,
            self.terms,
            self.notes,
            dispatcher,
            now=clock,
        )
        return self.stage

    def find(self, number: int, priority: Priority = Priority.SIGHTING, size: int = 32) -> bytes:
        """A leopard: its news are committed with its verdict."""
        about = number.to_bytes(size - 4, "big")
        item = replace(an_item(number), priority=priority)
        news = NewsItem(item.item_id, priority, b"\x11\0\0\0" + about)
        self.spool.admit(a_burst(number))
        self.spool.settle(replace(a_target(number, item), news=(news,)))
        return about

    def passes(self, seconds: float) -> None:
        self.field.clock.now_s += seconds

    @property
    def arrived(self) -> list[list[bytes]]:
        """What each message held, as basecamp understands it; repeated ones are refused."""
        keys = RadioKeys.of_basecamp("ridge-1", STATION.token, BASECAMP)
        seen, found = Seen(), []
        for message in self.field.messages:
            try:
                opened = open_up(message, keys, seen)
            except FrameRefused:
                continue
            seen = opened.seen
            found.append([record[4:] for record in unpacked(opened.content)])
        return found

    def answer(self, *numbers: int) -> None:
        """Basecamp's word waits in the gateway for the next session."""
        key_id = key_id_of(self.field.messages[-1])
        (record,) = encode_radio_acknowledgements(RadioAcknowledgement(key_id, numbers))
        self._down = next_down_counter(self._down, datetime.now(UTC))
        number = Number(0, self._down)
        self.field.sim.send_downlink(
            seal_frame(record, KEYS.key(0), "ridge-1", Stream.DOWN, number)
        )


@pytest.fixture
def ridge(tmp_path: Path) -> Iterator[Ridge]:
    field = Field()
    with field.running():
        ridge = Ridge(tmp_path / "spool", field)
        yield ridge
        ridge.stage.close()
        ridge.spool.close()


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


def test_a_session_that_failed_is_repeated_with_the_same_bytes(ridge: Ridge) -> None:
    person = ridge.find(1, Priority.ALERT)
    ridge.field.sim.meet(Fate(NO_SERVICE))
    assert not ridge.stage.step()
    ridge.passes(HOUR_S)
    assert ridge.stage.step()
    assert ridge.arrived == [[person]]


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


def test_after_a_reboot_what_was_not_answered_is_said_once_more(ridge: Ridge) -> None:
    person = ridge.find(1, Priority.ALERT)
    assert ridge.stage.step()
    ridge.rebooted()
    assert ridge.stage.step()
    assert ridge.arrived == [[person], [person]]


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
