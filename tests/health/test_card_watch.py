"""A card that takes no writes: when a new start of the machine is worth what it costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.health.card_watch import CardTerms, CardWatch, takes_no_writes
from edge.security.keys import BasecampKey
from edge.spool.errors import CardFailing
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.kit.ext4 import made, mounted, report_an_error

CARD_BYTES = 24_000_000
TERMS = CardTerms(fails_s=600, apart_s=3600)
LONG_UP_S = 5000.0


class Clock:
    """Two clocks in a test's hand."""

    def __init__(self) -> None:
        self.now_s, self.up_s = 0.0, LONG_UP_S

    def pass_by(self, watch: CardWatch, seconds: int) -> None:
        for _ in range(seconds // 10):
            self.now_s += 10
            try:
                watch.step()
            except CardFailing:
                continue


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Path]:
    """A card of today's."""
    with mounted(tmp_path / "card", made(tmp_path / "card.img", CARD_BYTES)) as folder:
        yield folder


@pytest.fixture
def spool(card: Path) -> Iterator[Spool]:
    recipient = BasecampKey.generate().token.seal
    with Spool(card / "spool", recipient, Budget(0, 0)) as spool:
        yield spool


def watch(spool: Spool, card: Path, clock: Clock, terms: CardTerms = TERMS) -> CardWatch:
    return CardWatch(spool, card, terms, lambda: clock.up_s, lambda: clock.now_s)


def test_a_card_that_is_well_is_left_alone_and_not_written_to(spool: Spool, card: Path) -> None:
    clock = Clock()
    looking = watch(spool, card, clock)
    clock.pass_by(looking, 10_000)
    assert not looking.reboot_due
    assert spool.keepsake("card-probe").load() is None


def test_a_read_only_card_is_seen_without_a_burst_and_asks_after_its_time(
    spool: Spool, card: Path
) -> None:
    clock = Clock()
    looking = watch(spool, card, clock)
    report_an_error(card)
    clock.pass_by(looking, 600)
    assert "read-only" in (spool.ledger.failing or "")
    assert not looking.reboot_due
    clock.pass_by(looking, 20)
    assert looking.reboot_due


def test_a_machine_that_started_just_now_waits_until_its_hour_is_over(
    spool: Spool, card: Path
) -> None:
    clock = Clock()
    clock.up_s = 3599
    looking = watch(spool, card, clock)
    report_an_error(card)
    clock.pass_by(looking, 1000)
    assert not looking.reboot_due
    clock.up_s = 3600
    assert looking.reboot_due


def test_nobody_asks_where_that_is_switched_off(spool: Spool, card: Path) -> None:
    clock = Clock()
    looking = watch(spool, card, clock, CardTerms(fails_s=0, apart_s=0))
    report_an_error(card)
    clock.pass_by(looking, 1000)
    assert not looking.reboot_due


def test_a_card_that_takes_writes_again_is_forgiven(spool: Spool, card: Path) -> None:
    clock = Clock()
    looking = watch(spool, card, clock)
    spool._database.failing = "disk I/O error"  # as a single write of another part left it
    clock.pass_by(looking, 1000)
    assert not looking.reboot_due
    assert spool.ledger.failing is None


def test_a_folder_that_is_read_only_is_told_from_one_that_is_not_there(card: Path) -> None:
    assert not takes_no_writes(card)
    assert not takes_no_writes(card / "gone")
    report_an_error(card)
    assert takes_no_writes(card)
