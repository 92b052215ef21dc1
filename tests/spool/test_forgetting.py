"""Old bursts are forgotten but for their ids, and never what is still needed."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.spool import past
from edge.spool.spool import Spool
from tests.kit.card import disorder, rows
from tests.spool.conftest import ROOMY
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, an_item, burst_id

Opener = Callable[..., Spool]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def forgetful(open_spool: Opener, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Spool]:
    """A spool that remembers its last two bursts and forgets two at a time."""
    monkeypatch.setattr(past, "BATCH", 2)
    return lambda: open_spool(ROOMY, remembered=2)


def remembered(spool: Spool) -> list[int]:
    known = {burst_id(number): number for number in range(100)}
    return [known[judged.burst_id] for judged in spool.judged()]


def test_of_old_bursts_without_evidence_the_id_alone_stays(
    forgetful: Callable[[], Spool], folder: Path
) -> None:
    spool = forgetful()
    for number in range(6):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert remembered(spool) == [4, 5]
    assert all(spool.knows(burst_id(number)) for number in range(6))
    assert not spool.knows(burst_id(6))
    assert spool.ledger.counters() == {"bursts": 6, "frames": 12, "blank": 6}
    spool.close()
    assert rows(folder, "SELECT count(*) FROM forgotten") == [(4,)]


def test_a_forgotten_burst_that_is_offered_again_is_not_taken_in_again(
    forgetful: Callable[[], Spool],
) -> None:
    spool = forgetful()
    for number in range(6):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert not forgetful().admit(a_burst(0))
    assert not forgetful().settle(a_target(0))


def test_what_is_held_or_waits_for_basecamp_is_never_forgotten(
    forgetful: Callable[[], Spool],
) -> None:
    spool = forgetful()
    alert = a_target(1, an_item(1))
    for number, settlement in enumerate((a_goat(0), alert, *map(a_blank, range(2, 8)))):
        spool.admit(a_burst(number))
        spool.settle(settlement)
    assert remembered(spool) == [0, 1, 6, 7]


def test_an_alert_without_evidence_is_forgotten_once_basecamp_has_it(
    forgetful: Callable[[], Spool], folder: Path
) -> None:
    spool = forgetful()
    spool.admit(a_burst(0))
    spool.settle(a_target(0))
    (folder / "evidence" / burst_id(0)[:2] / f"{burst_id(0)}.burst").unlink()
    spool = forgetful()
    for number in range(1, 6):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert 0 in remembered(spool)
    spool.outbox.acknowledge([an_item(0).item_id])
    for number in range(6, 9):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert 0 not in remembered(spool)


def test_nothing_is_forgotten_where_everything_is_to_stay(
    open_spool: Opener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "BATCH", 1)
    spool = open_spool()
    for number in range(4):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert remembered(spool) == [0, 1, 2, 3]


def test_the_file_of_a_forgotten_burst_is_no_new_burst(
    forgetful: Callable[[], Spool], folder: Path
) -> None:
    """Its row was forgotten, and the process ended before its file was deleted."""
    spool = forgetful()
    spool.admit(a_burst(0))
    sealed = spool.evidence(burst_id(0))
    spool.settle(a_blank(0))
    for number in range(1, 6):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert 0 not in remembered(spool)
    spool.close()
    (folder / "evidence" / burst_id(0)[:2] / f"{burst_id(0)}.burst").write_bytes(sealed)
    spool = forgetful()
    assert spool.unjudged() == 0
    spool.close()
    assert disorder(folder) == []


def test_a_spool_from_before_anything_was_forgotten_goes_on(
    forgetful: Callable[[], Spool], tamper: Callable[[str], None]
) -> None:
    spool = forgetful()
    spool.admit(a_burst(0))
    spool.settle(a_blank(0))
    spool.close()
    for sql in (
        "DROP TABLE forgotten", "DROP INDEX bursts_gone", "DROP TABLE news",
        "DROP TABLE radio_crops", "ALTER TABLE outbox DROP COLUMN queued_ms",
        "ALTER TABLE outbox DROP COLUMN known", "ALTER TABLE outbox DROP COLUMN told",
        "PRAGMA user_version = 1",
    ):  # fmt: skip
        tamper(sql)
    spool = forgetful()
    assert remembered(spool) == [0]
    for number in range(1, 5):
        spool.admit(a_burst(number))
        spool.settle(a_blank(number))
    assert remembered(spool) == [2, 3, 4]
    assert spool.knows(burst_id(0))


def test_what_may_be_forgotten_is_found_without_reading_every_burst(spool: Spool) -> None:
    plan = spool._database.read(
        "EXPLAIN QUERY PLAN SELECT burst_id FROM bursts WHERE state = 'judged' AND NOT held"
        " AND seq <= (SELECT max(seq) FROM bursts) - 5 ORDER BY seq LIMIT 64"
    )
    assert any("bursts_gone" in str(step) for step in plan)


def test_a_process_that_ends_while_forgetting_loses_and_doubles_nothing(memory: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.spool.forgetting_life", memory],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    lives = [line for line in lines if "complaints" in line]
    ends = {line["name"] for line in lines if "name" in line}
    assert len(lives) > 60 and {"before commit", "after commit", "after unlink"} <= ends
    assert [life for life in lives if life["complaints"]] == []
