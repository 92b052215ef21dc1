"""Who gives way when the card fills, and who never does."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.spool.errors import SpoolFull
from edge.spool.items import GivesWay, NewsItem, OutboxItem, Priority, Settlement
from edge.spool.retention import CARD_FULL, RESERVE_BYTES, Budget, Reserve, free_bytes
from edge.spool.spool import Spool
from tests.kit.card import disorder, evidence_ids
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, an_item, burst_id

Opener = Callable[..., Spool]
SIZE_BYTES = 10_000
OVERHEAD_BYTES = 400
"""What sealing adds to a burst, and more."""


def filled(spool: Spool, *settlements: Settlement) -> None:
    """Admit and settle bursts 0, 1, 2, ... of SIZE_BYTES each."""
    for number, settlement in enumerate(settlements):
        spool.admit(a_burst(number, SIZE_BYTES, frames=1))
        spool.settle(settlement)


def quota(bursts: int) -> Budget:
    """Room for so many bursts of SIZE_BYTES."""
    return Budget(max_bytes=bursts * (SIZE_BYTES + OVERHEAD_BYTES), min_free_bytes=0)


def held(folder: Path, among: int) -> list[int]:
    """Which of the first ``among`` bursts are on the card."""
    on_card = evidence_ids(folder)
    return [number for number in range(among) if burst_id(number) in on_card]


def test_audited_blanks_go_first_then_other_animals_then_what_basecamp_has(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(6))
    filled(
        spool, a_target(0), a_goat(1), a_blank(2, audited=True),
        a_target(3), a_goat(4), a_blank(5, audited=True),
    )  # fmt: skip
    spool.outbox.acknowledge([an_item(0).item_id])
    gone = []
    for number in range(6, 11):
        before = set(held(folder, 6))
        spool.admit(a_burst(number, SIZE_BYTES, frames=1))
        gone += sorted(before - set(held(folder, 6)))
    assert gone == [2, 5, 1, 4, 0]
    assert spool.ledger.counters()["given_up"] == 5


def test_an_audited_blank_that_gave_way_waits_to_be_sent_no_longer(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(2))
    audit = an_item(0, ItemKind.EVIDENCE, payload=None)
    blank = replace(a_blank(0, audited=True), items=(audit,))
    filled(spool, blank, a_target(1))
    assert spool.outbox.state().items == 2
    spool.admit(a_burst(2, SIZE_BYTES, frames=1))
    assert held(folder, 3) == [1, 2]
    assert [item.item_id for item in spool.outbox.next_items(9)] == [an_item(1).item_id]


def told_by_radio(spool: Spool, number: int, *items: OutboxItem) -> None:
    """A leopard that basecamp knows of from a packet alone."""
    items = items or (an_item(number), an_item(number, ItemKind.CROP))
    news = NewsItem(items[0].item_id, Priority.SIGHTING, bytes(30))
    spool.admit(a_burst(number, SIZE_BYTES, frames=1))
    spool.settle(replace(a_target(number, *items), news=(news,)))
    (waiting,) = spool.news.waiting(1)
    assert spool.news.told([waiting.number]) == [items[0].item_id]


def test_what_was_told_by_radio_gives_way_last_and_keeps_its_crops(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(3))
    told_by_radio(spool, 0)
    for number in (1, 2):
        spool.admit(a_burst(number, SIZE_BYTES, frames=1))
        spool.settle(a_target(number))
    spool.outbox.acknowledge([an_item(2).item_id])
    spool.admit(a_burst(3, SIZE_BYTES, frames=1))
    assert held(folder, 4) == [0, 1, 3]
    spool.admit(a_burst(4, SIZE_BYTES, frames=1))
    assert held(folder, 5) == [1, 3, 4]
    waiting = {item.item_id for item in spool.outbox.next_items(9)}
    assert waiting == {an_item(0).item_id, an_item(0, ItemKind.CROP).item_id, an_item(1).item_id}


def test_evidence_that_is_the_only_picture_stays_though_it_was_told_of(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(1))
    told_by_radio(spool, 0, an_item(0), an_item(0, ItemKind.EVIDENCE, payload=None))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    assert held(folder, 2) == [0]


def test_what_was_told_and_then_delivered_goes_with_the_delivered(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(2))
    told_by_radio(spool, 0)
    told_by_radio(spool, 1)
    spool.outbox.acknowledge([an_item(1).item_id, an_item(1, ItemKind.CROP).item_id])
    spool.admit(a_burst(2, SIZE_BYTES, frames=1))
    assert held(folder, 3) == [0, 2]


def test_an_unsent_target_an_unknown_and_an_unjudged_burst_never_go(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(3))
    unknown = a_target(1, an_item(1), an_item(1, ItemKind.EVIDENCE, payload=None))
    filled(spool, a_target(0), unknown)
    spool.admit(a_burst(2, SIZE_BYTES, frames=1))
    for number in range(3, 6):
        with pytest.raises(SpoolFull):
            spool.admit(a_burst(number, SIZE_BYTES, frames=1))
    assert held(folder, 6) == [0, 1, 2]
    assert CARD_FULL in spool.ledger.alarms()


def test_a_burst_that_finds_no_room_leaves_nothing_behind(open_spool: Opener, folder: Path) -> None:
    spool = open_spool(quota(1))
    filled(spool, a_target(0))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    assert not spool.knows(burst_id(1))
    spool.outbox.acknowledge([an_item(0).item_id])
    spool.close()
    assert disorder(folder) == []


def test_an_acknowledgement_makes_room_and_ends_the_alarm(open_spool: Opener) -> None:
    spool = open_spool(quota(1))
    filled(spool, a_target(0))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    spool.outbox.acknowledge([an_item(0).item_id])
    assert spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    assert spool.ledger.alarms() == {}


def test_the_quota_holds_to_within_the_seal(open_spool: Opener, folder: Path) -> None:
    spool = open_spool(quota(3))
    filled(spool, *map(a_goat, range(20)))
    on_card = sum(path.stat().st_size for path in folder.glob("evidence/*/*"))
    assert on_card <= quota(3).max_bytes + OVERHEAD_BYTES
    assert held(folder, 20) == [17, 18, 19]


def test_nothing_is_given_up_for_a_burst_that_would_not_fit_all_the_same(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool(quota(3))
    filled(spool, a_target(0), a_goat(1), a_blank(2, audited=True))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(3, 10 * SIZE_BYTES))
    assert held(folder, 3) == [0, 1, 2]


def test_a_quota_that_no_burst_fits_in_is_named_as_the_cause(open_spool: Opener) -> None:
    spool = open_spool(Budget(max_bytes=SIZE_BYTES // 2, min_free_bytes=0))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    assert "[spool] max_bytes" in spool.ledger.alarms()[CARD_FULL]


def test_the_free_space_of_the_rest_of_the_system_is_left_alone(
    open_spool: Opener, folder: Path
) -> None:
    floor = free_bytes(folder.parent) + 10**12
    spool = open_spool(Budget(min_free_bytes=floor))
    with pytest.raises(SpoolFull, match="no room for"):
        spool.admit(a_burst(1))


def test_an_alarm_that_stands_is_worded_the_same_each_time(open_spool: Opener) -> None:
    """The heartbeat sends every alarm that changes."""
    spool = open_spool(quota(3))
    filled(spool, *map(a_target, range(3)))
    texts = set()
    for size in (1, 2, 3):
        with pytest.raises(SpoolFull):
            spool.admit(a_burst(10 + size, size * SIZE_BYTES, frames=1))
        texts.add(spool.ledger.alarms()[CARD_FULL])
    assert len(texts) == 1


def test_an_alarm_from_before_a_restart_ends_when_nothing_waits_for_room(
    open_spool: Opener,
) -> None:
    spool = open_spool(quota(1))
    filled(spool, a_target(0))
    with pytest.raises(SpoolFull):
        spool.admit(a_burst(1, SIZE_BYTES, frames=1))
    assert open_spool(quota(2)).ledger.alarms() == {}


@pytest.mark.parametrize(
    ("held_bytes", "free", "missing"),
    [(0, 1000, -400), (950, 1000, 50), (0, 500, 100), (2000, 0, 1100)],
)
def test_the_budget_is_the_tighter_of_quota_and_floor(
    held_bytes: int, free: int, missing: int
) -> None:
    budget = Budget(max_bytes=1000, min_free_bytes=500)
    assert budget.shortfall(100, held_bytes, free) == missing


def test_without_a_quota_only_the_floor_counts() -> None:
    assert Budget(min_free_bytes=500).shortfall(100, 10**12, 700) == -100


def test_the_reserve_takes_real_room_and_gives_it_back(tmp_path: Path) -> None:
    reserve = Reserve(tmp_path / "reserve")
    reserve.lay()
    reserve.lay()
    assert reserve.laid
    assert (tmp_path / "reserve").stat().st_blocks * 512 >= RESERVE_BYTES
    reserve.give_up()
    reserve.give_up()
    assert not reserve.laid


def test_a_full_card_is_an_error_that_others_understand() -> None:
    error: OSError = SpoolFull("no room")
    assert error.errno == errno.ENOSPC
    assert str(error) == "no room"


def test_ranks_are_ordered_as_the_design_says() -> None:
    assert sorted(GivesWay) == [
        GivesWay.AUDITED_BLANK,
        GivesWay.NOT_WANTED,
        GivesWay.DELIVERED,
        GivesWay.WITHHELD,
        GivesWay.TOLD,
    ]
