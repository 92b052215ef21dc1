"""Bursts that become durable while they are taken."""

from __future__ import annotations

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import Burst
from edge.security.evidence import unseal_content_key
from edge.security.keys import BasecampKey
from edge.spool.contents import CUT_SHORT, open_burst
from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.rescue import rescue_path, take_back
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.kit.card import disorder, rows
from tests.spool.conftest import ROOMY
from tests.spool.growing_life import so_far
from tests.spool.makers import a_blank, a_burst, a_goat, a_target

ROOT = Path(__file__).parents[2]
Opener = Callable[..., Spool]
BURST = a_burst(1, frames=4)
NAME = BURST.burst_id


def found(spool: Spool, key: BasecampKey, name: str = NAME) -> Burst:
    """The burst as basecamp opens it."""
    sealed = spool.evidence(name)
    return open_burst(sealed, unseal_content_key(sealed, key.unseal))


def test_a_burst_that_grew_is_the_burst_that_was_taken(
    spool: Spool, basecamp_key: BasecampKey
) -> None:
    spool.grow(so_far(BURST, 1))
    assert spool.unjudged() == 0  # not before it is over
    spool.grow(so_far(BURST, 3))
    assert spool.admit(BURST)
    waiting = spool.next_captured()
    assert waiting is not None
    assert (waiting.frames, waiting.frame_count) == (BURST.frames, 4)
    assert found(spool, basecamp_key) == BURST
    assert (spool.ledger.counters()["bursts"], spool.ledger.counters()["frames"]) == (1, 4)
    assert not spool.admit(BURST)


def test_all_that_grew_survives_and_says_that_it_was_cut_short(
    open_spool: Opener, folder: Path, basecamp_key: BasecampKey
) -> None:
    open_spool().grow(so_far(BURST, 3))
    spool = open_spool()
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames is not None
    assert waiting.frames[:3] == BURST.frames[:3]
    assert [frame.fault for frame in waiting.frames[3:]] == [CUT_SHORT]
    assert waiting.frame_count == 4
    assert not spool.admit(BURST)  # it is here
    spool.settle(replace(a_goat(1), items=()))
    spool.close()
    assert disorder(folder) == []


def test_without_the_boot_key_basecamp_opens_it_all_the_same(
    open_spool: Opener, memory_dir: Path, basecamp_key: BasecampKey
) -> None:
    open_spool().grow(so_far(BURST, 2))
    open_spool().close()
    for key in memory_dir.iterdir():
        key.unlink()
    spool = open_spool()
    waiting = spool.next_captured()
    assert waiting is not None
    assert (waiting.frames, waiting.frame_count) == (None, 3)
    assert found(spool, basecamp_key).frames[:2] == BURST.frames[:2]


def test_a_file_torn_anywhere_holds_the_frames_before(
    open_spool: Opener, folder: Path, basecamp_key: BasecampKey
) -> None:
    spool = open_spool()
    spool.grow(BURST)
    (growing,) = folder.glob("evidence/*/*.growing")
    whole = growing.read_bytes()
    spool.close()
    ends = []
    for size in range(0, len(whole), 101):
        (folder / "spool.db").unlink()
        growing.with_suffix(".burst").unlink(missing_ok=True)
        growing.write_bytes(whole[:size])
        spool = open_spool()
        if spool.unjudged():
            burst = found(spool, basecamp_key)
            ends.append(len(burst.frames) - 1)
            assert burst.frames[:-1] == BURST.frames[: ends[-1]]
            assert burst.frames[-1].fault == CUT_SHORT
        assert not growing.exists()
    assert ends == sorted(ends)
    assert set(ends) == {1, 2, 3}


def test_bytes_that_never_reached_the_card_end_the_burst_before_them(
    spool: Spool, folder: Path, basecamp_key: BasecampKey
) -> None:
    spool.grow(BURST)
    (growing,) = folder.glob("evidence/*/*.growing")
    whole = growing.read_bytes()
    key = unseal_content_key(whole, basecamp_key.unseal)
    for size in range(900, len(whole), 50):
        burst = open_burst(whole[:size] + bytes(len(whole) - size), key)
        assert burst.frames[:-1] == BURST.frames[: len(burst.frames) - 1]
        assert burst.frames[-1].fault == CUT_SHORT


def test_a_whole_burst_that_is_cut_short_is_still_refused(spool: Spool, folder: Path) -> None:
    spool.admit(BURST)
    (file,) = folder.glob("evidence/*/*.burst")
    file.write_bytes(file.read_bytes()[:-1])
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames is None


def test_a_burst_that_never_comes_to_its_end_is_what_it_was_when_the_next_one_comes(
    spool: Spool, basecamp_key: BasecampKey
) -> None:
    spool.grow(so_far(BURST, 2))
    assert spool.admit(a_burst(2))
    assert spool.unjudged() == 2
    burst = found(spool, basecamp_key)
    assert [frame.fault for frame in burst.frames] == [None, None, CUT_SHORT]


def test_a_card_that_fails_meanwhile_has_the_burst_written_whole_later(
    spool: Spool, folder: Path, basecamp_key: BasecampKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(handle: int) -> None:
        raise OSError(errno.EIO, "the card")

    spool.grow(so_far(BURST, 1))
    with monkeypatch.context() as broken:
        broken.setattr("edge.spool.files.os.fsync", failing)
        with pytest.raises(CardFailing):
            spool.grow(so_far(BURST, 2))
    spool.grow(so_far(BURST, 3))
    assert not list(folder.glob("evidence/*/*"))  # it is not begun a second time
    assert spool.admit(BURST)
    assert found(spool, basecamp_key) == BURST
    spool.grow(so_far(a_burst(2), 1))
    assert list(folder.glob("evidence/*/*.growing"))


def test_a_growing_burst_stays_within_the_quota(open_spool: Opener, folder: Path) -> None:
    quota = 3 * 3000
    spool = open_spool(Budget(max_bytes=quota, min_free_bytes=0))
    for number in range(5):
        burst = a_burst(number, frames=5)
        for frames in range(1, 5):
            spool.grow(so_far(burst, frames))
        spool.admit(burst)
        spool.settle(a_goat(number))
        held = sum(path.stat().st_size for path in folder.glob("evidence/*/*"))
        assert held <= quota + 5 * 200  # what sealing adds is not foreseen
    ((rows_bytes,),) = rows_of(spool, folder)
    assert rows_bytes == held


def rows_of(spool: Spool, folder: Path) -> list[tuple[int]]:
    spool.close()
    return rows(folder, "SELECT sum(size_bytes) FROM bursts WHERE held")


def test_what_has_no_room_to_grow_keeps_what_it_has(
    open_spool: Opener, basecamp_key: BasecampKey
) -> None:
    spool = open_spool(Budget(max_bytes=1800, min_free_bytes=0))
    spool.grow(so_far(BURST, 2))
    with pytest.raises(SpoolFull):
        spool.grow(BURST)
    with pytest.raises(SpoolFull):
        spool.admit(BURST)
    spool = open_spool(ROOMY)
    assert found(spool, basecamp_key).frames[:2] == BURST.frames[:2]


def test_a_file_that_grew_again_is_not_taken_for_the_burst_that_was_judged(
    open_spool: Opener, folder: Path
) -> None:
    spool = open_spool()
    spool.grow(so_far(BURST, 2))
    (growing,) = folder.glob("evidence/*/*.growing")
    rest = growing.read_bytes()
    spool.admit(BURST)
    spool.settle(a_blank(1))
    spool.close()
    growing.write_bytes(rest)  # a removal that never reached the card
    open_spool().close()
    assert disorder(folder) == []


def test_what_grew_in_a_second_spool_is_taken_back(
    open_spool: Opener, folder: Path, memory_dir: Path, basecamp_key: BasecampKey
) -> None:
    open_spool().close()
    with Spool(rescue_path(folder), basecamp_key.token.seal, ROOMY, memory_dir) as second:
        second.grow(so_far(BURST, 2))
    assert take_back(folder) == 1
    spool = open_spool()
    assert found(spool, basecamp_key).frames[:2] == BURST.frames[:2]
    spool.settle(a_target(1))


def test_a_process_that_ends_while_bursts_grow_loses_and_doubles_nothing(memory: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.spool.growing_life", memory],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        check=True,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    steps = [line["name"] for line in lines if "name" in line]
    assert {"before rename", "after fsync", "amid writing", "after commit"} <= set(steps)
    assert len(steps) > 60
    found_wrong = [line["complaints"] for line in lines if "complaints" in line]
    assert found_wrong == [[]] * len(steps)
