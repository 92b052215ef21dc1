"""What the scheduler sees of the outbox."""

from __future__ import annotations

from collections.abc import Callable

from edge.records import ItemKind
from edge.spool.items import NewsItem, Settlement
from edge.spool.spool import Spool
from tests.spool.makers import a_burst, a_target, an_item, burst_id


def settled(spool: Spool, number: int, with_news: bool = False) -> bytes:
    item = an_item(number)
    news = (NewsItem(item.item_id, item.priority, bytes(32)),) if with_news else ()
    spool.admit(a_burst(number))
    spool.settle(Settlement(burst_id(number), b"leopard", True, None, (item,), {}, news))
    return item.item_id


def test_a_heartbeat_that_is_replaced_keeps_its_place(spool: Spool) -> None:
    """At the end of the queue each time, its turn would never come while crops arrive."""
    spool.outbox.replace_heartbeat(an_item(1, ItemKind.HEARTBEAT))
    settled(spool, 1)
    spool.outbox.replace_heartbeat(an_item(2, ItemKind.HEARTBEAT))
    first, second = spool.queue.heads(0, 2)
    assert first.item_id == an_item(2, ItemKind.HEARTBEAT).item_id
    assert first.queued_at < second.queued_at


def test_what_an_older_version_queued_is_as_old_as_its_event(
    spool: Spool, tamper: Callable[[str], None], open_spool: Callable[..., Spool]
) -> None:
    settled(spool, 1)
    spool.close()
    tamper("UPDATE outbox SET queued_ms = 0")
    (found,) = open_spool().queue.heads(1, 1)
    assert found.queued_at == found.event_at == a_burst(1).captured_at


def test_what_is_left_out_makes_room_for_others(spool: Spool) -> None:
    ids = [settled(spool, number, with_news=True) for number in range(6)]
    for ends in (spool.queue.heads, spool.queue.tellable):
        assert [item.item_id for item in ends(2, 0, set(ids[:3]))] == ids[3:5]
        assert [item.item_id for item in ends(0, 2, set(ids[:3]))] == ids[3:5]


def test_thousands_are_asked_after_at_once(spool: Spool) -> None:
    spool.admit(a_burst(1))
    items = [an_item(number) for number in range(1200)]
    spool.settle(a_target(1, *items))
    ids = [item.item_id for item in items]
    assert spool.queue.among([*ids, b"unknown"]) == set(ids)
    assert [item.item_id for item in spool.queue.heads(1200, 0)] == ids
