"""A station takes only files that its own basecamp signed, whole and of the right kind."""

from __future__ import annotations

import pytest

from edge.security.errors import SealError, SignatureError
from edge.security.keys import BasecampKey
from edge.security.signed_file import CATALOGUE_MAGIC, open_file, sign_file

KEY = BasecampKey.generate()


def test_what_was_signed_opens() -> None:
    data = sign_file(b"body", CATALOGUE_MAGIC, KEY)
    assert open_file(data, CATALOGUE_MAGIC, KEY.token) == b"body"


def test_another_basecamp_s_file_is_refused() -> None:
    data = sign_file(b"body", CATALOGUE_MAGIC, BasecampKey.generate())
    with pytest.raises(SignatureError, match="this station's basecamp"):
        open_file(data, CATALOGUE_MAGIC, KEY.token)


@pytest.mark.parametrize("place", [8, 40, -1])
def test_a_changed_byte_is_refused(place: int) -> None:
    data = bytearray(sign_file(b"body", CATALOGUE_MAGIC, KEY))
    data[place] ^= 1
    with pytest.raises(SignatureError):
        open_file(bytes(data), CATALOGUE_MAGIC, KEY.token)


@pytest.mark.parametrize("data", [b"", b"IRBIS-C", b"IRBIS-C2" + bytes(80)])
def test_another_kind_of_file_is_refused(data: bytes) -> None:
    with pytest.raises(SealError, match="IRBIS-C1"):
        open_file(data, CATALOGUE_MAGIC, KEY.token)


def test_a_file_cut_short_is_refused() -> None:
    with pytest.raises(SignatureError):
        open_file(sign_file(b"body", CATALOGUE_MAGIC, KEY)[:30], CATALOGUE_MAGIC, KEY.token)
