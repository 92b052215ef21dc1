"""No radio number is given out twice, not after a crash, a power cut, or a lost database."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spool import counters as module
from edge.spool.counters import CountersSpent, RadioCounters
from edge.spool.database import Database
from edge.spool.errors import SpoolError, SpoolFull
from edge.spool.key_ids import KeyIds

ROOT = Path(__file__).parents[2]
KEYS = bytes(range(8))
Opener = Callable[..., RadioCounters]


@pytest.fixture
def open_counters(tmp_path: Path) -> Iterator[Opener]:
    """``open_counters(keys, block)``: the counters in one folder, opened anew."""
    databases: list[Database] = []

    def make(keys: bytes = KEYS, block: int = 4) -> RadioCounters:
        while databases:
            databases.pop().close()
        databases.append(Database(tmp_path / "spool.db"))
        return RadioCounters(databases[-1], tmp_path, keys, block)

    yield make
    while databases:
        databases.pop().close()


@pytest.fixture
def few_counters(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key is spent after eight frames."""
    monkeypatch.setattr(module, "COUNTERS", 8)


def test_counters_rise_one_by_one_from_0_under_one_key(open_counters: Opener) -> None:
    counters = open_counters()
    numbers = [counters.take() for _ in range(10)]
    assert [counter for _, counter in numbers] == list(range(10))
    assert len({key_id for key_id, _ in numbers}) == 1


def test_after_opening_anew_the_rest_of_the_block_is_wasted(open_counters: Opener) -> None:
    key_id, _ = open_counters(block=64).take()
    assert open_counters(block=64).take() == (key_id, 64)


def test_nothing_is_written_but_once_a_block(open_counters: Opener, tmp_path: Path) -> None:
    counters = open_counters(block=8)
    counters.take()
    log = (tmp_path / "spool.db-wal").read_bytes()
    for _ in range(7):
        counters.take()
    assert (tmp_path / "spool.db-wal").read_bytes() == log
    counters.take()
    assert (tmp_path / "spool.db-wal").read_bytes() != log


@pytest.mark.usefixtures("few_counters")
def test_a_spent_key_gives_way_to_another(open_counters: Opener) -> None:
    counters = open_counters(block=5)
    numbers = [counters.take() for _ in range(20)]
    assert [counter for _, counter in numbers] == [*range(8), *range(8), *range(4)]
    assert len({key_id for key_id, _ in numbers}) == 3


@pytest.mark.usefixtures("few_counters")
def test_when_all_keys_are_spent_it_refuses_and_says_what_to_do(open_counters: Opener) -> None:
    counters = open_counters()
    numbers = {counters.take() for _ in range(64 * 8)}
    assert len(numbers) == 64 * 8
    for again in (counters, open_counters()):
        with pytest.raises(CountersSpent, match="give it a new key with: irbis keys station"):
            again.take()


@pytest.mark.usefixtures("few_counters")
def test_a_new_station_key_begins_anew_and_the_old_one_stays_spent(open_counters: Opener) -> None:
    counters = open_counters()
    for _ in range(64 * 8):
        counters.take()
    assert open_counters(keys=bytes(8)).take()[1] == 0
    with pytest.raises(CountersSpent):
        open_counters().take()


def test_a_lost_database_begins_another_key(open_counters: Opener, tmp_path: Path) -> None:
    begun = set()
    for _ in range(64):
        counters = open_counters()
        key_id, counter = counters.take()
        assert counter == 0
        assert counters.began(key_id)
        assert not any(map(counters.began, begun))
        begun.add(key_id)
        for part in tmp_path.glob("spool.db*"):
            part.unlink()
    assert len(begun) == 64
    with pytest.raises(CountersSpent):
        open_counters().take()


@pytest.mark.usefixtures("few_counters")
def test_a_file_that_was_lost_is_written_anew_with_all_keys_of_the_database(
    open_counters: Opener, tmp_path: Path
) -> None:
    counters = open_counters()
    numbers = [counters.take() for _ in range(8)]
    [file] = tmp_path.glob("radio-keys-*")
    file.unlink()
    numbers.append(counters.take())
    assert KeyIds(tmp_path, KEYS).used() == {key_id for key_id, _ in numbers}


def test_which_keys_were_begun_is_not_guessed_from_a_damaged_file(
    open_counters: Opener, tmp_path: Path
) -> None:
    key_id, _ = open_counters().take()
    [file] = tmp_path.glob("radio-keys-*")
    file.write_text("0000000000000000 00000000\n")
    assert open_counters().take() == (key_id, 4)
    for part in tmp_path.glob("spool.db*"):
        part.unlink()
    with pytest.raises(SpoolError, match="its check does not fit"):
        open_counters().take()


@pytest.mark.usefixtures("few_counters")
def test_counters_are_spent_when_no_key_is_left_to_number_with(
    open_counters: Opener, tmp_path: Path
) -> None:
    assert not open_counters().are_spent
    KeyIds(tmp_path, KEYS).add(range(63))
    counters = open_counters()
    for _ in range(8):
        assert not counters.are_spent
        counters.take()
    assert counters.are_spent
    assert open_counters().are_spent
    assert not open_counters(keys=bytes(8)).are_spent, "another station key begins anew"


def test_threads_share_the_counters(open_counters: Opener) -> None:
    counters = open_counters()
    taken: list[tuple[int, int]] = []
    threads = [
        threading.Thread(target=lambda: taken.extend(counters.take() for _ in range(200)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(taken)) == 800


ACTS = st.lists(
    st.sampled_from(["take", "take", "take", "cut", "close", "lose"]), min_size=1, max_size=40
)


@settings(max_examples=40, deadline=None)
@given(acts=ACTS, block=st.integers(1, 7))
def test_a_power_cut_at_any_moment_repeats_no_number(acts: list[str], block: int) -> None:
    """A cut leaves the files as they are while the database is open; they go on elsewhere."""
    with TemporaryDirectory() as name:
        life, taken = 0, []
        folder = Path(name) / "0"
        folder.mkdir()
        database = Database(folder / "spool.db")
        counters = RadioCounters(database, folder, KEYS, block)
        for act in acts:
            if act == "take":
                taken.append(counters.take())
                continue
            life += 1
            after = Path(name) / str(life)
            if act == "cut":
                shutil.copytree(folder, after)
            database.close()
            if act != "cut":
                folder.rename(after)
            for part in after.glob("spool.db*") if act == "lose" else ():
                part.unlink()
            folder = after
            database = Database(folder / "spool.db")
            counters = RadioCounters(database, folder, KEYS, block)
        database.close()
        assert len(taken) == len(set(taken))


def test_a_process_that_ends_at_any_durable_step_repeats_no_number(memory: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.spool.counters_life", memory],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    names = {line["name"] for line in lines if "name" in line}
    assert {"before commit", "after commit", "before rename", "after fsync"} <= names
    folders = [line for line in lines if "numbers" in line]
    assert len(folders) > 10
    assert max(folder["lives"] for folder in folders) > 10
    for folder in folders:
        assert folder["code"] == 0
        numbers = [tuple(number) for number in folder["numbers"]]
        assert len(numbers) == len(set(numbers)) >= 11


def test_a_card_that_stays_full_costs_one_key_and_not_all(
    open_counters: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is room for the small file of begun keys, but not for the database's log."""
    counters = open_counters()

    def full(_: RadioCounters, reserved: object) -> None:
        raise SpoolFull("no room left on the card")

    with monkeypatch.context() as card:
        card.setattr(RadioCounters, "_store", full)
        for _ in range(100):
            with pytest.raises(SpoolFull):
                counters.take()
    assert len(KeyIds(tmp_path, KEYS).used()) == 1
    key_id, counter = counters.take()
    assert (key_id, counter) == (*KeyIds(tmp_path, KEYS).used(), 0)
