"""Several links, one channel: no number is used twice, and no word of basecamp's is lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.spool.counters import CountersSpent, RadioCounters
from edge.spool.errors import SpoolFull
from edge.spool.retention import Room
from edge.spool.spool import Spool
from edge.uplink.hearing import KEYS_SPENT, TOLD_EVERY_S, Hearing, numbered
from edge.uplink.radio.regions_tables import region
from edge.uplink.schedule.situation import Candidate, Form, LinkState
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.answers import joined
from edge.wire.air.fragments import CropName
from edge.wire.air.frame import parse_frame
from edge.wire.air.want import Want, Wanted, encode_want
from firmware_bridge.modem import Downlink, Exchange, Uplink
from tests.spool.makers import an_item, burst_id
from tests.uplink.radio.ridge import RIDGE, Clock, Ear, Ether, Ridge

PATIENCE_S = 60.0


class Line:
    """Another link for short records."""

    name = "satellite"

    def link(self) -> LinkState:
        return LinkState(self.name, Form.RADIO)

    def own(self, now_s: float) -> Sequence[Candidate]:
        return ()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ear() -> Ear:
    return Ear()


@pytest.fixture
def ridge(tmp_path: Path, ear: Ear, clock: Clock) -> Iterator[Ridge]:
    made = Ridge(tmp_path / "spool", lambda _: Ether(ear, clock), region("EU868"), clock)
    yield made
    made.close()


def key_id_of(ridge: Ridge) -> int:
    """Of the frames that this spool seals; the first of them is spent for it."""
    return parse_frame(ridge.hearing.sealer.seal(b"\x11")).number.key_id


def word(ear: Ear, key_id: int, *numbers: int) -> bytes:
    """A downlink that acknowledges these."""
    (record,) = encode_radio_acknowledgements(RadioAcknowledgement(key_id, numbers))
    return ear.sealed(record)


def numbers_of_news(spool: Spool) -> list[int]:
    return [one.number for one in spool.news.waiting(100)]


def at_once(*works: Callable[[], object]) -> None:
    """All of them, each on a thread that begins when every other is ready."""
    ready = threading.Barrier(len(works))
    failed: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            ready.wait(PATIENCE_S)
            work()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert not failed and not any(thread.is_alive() for thread in threads)


def test_two_links_never_use_a_number_twice(ridge: Ridge) -> None:
    """Each with a Hearing of its own, even: the numbers are the spool's."""
    other = Hearing(ridge.spool, RIDGE, ridge.dispatcher, ridge.notes)
    sealed: tuple[list[bytes], list[bytes]] = ([], [])

    def say(hearing: Hearing, into: list[bytes]) -> None:
        into.extend(hearing.sealer.seal(b"\x11 a leopard") for _ in range(300))

    at_once(lambda: say(ridge.hearing, sealed[0]), lambda: say(other, sealed[1]))
    numbers = [parse_frame(frame).number for frame in (*sealed[0], *sealed[1])]
    assert len(set(numbers)) == 600


def test_words_that_two_links_hear_at_the_same_time_are_both_taken(
    ridge: Ridge, ear: Ear, clock: Clock
) -> None:
    key_id = key_id_of(ridge)
    for round_number in range(20):
        for number in range(2):
            ridge.find(2 * round_number + number)
        words = [word(ear, key_id, number) for number in numbers_of_news(ridge.spool)]
        at_once(
            partial(ridge.hearing.take, "lorawan", [Downlink(words[0])]),
            partial(ridge.hearing.take, "satellite", [Downlink(words[1])]),
        )
        assert not ridge.news_wait()
        assert not ridge.notes.troubles
        ridge.hearing.take("lorawan", [Downlink(one) for one in words])
        (refused,) = ridge.notes.troubles
        assert "came before" in refused, "that both came is remembered"
        ridge.notes.troubles.clear()
        clock.now_s += TOLD_EVERY_S


def test_two_links_that_run_at_once_say_all_news_and_each_word_counts(
    tmp_path: Path, ear: Ear, clock: Clock
) -> None:
    """Two radios on one spool, each on its own thread, over air that loses a third."""
    ether = Ether(ear, clock, loss=0.3)
    lock = threading.Lock()

    class Shared(Ether):
        """One air for both: who speaks, speaks alone."""

        def exchange(self, uplink: Uplink | None) -> Exchange:
            with lock:
                return ether.exchange(uplink)

    ridge = Ridge(tmp_path / "spool", lambda _: Shared(ear, clock), region("US915"), clock)
    cats = {ridge.find(number) for number in range(12)}

    def other_link() -> None:
        """Says whatever the first leaves to it, in its own way."""
        line = Line()
        ridge.dispatcher.join(line)
        while ridge.news_wait():
            decision = ridge.dispatcher.next_for(line.name)
            if decision is None:
                clock.now_s += 20.0
                continue
            found = ridge.spool.news.of(decision.offer.candidate.item_id)
            if found is None:
                continue
            frame = ridge.hearing.sealer.seal(numbered(found))
            with lock:
                exchange = ether.exchange(Uplink(frame))
            ridge.dispatcher.carried(decision, 900.0)
            ridge.hearing.said(line.name, [found.item_id])
            ridge.hearing.take(line.name, exchange.downlinks)

    def first_link() -> None:
        while ridge.news_wait():
            if not ridge.stage.step():
                clock.now_s += 20.0

    at_once(first_link, other_link)
    assert set(ear.told) == cats
    assert not ear.refused and len(set(ear.frames)) == len(ear.frames)
    ridge.close()


def test_refusals_are_told_once_an_hour_with_their_number(ridge: Ridge, clock: Clock) -> None:
    garbage = [Downlink(bytes(40))] * 50
    ridge.hearing.take("lorawan", garbage)
    assert len(ridge.notes.troubles) == 1
    clock.now_s += TOLD_EVERY_S
    ridge.hearing.take("lorawan", garbage)
    assert len(ridge.notes.troubles) == 2
    assert ridge.notes.troubles[1].startswith("lorawan: 50 downlinks were refused")


def test_a_word_about_another_spool_s_numbers_releases_nothing(ridge: Ridge, ear: Ear) -> None:
    other = (key_id_of(ridge) + 1) % 64
    ridge.find(1)
    (number,) = numbers_of_news(ridge.spool)
    ridge.hearing.take("lorawan", [Downlink(word(ear, other, number))])
    assert ridge.news_wait()
    assert not ridge.notes.troubles, "authentic, but not about this spool"


def test_a_want_reaches_whoever_sends_crops_with_its_downlink_s_number(
    ridge: Ridge, ear: Ear
) -> None:
    heard: list[tuple[Want, int]] = []
    hearing = Hearing(
        ridge.spool, RIDGE, ridge.dispatcher, ridge.notes, lambda want, n: heard.append((want, n))
    )
    wanted = Wanted(3, CropName(b"\x01\x02\x03\x04", 0))
    hearing.take("satellite", [Downlink(ear.want(wanted))])
    hearing.take("satellite", [Downlink(ear.want())])
    (first, earlier), (second, later) = heard
    assert (first, second) == (Want((wanted,)), Want())
    assert earlier < later == ear.down


def test_a_word_tells_that_it_was_not_earlier_and_a_forged_one_nothing(
    ridge: Ridge, ear: Ear
) -> None:
    told: list[datetime] = []
    hearing = Hearing(ridge.spool, RIDGE, ridge.dispatcher, ridge.notes, on_time=told.append)
    frame = word(ear, key_id_of(ridge), 1)
    hearing.take("lorawan", [Downlink(frame[:-1] + bytes([frame[-1] ^ 1]))])
    assert told == []
    hearing.take("lorawan", [Downlink(frame)])
    assert told == [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=ear.down - 60)]


def test_an_answer_counts_as_an_arrival_over_the_link_that_spoke_last(
    ridge: Ridge, ear: Ear
) -> None:
    ridge.dispatcher.join(Line())
    key_id, item_id = key_id_of(ridge), an_item(1).item_id
    chances = []

    def note_chances() -> None:
        decision = ridge.dispatcher.next_for("lorawan") or ridge.dispatcher.next_for("satellite")
        assert decision is not None
        links = {offer.link.name: offer.link.delivery for offer in decision.table}
        chances.append((links["lorawan"], links["satellite"]))

    ridge.find(1)
    ridge.find(2)
    note_chances()
    ridge.hearing.said("lorawan", [item_id])
    ridge.hearing.said("satellite", [item_id])  # so the first was not answered
    note_chances()
    ridge.hearing.take("lorawan", [Downlink(word(ear, key_id, numbers_of_news(ridge.spool)[0]))])
    note_chances()
    before, unanswered, answered = chances
    assert unanswered[0] < before[0] and unanswered[1] == before[1]
    assert answered[0] == unanswered[0] and answered[1] > before[1]


@pytest.mark.parametrize("place", [0, 1])
def test_a_word_counts_although_a_later_version_says_more_with_it(
    ridge: Ridge, ear: Ear, place: int
) -> None:
    ridge.find(1)
    numbers = tuple(numbers_of_news(ridge.spool))
    records = encode_radio_acknowledgements(RadioAcknowledgement(key_id_of(ridge), numbers))
    records.insert(place, b"\xe1 what is this")
    ridge.hearing.take("lorawan", [Downlink(ear.sealed(joined(records)))])
    assert not ridge.news_wait()
    assert ridge.notes.acknowledgements
    (refused,) = ridge.notes.troubles
    assert "a downlink was refused" in refused


def test_a_want_that_finds_no_room_is_heard_once_there_is_some(
    ridge: Ridge, ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And basecamp's word that came with it counts at once."""
    ridge.find(1)
    heard: list[Want] = []
    rescues: list[None] = []
    monkeypatch.setattr(Room, "rescue", lambda _: rescues.append(None))

    def hear(want: Want, _: int) -> None:
        if len(rescues) < 2:
            raise SpoolFull("no room left on the card")
        heard.append(want)

    hearing = Hearing(ridge.spool, RIDGE, ridge.dispatcher, ridge.notes, hear)
    decision = ridge.dispatcher.next_for("lorawan")
    assert decision is not None
    ridge.dispatcher.carried(decision, 900.0)
    (told,) = encode_radio_acknowledgements(
        RadioAcknowledgement(key_id_of(ridge), tuple(numbers_of_news(ridge.spool)))
    )
    frame = ear.sealed(joined([told, encode_want(Want(()))]))
    with pytest.raises(SpoolFull):
        hearing.take("lorawan", [Downlink(frame)])
    assert not ridge.dispatcher.under_way()
    hearing.take("lorawan", [Downlink(frame)])
    assert heard == [Want(())]


def test_a_word_is_told_by_the_bursts_that_it_is_about(ridge: Ridge, ear: Ear) -> None:
    key_id = key_id_of(ridge)
    for number in (1, 2):
        ridge.find(number)
    ridge.hearing.take("lorawan", [Downlink(word(ear, key_id, *numbers_of_news(ridge.spool)))])
    told = [(ItemKind.SIGHTING, burst_id(1)), (ItemKind.SIGHTING, burst_id(2))]
    assert sorted(ridge.notes.acknowledgements) == sorted(told)


def test_whoever_waits_for_a_sign_of_life_is_told_that_a_heartbeat_arrived(
    ridge: Ridge, ear: Ear
) -> None:
    key_id = key_id_of(ridge)
    ridge.hearing.take("lorawan", [Downlink(word(ear, key_id, 0))])
    assert ridge.notes.acknowledgements == [(ItemKind.HEARTBEAT, None)]


def test_the_alarm_of_spent_keys_ends_with_a_station_key_that_has_some_left(
    ridge: Ridge, monkeypatch: pytest.MonkeyPatch
) -> None:
    ridge.hearing.spent(CountersSpent("all radio keys of this station are spent"))
    monkeypatch.setattr(RadioCounters, "are_spent", True)
    Hearing(ridge.spool, RIDGE, ridge.dispatcher, ridge.notes)
    assert set(ridge.spool.ledger.alarms()) == {KEYS_SPENT}
    monkeypatch.setattr(RadioCounters, "are_spent", False)
    Hearing(ridge.spool, RIDGE, ridge.dispatcher, ridge.notes)
    assert ridge.spool.ledger.alarms() == {}
