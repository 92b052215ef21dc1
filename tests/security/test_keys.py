"""Key files and tokens: one line each, private to their owner, and plain about what is wrong."""

from __future__ import annotations

import stat
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nacl.public import PublicKey
from nacl.signing import VerifyKey

from edge.security.errors import KeyFileError
from edge.security.keys import BasecampKey, BasecampToken, StationKey, StationToken

KEYS = pytest.mark.parametrize("kind", [BasecampKey, StationKey])
TOKENS = pytest.mark.parametrize(
    ("parse", "token"),
    [
        (BasecampToken.parse, str(BasecampKey.generate().token)),
        (StationToken.parse, str(StationKey.generate().token)),
    ],
    ids=["basecamp", "station"],
)


@KEYS
def test_a_saved_key_loads_as_the_same_key(kind, tmp_path):
    key = kind.generate()
    key.save(tmp_path / "the.key")
    assert str(kind.load(tmp_path / "the.key").token) == str(key.token)


@KEYS
def test_a_key_file_is_readable_by_its_owner_alone(kind, tmp_path):
    path = tmp_path / "new folder" / "the.key"
    kind.generate().save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@KEYS
def test_a_key_is_never_overwritten(kind, tmp_path):
    path = tmp_path / "the.key"
    kind.generate().save(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match=r"the\.key: there is a key already; move it away"):
        kind.generate().save(path)
    assert path.read_bytes() == before


@KEYS
def test_a_place_that_takes_no_key_file_is_named(kind, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KeyFileError, match=r"file/the\.key: cannot be written"):
        kind.generate().save(tmp_path / "file" / "the.key")


@KEYS
def test_a_missing_key_file_is_named_with_the_command_that_makes_one(kind, tmp_path):
    with pytest.raises(KeyFileError, match=r"absent\.key: no such key file; `irbis"):
        kind.load(tmp_path / "absent.key")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "expected a word that begins with 'irbis-station-secret-1:'"),
        (b"\xff\xfe\x00", "cannot be read as a key file"),
        (b"irbis-basecamp-secret-1:AAAA", "expected a word that begins with"),
        (b"irbis-station-secret-1:AA!A", "is not base64url"),
        (b"irbis-station-secret-1:AAAA", "holds 3 bytes, expected 36; was it copied in full"),
        (b"irbis-station-secret-1:" + b"A" * 43 + b"\nmore", "is not base64url"),
    ],
)
def test_what_is_no_station_key_is_named(content, complaint, tmp_path):
    path = tmp_path / "the.key"
    path.write_bytes(content)
    with pytest.raises(KeyFileError, match=complaint) as refused:
        StationKey.load(path)
    assert str(path) in str(refused.value)


def test_a_folder_is_no_key_file(tmp_path):
    with pytest.raises(KeyFileError, match="cannot be read as a key file"):
        StationKey.load(tmp_path)


@TOKENS
def test_a_token_survives_copying_with_white_space_around_it(parse, token):
    assert str(parse(f"  {token}\r\n")) == token


@TOKENS
def test_a_token_that_was_not_copied_in_full_is_refused(parse: Callable[[str], Any], token: str):
    for size in range(len(token)):
        with pytest.raises(KeyFileError, match="token: "):
            parse(token[:size])


@TOKENS
@given(text=st.text())
def test_other_text_is_no_token(parse, token, text):
    prefix = token.partition(":")[0]
    for words in (text, f"{prefix}:{text}"):
        with pytest.raises(KeyFileError):
            parse(words)


def test_a_private_key_is_no_token_and_no_token_shows_a_private_key(tmp_path):
    key = BasecampKey.generate()
    key.save(tmp_path / "the.key")
    secret = (tmp_path / "the.key").read_text().strip()
    with pytest.raises(KeyFileError):
        BasecampToken.parse(secret)
    for private in (bytes(key.unseal), bytes(key.sign)):
        assert private not in bytes(key.token.seal) + bytes(key.token.verify)


def test_a_token_of_the_other_party_is_refused():
    with pytest.raises(KeyFileError, match="begins with 'irbis-basecamp-1:'"):
        BasecampToken.parse(str(StationKey.generate().token))
    with pytest.raises(KeyFileError, match="begins with 'irbis-station-1:'"):
        StationToken.parse(str(BasecampKey.generate().token))


def test_a_basecamp_token_to_which_nothing_can_be_sealed_is_refused():
    """A station that armed with one could not store a single picture."""
    token = BasecampToken(PublicKey(bytes(32)), BasecampKey.generate().token.verify)
    with pytest.raises(KeyFileError, match="basecamp token: holds bytes that are no key"):
        BasecampToken.parse(str(token))


def test_a_token_whose_signing_key_is_no_point_of_the_curve_is_refused():
    no_point = VerifyKey(bytes([2]) + bytes(31))
    basecamp = BasecampToken(BasecampKey.generate().token.seal, no_point)
    for parse, token in (
        (BasecampToken.parse, basecamp),
        (StationToken.parse, StationToken(no_point)),
    ):
        with pytest.raises(KeyFileError, match="token: holds bytes that are no key"):
            parse(str(token))


TOKEN = str(BasecampKey.generate().token)


@given(position=st.integers(0, 90), letter=st.sampled_from("abcXYZ019-_"))
def test_a_token_with_one_wrong_letter_is_refused(position: int, letter: str) -> None:
    good = TOKEN
    at = len(BasecampToken.PREFIX) + 1 + position % (len(good) - len(BasecampToken.PREFIX) - 1)
    bad = good[:at] + letter + good[at + 1 :]
    # The last letter of base64 has bits that no byte holds; the same key may be spelt two ways.
    assume(bad != good and at != len(good) - 1)
    with pytest.raises(KeyFileError):
        BasecampToken.parse(bad)
