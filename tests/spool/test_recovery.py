"""What an interruption may leave, and what opening makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.security.keys import BasecampKey
from edge.spool.spool import DAMAGED, Spool
from tests.kit.card import disorder, evidence_ids, rows
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, an_item, burst_id

Opener = Callable[..., Spool]
Tamper = Callable[[str], None]


def test_a_burst_whose_file_is_whole_has_arrived(open_spool: Opener, tamper: Tamper) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    counted = spool.ledger.counters()
    spool.close()
    tamper("UPDATE bursts SET state = 'arriving', size_bytes = 0")
    tamper("DELETE FROM counters")
    spool = open_spool()
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames == a_burst(1).frames
    assert spool.ledger.counters() == counted


def test_a_burst_without_a_file_never_arrived(
    open_spool: Opener, tamper: Tamper, folder: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    spool.close()
    tamper("UPDATE bursts SET state = 'arriving'")
    path_of(folder, 1).rename(path_of(folder, 1).with_suffix(".partial"))
    spool = open_spool()
    assert spool.unjudged() == 0
    assert not spool.knows(burst_id(1))
    assert not list(folder.glob("evidence/*/*"))
    assert spool.admit(a_burst(1))  # the camera still has it, and brings it again


def test_the_file_of_a_dropped_burst_goes(open_spool: Opener, folder: Path) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    sealed = spool.evidence(burst_id(1))
    spool.settle(a_blank(1))
    spool.close()
    path_of(folder, 1).write_bytes(sealed)
    open_spool().close()
    assert disorder(folder) == []


def test_a_file_without_a_row_is_adopted_and_never_deleted(
    open_spool: Opener, tamper: Tamper, folder: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    spool.settle(a_target(1))
    sealed = spool.evidence(burst_id(1))
    spool.close()
    tamper("DELETE FROM bursts")
    spool = open_spool()
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.burst_id == burst_id(1)
    assert waiting.frames is None
    assert "only basecamp can open it" in str(waiting.unreadable)
    assert spool.evidence(burst_id(1)) == sealed


def test_a_row_whose_file_is_lost_holds_nothing_and_sends_no_evidence(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    evidence = an_item(1, ItemKind.EVIDENCE, payload=None)
    spool.settle(a_target(1, an_item(1), evidence))
    spool.close()
    path_of(folder, 1).unlink()
    spool = open_spool()
    assert [item.kind for item in spool.outbox.next_items(9)] == [ItemKind.SIGHTING]
    assert spool.ledger.counters()["evidence_lost"] == 1
    open_spool()
    assert open_spool().ledger.counters()["evidence_lost"] == 1


def test_a_captured_burst_whose_file_is_lost_is_told_but_not_sent(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    path_of(folder, 1).unlink()
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames is None
    spool.settle(a_target(1, an_item(1), an_item(1, ItemKind.EVIDENCE, payload=None)))
    assert [item.kind for item in spool.outbox.next_items(9)] == [ItemKind.SIGHTING]
    assert spool.ledger.counters()["evidence_lost"] == 1
    (judged,) = spool.judged()
    assert not judged.held


def test_after_a_power_cut_unjudged_bursts_stay_and_say_why(
    open_spool: Opener, memory_dir: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    spool.close()
    for key in memory_dir.iterdir():
        key.unlink()
    waiting = open_spool().next_captured()
    assert waiting is not None
    assert waiting.frames is None
    assert "the power was lost" in str(waiting.unreadable)
    assert waiting.frame_count == len(a_burst(1).frames)


def test_a_truncated_evidence_file_is_kept_unread(open_spool: Opener, folder: Path) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    path = path_of(folder, 1)
    path.write_bytes(path.read_bytes()[:-1])
    waiting = spool.next_captured()
    assert waiting is not None
    assert "ends early" in str(waiting.unreadable)
    assert path.exists()


DAMAGE = {
    "no database at all": lambda path: path.write_bytes(b"\xff" * 8192),
    "a page of noise": lambda path: overwrite(path, 4096, b"\xa5" * 4096),
    "a table's first page": lambda path: overwrite(
        path, 4096 * root_page(path, "bursts"), b"\0" * 4096
    ),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:6000]),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_database_is_set_aside_and_its_evidence_is_adopted(
    open_spool: Opener, folder: Path, damage: Callable[[Path], None]
) -> None:
    spool = open_spool()
    for number, settle in enumerate([a_target, a_goat, a_blank]):
        spool.admit(a_burst(number))
        spool.settle(settle(number))
    spool.admit(a_burst(3))
    held = evidence_ids(folder)
    spool.close()
    damage(folder / "spool.db")
    damaged = (folder / "spool.db").read_bytes()

    spool = open_spool()
    assert evidence_ids(folder) == held
    assert spool.unjudged() == len(held) == 3
    assert spool.admit(a_burst(4))  # and it goes on catching
    (aside,) = folder.glob("damaged-*")
    assert (aside / "spool.db").read_bytes() == damaged
    assert aside.name in spool.ledger.alarms()[DAMAGED]


def test_the_alarm_about_damage_ends_when_the_damaged_database_is_taken_away(
    open_spool: Opener, folder: Path
) -> None:
    open_spool().close()
    (folder / "spool.db").write_bytes(b"noise" * 2000)
    open_spool()
    assert DAMAGED in open_spool().ledger.alarms()
    (aside,) = folder.glob("damaged-*")
    aside.rename(folder.parent / "for-an-expert")
    assert open_spool().ledger.alarms() == {}


def test_foreign_files_among_the_evidence_are_left_alone(open_spool: Opener, folder: Path) -> None:
    open_spool().close()
    foreign = folder / "evidence" / "ab" / "notes.burst"
    foreign.parent.mkdir()
    foreign.write_text("somebody's")
    assert open_spool().unjudged() == 0
    assert foreign.exists()


def test_opening_twice_changes_nothing(open_spool: Opener, folder: Path) -> None:
    spool = open_spool()
    for number, settle in enumerate([a_target, a_goat, a_blank]):
        spool.admit(a_burst(number))
        spool.settle(settle(number))
    spool.close()
    before = rows(folder, "SELECT * FROM bursts"), rows(folder, "SELECT * FROM counters")
    open_spool().close()
    assert before == (rows(folder, "SELECT * FROM bursts"), rows(folder, "SELECT * FROM counters"))


def test_evidence_sealed_to_one_basecamp_is_adopted_under_another(
    open_spool: Opener, folder: Path, memory_dir: Path
) -> None:
    open_spool().admit(a_burst(1))
    open_spool().close()
    with Spool(folder, BasecampKey.generate().token.seal, memory_dir=memory_dir) as spool:
        waiting = spool.next_captured()
        assert waiting is not None
        assert waiting.frames == a_burst(1).frames  # its own key in memory still opens it


def path_of(folder: Path, number: int) -> Path:
    name = burst_id(number)
    return folder / "evidence" / name[:2] / f"{name}.burst"


def overwrite(path: Path, position: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(position)
        file.write(data)


def root_page(path: Path, table: str) -> int:
    """Pages before the first one of ``table``."""
    ((page,),) = rows(path.parent, f"SELECT rootpage FROM sqlite_schema WHERE name = '{table}'")
    return int(page) - 1
