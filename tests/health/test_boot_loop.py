"""A station that keeps dying soon after its start goes into safe mode, and comes out again."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.boot_loop import (
    BootLoop,
    History,
    Mode,
    Terms,
    decode_history,
    encode_history,
    mode_of,
)
from edge.health.memory_file import MemoryFile
from edge.spool.errors import SpoolFull

TERMS = Terms(starts=3, settled_s=600, retry_s=3600, most_retry_s=10_000)


class Card:
    """A memory that survives a start, and may be full or unreadable."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.unreadable = False
        self.refuses: Exception | None = None
        self.saves = 0

    def load(self) -> bytes | None:
        if self.unreadable:
            raise OSError("the card does not answer")
        return self.state

    def save(self, state: bytes) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.state = state
        self.saves += 1


@pytest.fixture
def card() -> Card:
    return Card()


def start(card: Card) -> BootLoop:
    """A start that dies unless the test has it last."""
    return BootLoop(card, TERMS)


def die(card: Card, times: int) -> list[Mode]:
    return [start(card).begin() for _ in range(times)]


def test_so_many_short_runs_in_a_row_end_in_safe_mode(card: Card) -> None:
    assert [mode.safe for mode in die(card, 5)] == [False, False, False, True, True]


def test_safe_mode_says_why_and_until_when(card: Card) -> None:
    mode = die(card, 4)[-1]
    assert str(mode) == (
        "safe mode: 3 starts in a row did not last; all is tried again after 60 min"
    )
    assert str(die(card, 9)[-1]) == str(mode)
    assert str(Mode(safe=False, short=1)) == "full"


def test_one_run_that_lasted_forgives_all_before_it(card: Card) -> None:
    die(card, 2)
    good = start(card)
    good.begin()
    good.lasted()
    assert [mode.safe for mode in die(card, 4)] == [False, False, False, True]


def test_a_stop_on_purpose_counts_for_nothing(card: Card) -> None:
    die(card, 2)
    for _ in range(20):
        stopped = start(card)
        assert not stopped.begin().safe
        stopped.stopped()
    assert [mode.safe for mode in die(card, 2)] == [False, True]


def test_a_safe_mode_that_lasts_proves_nothing(card: Card) -> None:
    die(card, 3)
    safe = start(card)
    assert safe.begin().safe
    safe.lasted()
    assert start(card).begin().safe


def test_after_a_time_in_safe_mode_everything_is_tried_once(card: Card) -> None:
    die(card, 3)
    safe = start(card)
    assert safe.begin().retry_s == 3600
    safe.retry()
    safe.stopped()  # the process ends, to be started anew
    assert [mode.safe for mode in die(card, 2)] == [False, True]


def test_vain_tries_come_ever_later_up_to_a_limit(card: Card) -> None:
    waits_s = []
    die(card, 3)
    for _ in range(4):
        safe = start(card)
        waits_s.append(safe.begin().retry_s)
        safe.retry()
        die(card, 1)
    assert waits_s == [3600, 7200, 10_000, 10_000]


def safe_cycles(card: Card) -> int:
    """How many a woken station goes through before it starts in full, and dies."""
    for cycles in range(100):
        loop = start(card)
        if not loop.begin().safe:
            return cycles
        loop.rest()
    raise AssertionError("it never tries again")


def test_a_woken_station_tries_again_after_so_many_safe_cycles_and_ever_more(card: Card) -> None:
    die(card, 3)
    assert [safe_cycles(card) for _ in range(5)] == [4, 8, 16, 32, 32]


def test_a_woken_station_that_is_safe_for_another_reason_tries_at_every_wake(card: Card) -> None:
    for _ in range(20):
        loop = start(card)
        assert not loop.begin().safe
        loop.rest()


def test_a_full_cycle_forgives_all(card: Card) -> None:
    die(card, 3)
    for _ in range(TERMS.cycles):
        safe = start(card)
        assert safe.begin().safe
        safe.rest()
    full = start(card)
    assert not full.begin().safe
    full.lasted()
    full.rest()
    assert card.state == encode_history(History())


def test_a_history_of_an_older_version_is_understood() -> None:
    assert decode_history(b'{"short": 2, "tries": 1}') == History(2, 1)


def test_a_try_that_lasts_ends_it(card: Card) -> None:
    die(card, 3)
    safe = start(card)
    safe.begin()
    safe.retry()
    full = start(card)
    assert not full.begin().safe
    full.lasted()
    modes = die(card, 4)
    assert [mode.safe for mode in modes] == [False, False, False, True]
    assert modes[-1].retry_s == 3600


def test_a_stop_after_a_run_that_lasted_takes_nothing_back(card: Card) -> None:
    good = start(card)
    good.begin()
    good.lasted()
    good.stopped()
    assert card.state == encode_history(History())


def test_a_full_run_asks_for_no_retry(card: Card) -> None:
    full = start(card)
    full.begin()
    full.retry()
    assert decode_history(card.state) == History(short=1)


def test_a_card_is_written_twice_in_a_run_that_lasts(card: Card) -> None:
    run = start(card)
    run.begin()
    run.lasted()
    run.lasted()
    assert card.saves == 2


@pytest.mark.parametrize("error", [OSError("read-only"), SpoolFull("no room left on the card")])
def test_a_memory_that_fails_keeps_no_station_from_starting(card: Card, error: Exception) -> None:
    card.unreadable, card.refuses = True, error
    for _ in range(6):
        run = start(card)
        assert not run.begin().safe
        run.lasted()
        run.stopped()


def test_a_full_card_does_not_end_safe_mode(card: Card) -> None:
    die(card, 3)
    card.refuses = SpoolFull("no room left on the card")
    assert start(card).begin().safe


def test_starts_are_counted_over_real_files(tmp_path: Path) -> None:
    path = tmp_path / "starts"
    safe = [BootLoop(MemoryFile(path), TERMS).begin().safe for _ in range(4)]
    assert safe == [False, False, False, True]
    path.write_bytes(b"")  # as a power cut empties a file
    assert not BootLoop(MemoryFile(path), TERMS).begin().safe


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_a_history_is_read_as_it_was_written(short: int, tries: int) -> None:
    assert decode_history(encode_history(History(short, tries))) == History(short, tries)


@given(st.none() | st.binary())
def test_damage_is_an_empty_history_or_a_lawful_one(state: bytes | None) -> None:
    history = decode_history(state)
    assert 0 <= history.short <= 1_000_000 and 0 <= history.tries <= 1_000_000


@pytest.mark.parametrize(
    "state",
    [
        b'{"short": -1, "tries": 0}',
        b'{"short": true, "tries": 0}',
        b'{"short": 1e3, "tries": 0}',
        b'{"short": 3}',
        b'{"short": 1' + b"0" * 5000 + b', "tries": 0}',
        b"[" * 100_000,
        b"[3, 0]",
        b'"short"',
    ],
)
def test_what_is_no_history_counts_as_none(state: bytes) -> None:
    assert decode_history(state) == History()


@given(st.integers(0, 1_000_000), st.integers(0, 1_000_000), st.integers(1, 20))
def test_safe_mode_always_ends_some_time(short: int, tries: int, starts: int) -> None:
    terms = Terms(starts=starts)
    mode = mode_of(History(short, tries), terms)
    assert mode.safe == (short > starts)
    if mode.safe:
        assert mode.retry_s is not None and 0 < mode.retry_s <= terms.most_retry_s


@given(st.lists(st.sampled_from(["dies", "lasts", "stopped"]), max_size=40))
def test_only_as_many_deaths_in_a_row_lead_to_safe_mode(fates: list[str]) -> None:
    card, deaths = Card(), 0
    for fate in fates:
        run = start(card)
        mode = run.begin()
        assert mode.safe == (deaths >= TERMS.starts)
        if fate == "lasts":
            run.lasted()
            deaths = deaths if mode.safe else 0
        elif fate == "stopped":
            run.stopped()
        else:
            deaths += 1
