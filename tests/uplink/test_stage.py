"""The uplink stage over a cable of the test's own: order, window, patience, and a full card."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.security.envelope import open_message
from edge.security.keys import BasecampKey, StationKey
from edge.spool.errors import SpoolFull
from edge.spool.items import NewsItem, OutboxItem, Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.schedule.situation import Form
from edge.uplink.stage import UplinkStage
from edge.wire.message import decode_message
from edge.wire.sealing import Identity
from tests.kit.cable import Cable
from tests.kit.station import Notes
from tests.spool.makers import a_burst, a_target, an_item, burst_id
from tests.uplink.lines import Line

BASECAMP = BasecampKey.generate()
STATION = StationKey.generate()
LONG_S = 1000.0


@pytest.fixture
def cable() -> Cable:
    return Cable()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    budget = Budget(min_free_bytes=0)
    with Spool(tmp_path / "spool", BASECAMP.token.seal, budget) as opened:
        yield opened


@pytest.fixture
def dispatcher(spool: Spool) -> Dispatcher:
    return Dispatcher(spool.queue, spool.keepsake("schedule"))


@pytest.fixture
def make_stage(
    spool: Spool, cable: Cable, notes: Notes, dispatcher: Dispatcher
) -> Callable[..., UplinkStage]:
    def make(window: int = 8, ack_timeout_s: float = LONG_S) -> UplinkStage:
        identity = Identity("ridge-1", STATION, BASECAMP.token)
        return UplinkStage(spool, cable, identity, notes, dispatcher, window, ack_timeout_s)

    return make


def queue(
    spool: Spool, number: int, *items: OutboxItem, with_news: bool = False
) -> list[OutboxItem]:
    items = items or (an_item(number, payload=f"item {number}".encode()),)
    news = tuple(NewsItem(item.item_id, item.priority, bytes(39)) for item in items if with_news)
    spool.admit(a_burst(number))
    spool.settle(replace(a_target(number, *items), news=news))
    return list(items)


def test_nothing_is_sent_before_the_link_is_up(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    cable.generation, cable.is_up = 0, False
    queue(spool, 1)
    assert not make_stage().step()
    assert cable.sent == []


def test_while_the_link_is_down_or_full_another_link_gets_what_it_would_carry(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage], dispatcher: Dispatcher
) -> None:
    radio = Line("radio", Form.RADIO)
    dispatcher.join(radio)
    (item,) = queue(spool, 1, with_news=True)
    stage = make_stage()
    cable.takes = False
    stage.step()
    found = dispatcher.next_for("radio")
    assert found is not None and found.offer.candidate.item_id == item.item_id
    dispatcher.put_back("radio")
    cable.is_up = False  # it was up once
    stage.step()
    assert stage.link().down is not None
    assert dispatcher.next_for("radio") is not None


def test_no_more_than_the_window_is_under_way(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    for number in range(5):
        queue(spool, number)
    stage = make_stage(window=2)
    for _ in range(3):
        stage.step()
    assert cable.sent == [b"item 0", b"item 1"]
    cable.answers = [an_item(0).item_id]
    stage.step()
    stage.step()
    assert cable.sent == [b"item 0", b"item 1", b"item 2"]


def test_what_the_link_does_not_take_is_offered_again(
    spool: Spool, cable: Cable, notes: Notes, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1)
    cable.takes = False
    stage = make_stage()
    assert not stage.step()
    cable.takes = True
    assert stage.step()
    assert notes.sends == [ItemKind.SIGHTING]


def test_what_the_card_did_not_take_goes_from_memory_until_it_is_acknowledged(
    spool: Spool, cable: Cable, notes: Notes, dispatcher: Dispatcher
) -> None:
    item = OutboxItem(bytes(16), ItemKind.HEARTBEAT, Priority.HEARTBEAT, None, b"the card fails")
    identity = Identity("ridge-1", STATION, BASECAMP.token)
    stage = UplinkStage(
        spool, cable, identity, notes, dispatcher, 8, LONG_S, unwritten=lambda: item
    )
    stage.step()
    stage.step()
    assert cable.sent == [b"the card fails"]
    cable.generation += 1  # the link came up anew before it was answered
    stage.step()
    assert cable.sent == 2 * [b"the card fails"]
    cable.answers.append(item.item_id)
    for _ in range(3):
        stage.step()
    cable.generation += 1
    stage.step()
    assert len(cable.sent) == 2
    assert spool.outbox.is_empty()


def test_an_acknowledged_item_is_released_and_told(
    spool: Spool, cable: Cable, notes: Notes, make_stage: Callable[..., UplinkStage]
) -> None:
    (item,) = queue(spool, 1)
    stage = make_stage()
    stage.step()
    cable.answers = [item.item_id, item.item_id, b"unknown"]
    stage.step()
    assert spool.outbox.is_empty()
    assert notes.acknowledgements == [(ItemKind.SIGHTING, burst_id(1))]


def test_when_the_link_came_up_anew_everything_is_sent_again(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1)
    stage = make_stage()
    stage.step()
    stage.step()
    assert len(cable.sent) == 1
    cable.generation += 1
    stage.step()
    assert len(cable.sent) == 2


def test_what_stays_unanswered_is_sent_again_ever_more_seldom(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1)
    stage = make_stage(ack_timeout_s=1e-9)
    for _ in range(200):
        stage.step()
    resent = len(cable.sent)
    assert 2 < resent < 60  # doubling from a nanosecond, not two hundred
    cable.answers = [b"any"]
    stage.step()
    stage.step()
    assert len(cable.sent) > resent  # basecamp is there again: the patience begins anew


def test_items_that_are_never_answered_do_not_hold_up_those_behind_them(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    for number in range(1, 5):
        queue(spool, number, an_item(number, payload=f"poison {number}".encode()))
    queue(spool, 5, an_item(5, payload=b"leopard"))
    stage = make_stage(window=2, ack_timeout_s=1e-9)
    for _ in range(6):
        stage.step()
    assert b"leopard" in cable.sent
    for _ in range(30):
        stage.step()
    assert cable.sent.count(b"leopard") > 1  # and in every later round again


def test_a_silent_basecamp_is_told_once_for_each_silence(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage], notes: Notes
) -> None:
    queue(spool, 1)
    stage = make_stage(ack_timeout_s=1e-9)
    for _ in range(5):
        stage.step()
    (line,) = notes.troubles
    assert "irbis basecamp enrol" in line


def test_an_item_too_large_for_the_link_holds_nothing_up_and_is_told_once(
    spool: Spool, cable: Cable, notes: Notes, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1, an_item(1, payload=b"x" * 100))
    queue(spool, 2)
    cable.limit_bytes = 50
    stage = make_stage(window=2)
    for _ in range(3):
        stage.step()
    assert cable.sent == [b"item 2"]
    assert len(notes.troubles) == 1
    assert "cannot be sent: 100 bytes" in notes.troubles[0]


def test_a_larger_limit_after_a_reconnection_lets_it_through(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1, an_item(1, payload=b"x" * 100))
    cable.limit_bytes = 50
    stage = make_stage()
    stage.step()
    cable.limit_bytes, cable.generation = 200, 2
    stage.step()
    assert cable.sent == [b"x" * 100]


def test_evidence_is_forwarded_as_it_is_sealed(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    queue(spool, 1, an_item(1, ItemKind.EVIDENCE, payload=None))
    make_stage().step()
    body = open_message(cable.sent[0], BASECAMP, lambda _: STATION.token.verify)
    message = decode_message(body)
    assert (message.kind, message.payload) == (ItemKind.EVIDENCE, spool.evidence(burst_id(1)))


def test_evidence_that_is_gone_holds_nothing_up(
    spool: Spool, cable: Cable, notes: Notes, make_stage: Callable[..., UplinkStage], tmp_path: Path
) -> None:
    queue(spool, 1, an_item(1, ItemKind.EVIDENCE, payload=None))
    for path in (tmp_path / "spool" / "evidence").glob("*/*"):
        path.unlink()
    stage = make_stage()
    stage.step()
    queue(spool, 2)
    stage.step()
    assert cable.sent == [b"item 2"]
    assert len(notes.troubles) == 1


def test_what_is_acknowledged_but_not_yet_noted_is_not_sent_again(
    spool: Spool,
    cable: Cable,
    make_stage: Callable[..., UplinkStage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (item,) = queue(spool, 1)
    stage = make_stage(ack_timeout_s=1e-9)

    def full(_: object) -> list[OutboxItem]:
        raise SpoolFull("no room")

    with monkeypatch.context() as card:
        card.setattr(spool.outbox, "acknowledge", full)
        cable.answers = [item.item_id]
        for _ in range(5):
            stage.step()
    assert len(cable.sent) == 1
    stage.step()
    assert spool.outbox.is_empty()


def test_closing_the_stage_closes_the_link(
    cable: Cable, make_stage: Callable[..., UplinkStage]
) -> None:
    make_stage().close()
    assert cable.closed


def test_once_basecamp_answers_what_it_did_not_before_a_reboot_goes_at_once(
    spool: Spool, cable: Cable, make_stage: Callable[..., UplinkStage], dispatcher: Dispatcher
) -> None:
    queue(spool, 1)
    make_stage().step()  # its answer is awaited for a thousand seconds
    cable.sent.clear()
    stage = make_stage()
    (other,) = queue(spool, 2)
    stage.step()
    assert cable.sent == [b"item 2"]
    cable.answers = [other.item_id]
    stage.step()
    stage.step()
    assert cable.sent == [b"item 2", b"item 1"]
