"""What a station without a clock knows of a moment, also on a card that takes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.health.uptime import Uptimes
from edge.security.keys import BasecampKey
from edge.spool.errors import SpoolFull
from edge.spool.keepsake import Keepsake
from edge.spool.retention import Budget, Room
from edge.spool.spool import Spool


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    seal = BasecampKey.generate().token.seal
    with Spool(tmp_path / "spool", seal, Budget(min_free_bytes=0)) as opened:
        yield opened


def full(_: Keepsake, state: bytes) -> None:
    raise SpoolFull("no room left on the card")


def test_a_moment_of_this_run_is_so_long_after_it_began(spool: Spool) -> None:
    uptimes = Uptimes(spool)
    now, then = uptimes.now(), uptimes.at(datetime.now(UTC) - timedelta(seconds=1))
    assert then is not None
    assert then.boot == now.boot == 1
    assert now.seconds - 2 <= then.seconds <= now.seconds


def test_a_moment_before_this_run_is_not_known_and_one_to_come_is_now(spool: Spool) -> None:
    uptimes = Uptimes(spool)
    assert uptimes.at(datetime(1970, 1, 1, tzinfo=UTC)) is None
    then = uptimes.at(datetime.now(UTC) + timedelta(days=1))  # the clock was set back since
    assert then is not None and then.seconds <= uptimes.now().seconds


def test_a_full_card_costs_the_moment_and_not_the_verdict(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keepsake, "save", full)
    assert Uptimes(spool).at(datetime.now(UTC)) is None
    with pytest.raises(SpoolFull):
        Uptimes(spool).now()


def test_a_full_card_gives_up_what_it_can_to_count_the_run(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "rescue", lambda _: card.undo())
    with monkeypatch.context() as card:
        card.setattr(Keepsake, "save", full)
        assert Uptimes(spool).now().boot == 1
