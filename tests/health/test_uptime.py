"""What a station without a clock knows of a moment, also on a card that takes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.health.runs import count_boot
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


def test_the_runs_of_the_machine_are_counted_and_one_lasts_over_processes(spool: Spool) -> None:
    now, later = Uptimes(spool).now(), Uptimes(spool).now()
    assert now.boot == later.boot == 1
    assert now.seconds <= later.seconds


def test_a_card_without_room_cannot_count_them(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Keepsake, "save", full)
    with pytest.raises(SpoolFull):
        Uptimes(spool).now()


def test_a_full_card_gives_up_what_it_can_to_count_the_run(
    spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Room, "rescue", lambda _: card.undo())
    with monkeypatch.context() as card:
        card.setattr(Keepsake, "save", full)
        assert Uptimes(spool).now().boot == 1


@pytest.mark.parametrize("state", [b"", b"[", b"[[1,2],\xff", b"null", b'{"run": 3}', b"[1, null]"])
def test_a_count_that_is_damaged_begins_anew_and_stops_nothing(spool: Spool, state: bytes) -> None:
    memory = spool.keepsake("boots")
    memory.save(state)
    assert count_boot(memory, b"\x01" * 16) == 1
    assert count_boot(memory, b"\x01" * 16) == 1
    assert count_boot(memory, b"\x02" * 16) == 2
