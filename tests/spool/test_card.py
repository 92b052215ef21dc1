"""A write that fails says whether the card is full, fails, or neither."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from edge.spool.card import CARD_FAILING, full_or_failing, refused
from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.ledger import Ledger
from edge.spool.spool import Spool
from tests.spool.makers import a_burst

KEY = BasecampKey.generate()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_without_room_it_is_full(tmp_path: Path, number: int) -> None:
    assert isinstance(refused(tmp_path / "file", OSError(number, "")), SpoolFull)


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.EUCLEAN, errno.ENODEV])
def test_a_card_that_reports_errors_fails(tmp_path: Path, number: int) -> None:
    assert isinstance(refused(tmp_path / "file", OSError(number, "")), CardFailing)


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EACCES, errno.ENAMETOOLONG])
def test_other_errors_are_not_the_cards(tmp_path: Path, number: int) -> None:
    assert refused(tmp_path / "file", OSError(number, "")) is None


def test_a_write_that_fails_where_there_is_room_is_the_card_failing(tmp_path: Path) -> None:
    why = full_or_failing(tmp_path / "spool.db", "disk I/O error")
    assert isinstance(why, CardFailing)
    assert "(disk I/O error)" in str(why)
    assert "change the card" in str(why)


def test_one_text_for_all_that_is_not_written_on_one_card(tmp_path: Path) -> None:
    texts = {str(full_or_failing(tmp_path / name, "why")) for name in ("spool.db", "evidence")}
    assert len(texts) == 1


def test_a_failing_card_is_an_alarm_that_needs_no_card(tmp_path: Path) -> None:
    with Spool(tmp_path, KEY.token.seal) as spool:
        why: list[str] = ["it fails"]
        ledger = Ledger(spool._database, lambda: why[0] if why else None)
        assert ledger.alarms() == {CARD_FAILING: "it fails"}
        why.clear()
        assert ledger.alarms() == {}


def test_evidence_that_is_refused_leaves_nothing_and_can_be_admitted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error is made here; tests/faults/test_failing_card.py has a card that makes it."""

    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with Spool(tmp_path, KEY.token.seal) as spool:
        with monkeypatch.context() as card:
            card.setattr("edge.spool.files.os.fsync", broken)
            with pytest.raises(CardFailing, match="Input/output error"):
                spool.admit(a_burst(1))
            assert CARD_FAILING in spool.ledger.alarms()
            assert not spool.knows(a_burst(1).burst_id)
            assert not list(tmp_path.glob("evidence/??/*"))
        assert spool.admit(a_burst(1))
        assert spool.ledger.alarms() == {}
