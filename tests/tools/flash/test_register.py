"""The register: grows by whole rows, and knows every key that ever touched a card."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.security.keys import StationKey
from tools.flashing.errors import RegisterError
from tools.flashing.fingerprint import fingerprint
from tools.flashing.register import COLUMNS, Register, _parse


def test_a_row_is_read_as_it_was_written(tmp_path: Path) -> None:
    register, token = Register(tmp_path / "sub/register.csv"), StationKey.generate().token
    register.add("ridge-7", "begun", token, "0x1a2b", "ff")
    register.add("ridge-7", "done", token, "0x1a2b", "ff")
    row = register.done()["ridge-7"]
    assert (row.token, row.fingerprint) == (str(token), fingerprint(token))
    assert (row.card, row.image, row.at[-1]) == ("0x1a2b", "ff", "Z")
    assert len(register.rows()) == 2


def test_a_station_with_a_card_gets_no_second_one_unasked(tmp_path: Path) -> None:
    register = Register(tmp_path / "register.csv")
    register.add("ridge-7", "done", StationKey.generate().token)
    with pytest.raises(RegisterError, match="--again"):
        register.require_new("ridge-7", StationKey.generate().token)


def test_a_card_that_was_not_finished_may_be_begun_again(tmp_path: Path) -> None:
    register = Register(tmp_path / "register.csv")
    register.add("ridge-7", "begun", StationKey.generate().token)
    again = StationKey.generate().token
    register.require_new("ridge-7", again)
    assert register.done() == {}, "nothing is promised by a card that was only begun"
    register.add("ridge-7", "begun", again)
    register.add("ridge-7", "done", again)
    assert register.done()["ridge-7"].token == str(again)


def test_no_key_goes_onto_two_cards_not_even_half_of_one(tmp_path: Path) -> None:
    register, token = Register(tmp_path / "register.csv"), StationKey.generate().token
    register.add("ridge-7", "begun", token)
    with pytest.raises(RegisterError, match="no two"):
        register.require_new("ridge-8", token)


@pytest.mark.parametrize(
    "text",
    [
        "station,token\nridge-7,x\n",
        ",".join(COLUMNS) + "\nridge-7,done\n",
        ",".join(COLUMNS) + "\nridge-7,finished,,,,,\n",
        ",".join(COLUMNS) + "\nridge-7,done,,,irbis-station-1:AAAA,,\n",
    ],
)
def test_what_is_no_register_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "register.csv").write_text(text)
    with pytest.raises(RegisterError):
        Register(tmp_path / "register.csv").rows()


@given(st.text(max_size=200))
def test_any_text_is_a_register_or_is_refused(text: str) -> None:
    with pytest.raises(RegisterError):
        list(_parse(f"{','.join(COLUMNS)}\nridge-7,{text},,,,,,,\n", "text"))


def test_a_fingerprint_says_four_groups_of_letters_that_none_misreads() -> None:
    told = fingerprint(StationKey.generate().token)
    assert [len(group) for group in told.split("-")] == [4, 4, 4, 4]
    assert not set(told) & set("0189")
