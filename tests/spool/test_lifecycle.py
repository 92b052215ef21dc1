"""A burst's way through the spool: admitted, judged, sent, acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.security.evidence import open_chunks, unseal_content_key
from edge.security.keys import BasecampKey
from edge.spool.contents import from_chunks
from edge.spool.errors import SpoolBusy, SpoolError
from edge.spool.spool import Spool
from tests.kit.card import rows
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, burst_id

Opener = Callable[..., Spool]


def test_an_admitted_burst_is_given_to_triage_as_the_camera_made_it(spool: Spool) -> None:
    burst = a_burst(1)
    assert spool.admit(burst)
    found = spool.next_captured()
    assert found is not None
    assert found.frames == burst.frames
    assert (found.burst_id, found.captured_at, found.clock) == (
        burst.burst_id,
        burst.captured_at,
        burst.clock,
    )


def test_basecamp_opens_what_the_station_keeps(spool: Spool, basecamp_key: BasecampKey) -> None:
    spool.admit(a_burst(1))
    spool.settle(a_target(1))
    sealed = spool.evidence(burst_id(1))
    content_key = unseal_content_key(sealed, basecamp_key.unseal)
    assert from_chunks(open_chunks(sealed, content_key)) == a_burst(1)


def test_a_burst_is_admitted_once(spool: Spool) -> None:
    assert spool.admit(a_burst(1))
    assert not spool.admit(a_burst(1))
    spool.settle(a_blank(1))
    assert not spool.admit(a_burst(1))  # also when it is judged and gone
    assert spool.ledger.counters()["bursts"] == 1


def test_bursts_are_judged_in_the_order_of_their_coming(spool: Spool) -> None:
    for number in (5, 1, 3):
        spool.admit(a_burst(number))
    order = []
    while (waiting := spool.next_captured()) is not None:
        order.append(waiting.burst_id)
        spool.settle(a_blank([5, 1, 3][len(order) - 1]))
    assert order == [burst_id(5), burst_id(1), burst_id(3)]
    assert spool.unjudged() == 0


def test_a_burst_without_frames_passes_too(spool: Spool) -> None:
    spool.admit(a_burst(1, frames=0))
    found = spool.next_captured()
    assert found is not None
    assert found.frames == ()


def test_a_judgement_is_settled_exactly_once(spool: Spool) -> None:
    spool.admit(a_burst(1))
    assert spool.settle(a_target(1))
    assert not spool.settle(a_target(1))
    assert not spool.settle(a_blank(1))  # nor can a second verdict undo the first
    assert spool.ledger.counters()["target"] == 1
    assert spool.outbox.state().items == 1
    (judged,) = spool.judged()
    assert (judged.judgement, judged.held) == (b"leopard", True)


def test_a_burst_that_was_never_admitted_cannot_be_settled(spool: Spool) -> None:
    assert not spool.settle(a_target(1))
    assert spool.outbox.is_empty()
    assert spool.ledger.counters() == {}


def test_only_a_dropped_burst_loses_its_evidence(spool: Spool) -> None:
    for number, settle in enumerate([a_target, a_goat, a_blank]):
        spool.admit(a_burst(number))
        spool.settle(settle(number))
    assert [judged.held for judged in spool.judged()] == [True, True, False]
    assert spool.evidence(burst_id(0))
    assert spool.evidence(burst_id(1))
    with pytest.raises(FileNotFoundError):
        spool.evidence(burst_id(2))


def test_no_key_to_judged_evidence_stays_on_the_station(spool: Spool, folder: Path) -> None:
    for number in (1, 2):
        spool.admit(a_burst(number))
    spool.settle(a_target(1))
    spool.close()
    keys = rows(folder, "SELECT wrapped_key IS NULL FROM bursts ORDER BY seq")
    assert keys == [(True,), (False,)]


def test_the_boot_key_lives_until_the_last_burst_is_judged(
    open_spool: Opener, memory_dir: Path
) -> None:
    spool = open_spool()
    spool.admit(a_burst(1))
    spool = open_spool()
    assert list(memory_dir.iterdir())
    waiting = spool.next_captured()
    assert waiting is not None
    assert waiting.frames == a_burst(1).frames
    spool.settle(a_blank(1))
    spool.close()
    assert not list(memory_dir.iterdir())


def test_a_spool_serves_one_process(spool: Spool, folder: Path, basecamp_key: BasecampKey) -> None:
    with pytest.raises(SpoolBusy, match="stop it first"):
        Spool(folder, basecamp_key.token.seal)


def test_a_spool_of_another_version_is_left_alone(
    open_spool: Opener, folder: Path, tamper: Callable[[str], None]
) -> None:
    open_spool().close()
    tamper("PRAGMA user_version = 99")
    with pytest.raises(SpoolError, match="schema 99"):
        open_spool()
    assert rows(folder, "PRAGMA user_version") == [(99,)]


def test_a_folder_that_cannot_be_made_is_told_in_one_line(
    tmp_path: Path, basecamp_key: BasecampKey
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(SpoolError, match="cannot be the spool: Not a directory"):
        Spool(tmp_path / "file" / "spool", basecamp_key.token.seal)


def test_memory_that_cannot_be_written_does_not_keep_a_station_from_catching(
    tmp_path: Path, folder: Path, basecamp_key: BasecampKey
) -> None:
    (tmp_path / "full").write_text("not a folder")
    with Spool(folder, basecamp_key.token.seal, memory_dir=tmp_path / "full") as spool:
        spool.admit(a_burst(1))
        waiting = spool.next_captured()
        assert waiting is not None
        assert waiting.frames == a_burst(1).frames
