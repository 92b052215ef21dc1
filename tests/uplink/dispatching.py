"""What the tests of the dispatcher share: a queue, a clock, and a link that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from edge.spool.items import NewsItem, OutboxItem, Priority, Settlement
from edge.spool.retention import Budget as CardBudget
from edge.spool.spool import Spool
from edge.uplink.dispatcher import (
    Dispatcher,
)
from tests.spool.makers import a_burst, an_item, burst_id

ANSWER_S = 60.0
HOUR_S = 3600.0
RECORD = bytes(39)


class Clock:
    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    seal = BasecampKey.generate().token.seal
    with Spool(tmp_path / "spool", seal, CardBudget(min_free_bytes=0)) as opened:
        yield opened


@pytest.fixture
def dispatcher(spool: Spool, clock: Clock) -> Dispatcher:
    return make(spool, clock)


def make(spool: Spool, clock: Clock, shown_in: Path | None = None) -> Dispatcher:
    return Dispatcher(spool.queue, spool.keepsake("schedule"), shown_in=shown_in, now=clock)


def queue(spool: Spool, number: int, with_news: bool = False) -> OutboxItem:
    item = an_item(number, payload=b"x" * 561)
    news = (NewsItem(item.item_id, Priority.SIGHTING, RECORD),) if with_news else ()
    spool.admit(a_burst(number))
    spool.settle(Settlement(burst_id(number), b"leopard", True, None, (item,), {}, news))
    return item


def asked(dispatcher: Dispatcher, name: str) -> bytes | None:
    decision = dispatcher.next_for(name)
    return None if decision is None else decision.offer.candidate.item_id
