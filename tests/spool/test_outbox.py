"""What waits for basecamp: its order, and how it is released."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from edge.records import ItemKind
from edge.spool.items import GivesWay, OutboxItem, Priority
from edge.spool.spool import Spool
from tests.kit.card import rows
from tests.spool.makers import a_burst, a_target, an_item, burst_id


def settled_with(spool: Spool, number: int, *items: OutboxItem) -> None:
    spool.admit(a_burst(number))
    spool.settle(a_target(number, *items))


def rank(spool: Spool, folder: Path, number: int) -> object:
    """How soon the evidence of burst ``number`` may go; read from the closed spool."""
    spool.close()
    ((gives_way,),) = rows(
        folder, f"SELECT gives_way FROM bursts WHERE burst_id = '{burst_id(number)}'"
    )
    return gives_way


def test_the_most_valuable_is_sent_first(spool: Spool) -> None:
    for number, kind in enumerate([ItemKind.EVIDENCE, ItemKind.CROP, ItemKind.SIGHTING]):
        settled_with(spool, number, an_item(number, kind))
    spool.outbox.replace_heartbeat(an_item(9, ItemKind.HEARTBEAT))
    order = [item.kind for item in spool.outbox.next_items(10)]
    assert order == [ItemKind.SIGHTING, ItemKind.HEARTBEAT, ItemKind.CROP, ItemKind.EVIDENCE]


def test_an_alert_overtakes_everything(spool: Spool) -> None:
    settled_with(spool, 1, an_item(1))
    alert = OutboxItem(b"a" * 16, ItemKind.SIGHTING, Priority.ALERT, burst_id(2), b"person")
    settled_with(spool, 2, alert)
    assert spool.outbox.next_items(1) == [alert]


def test_of_equal_worth_the_oldest_goes_first(spool: Spool) -> None:
    for number in (3, 1, 2):
        settled_with(spool, number)
    order = [item.burst_id for item in spool.outbox.next_items(10)]
    assert order == [burst_id(3), burst_id(1), burst_id(2)]


def test_what_is_under_way_is_not_given_again(spool: Spool) -> None:
    for number in range(5):
        settled_with(spool, number)
    first = spool.outbox.next_items(2)
    under_way = {item.item_id for item in first}
    rest = spool.outbox.next_items(10, under_way)
    assert len(rest) == 3
    assert not under_way & {item.item_id for item in rest}


def test_sending_releases_nothing(spool: Spool) -> None:
    settled_with(spool, 1)
    assert spool.outbox.next_items(1) == spool.outbox.next_items(1)


def test_an_acknowledged_item_is_released_once(spool: Spool) -> None:
    settled_with(spool, 1)
    (item,) = spool.outbox.next_items(1)
    assert spool.outbox.acknowledge([item.item_id, item.item_id, b"never sent"]) == [item]
    assert spool.outbox.acknowledge([item.item_id]) == []
    assert spool.outbox.is_empty()
    assert spool.ledger.counters()["acknowledged"] == 1


def test_evidence_is_delivered_when_the_last_item_of_its_burst_is(
    spool: Spool, folder: Path
) -> None:
    sighting, crop = an_item(1), an_item(1, ItemKind.CROP)
    settled_with(spool, 1, sighting, crop)
    spool.outbox.acknowledge([crop.item_id])
    spool.outbox.acknowledge([sighting.item_id])
    assert rank(spool, folder, 1) == GivesWay.DELIVERED


def test_evidence_is_not_delivered_while_an_item_of_its_burst_waits(
    spool: Spool, folder: Path
) -> None:
    sighting, crop = an_item(1), an_item(1, ItemKind.CROP)
    settled_with(spool, 1, sighting, crop)
    spool.outbox.acknowledge([sighting.item_id])
    assert rank(spool, folder, 1) is None


def test_an_alert_that_is_delivered_does_not_change_the_rank_of_its_evidence(
    spool: Spool, folder: Path
) -> None:
    spool.admit(a_burst(1))
    spool.settle(replace(a_target(1), gives_way=GivesWay.NOT_WANTED))
    spool.outbox.acknowledge([an_item(1).item_id])
    assert rank(spool, folder, 1) == GivesWay.NOT_WANTED


def test_a_heartbeat_takes_the_place_of_an_unsent_one(spool: Spool) -> None:
    settled_with(spool, 1)
    for number in (1, 2, 3):
        spool.outbox.replace_heartbeat(an_item(number, ItemKind.HEARTBEAT))
    assert [item.item_id for item in spool.outbox.next_items(10)] == [
        an_item(1).item_id,
        an_item(3, ItemKind.HEARTBEAT).item_id,
    ]


def test_the_state_counts_what_waits(spool: Spool) -> None:
    settled_with(spool, 1, an_item(1, payload=b"x" * 100))
    evidence = an_item(2, ItemKind.EVIDENCE, payload=None)
    settled_with(spool, 2, evidence)
    state = spool.outbox.state()
    assert state.items == 2
    assert state.size_bytes == 100 + len(spool.evidence(burst_id(2)))
