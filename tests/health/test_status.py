"""The one line by which a person knows how a station is."""

from __future__ import annotations

from pathlib import Path

import pytest
from nacl.public import PrivateKey

from edge.health.clock import system_clock
from edge.health.status import LOOK_S, Status, status_line
from edge.spool.spool import Spool


@pytest.mark.parametrize(
    ("counts", "alarms", "line"),
    [
        ((0, 0, 0), (), "armed; no bursts today"),
        ((1, 1, 1), (), "armed; 1 burst today; 1 waits to be judged; 1 waits to be sent"),
        ((12, 0, 3), (), "armed; 12 bursts today; 3 wait to be sent"),
        ((0, 0, 0), ("card-full", "hot"), "armed; no bursts today; alarms: card-full, hot"),
    ],
)
def test_it_reads_as_one_would_say_it(
    counts: tuple[int, int, int], alarms: tuple[str, ...], line: str
) -> None:
    assert status_line("armed", *counts, alarms) == line


def test_it_is_told_when_it_changes_and_only_then(tmp_path: Path) -> None:
    told: list[str] = []
    now_s = 100.0
    with Spool(tmp_path / "spool", PrivateKey.generate().public_key) as spool:
        status = Status("armed", spool, system_clock, told.append, lambda: now_s)
        status.step()
        now_s += LOOK_S
        status.step()
        spool.ledger.raise_alarm("hot", "85 C")
        now_s += LOOK_S
        status.step()
    assert told == ["armed; no bursts today", "armed; no bursts today; alarms: hot"]


def test_the_card_is_not_asked_at_every_turn_of_its_loop(tmp_path: Path) -> None:
    told: list[str] = []
    now_s = 100.0
    with Spool(tmp_path / "spool", PrivateKey.generate().public_key) as spool:
        status = Status("armed", spool, system_clock, told.append, lambda: now_s)
        status.step()
        spool.ledger.raise_alarm("hot", "85 C")
        now_s += LOOK_S / 2
        status.step()
        assert told == ["armed; no bursts today"]
        now_s += LOOK_S / 2
        status.step()
    assert len(told) == 2
