"""Evidence files: whole and in order, or refused; and readable by basecamp alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import PrivateKey

from edge.security.errors import SealError
from edge.security.evidence import (
    new_content_key,
    open_chunks,
    seal_chunks,
    unseal_content_key,
)

CAMP, OTHER_CAMP = PrivateKey.generate(), PrivateKey.generate()
HEAD_BYTES = 8 + 80 + 24


def sealed(*chunks: bytes, key: bytes | None = None) -> bytes:
    return b"".join(seal_chunks(chunks, key or new_content_key(), CAMP.public_key))


def opened(data: bytes) -> list[bytes]:
    return open_chunks(data, unseal_content_key(data, CAMP))


@given(st.lists(st.binary(max_size=60), min_size=1, max_size=5))
def test_basecamp_opens_every_chunk_and_the_file_is_as_long_as_specified(chunks):
    data = sealed(*chunks)
    assert opened(data) == chunks
    assert len(data) == HEAD_BYTES + sum(4 + len(chunk) + 17 for chunk in chunks)


def test_a_file_without_a_chunk_is_not_made():
    with pytest.raises(SealError, match="at least one chunk"):
        sealed()


def test_a_file_cut_anywhere_ends_early():
    data = sealed(b"first", b"", b"third")
    for size in range(len(data)):
        with pytest.raises(SealError, match=r"ends early|does not begin with IRBIS-E1"):
            opened(data[:size])


def test_where_a_file_ends_early_is_said():
    data = sealed(b"first", b"second")
    first_end = HEAD_BYTES + 4 + 5 + 17
    for size, where in [
        (HEAD_BYTES - 1, "within its head"),
        (HEAD_BYTES, "after 0 chunks"),
        (HEAD_BYTES + 2, "within a chunk length"),
        (HEAD_BYTES + 10, "within a chunk"),
        (first_end, "after 1 chunks"),
    ]:
        with pytest.raises(SealError, match=f"ends early, {where}$"):
            opened(data[:size])


def test_bytes_after_the_last_chunk_are_refused():
    for rest in (b"\x00", bytes(4), b"\x00\x00\x00\x11" + bytes(17)):
        with pytest.raises(SealError, match="after its last chunk"):
            opened(sealed(b"one", b"two") + rest)


def test_a_changed_byte_anywhere_is_noticed():
    data = sealed(b"first", b"second")
    for place in range(len(data)):
        with pytest.raises(SealError):
            opened(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])


def test_swapped_repeated_and_missing_chunks_are_noticed():
    data = sealed(b"1111", b"2222", b"3333")
    head, size = data[:HEAD_BYTES], 4 + 4 + 17
    one, two, three = (data[HEAD_BYTES + size * i :][:size] for i in range(3))
    for order in ([two, one, three], [one, one, two, three], [one, three], [three], [one, two]):
        with pytest.raises(SealError):
            opened(head + b"".join(order))


def test_chunks_of_another_file_under_the_same_key_are_noticed():
    key = new_content_key()
    ours, theirs = sealed(b"1111", b"2222", key=key), sealed(b"3333", b"4444", key=key)
    middle = HEAD_BYTES + 4 + 4 + 17
    with pytest.raises(SealError):
        opened(ours[:middle] + theirs[middle:])


def test_another_basecamp_does_not_open_it():
    with pytest.raises(SealError, match="sealed to another basecamp key"):
        unseal_content_key(sealed(b"picture"), OTHER_CAMP)


@pytest.mark.parametrize("key", [new_content_key(), b"", bytes(31)], ids=["wrong", "none", "short"])
def test_another_content_key_does_not_open_it(key):
    with pytest.raises(SealError):
        open_chunks(sealed(b"picture"), key)


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_only_ever_raise_seal_error(data, with_magic):
    data = b"IRBIS-E1" + data if with_magic else data
    with pytest.raises(SealError):
        unseal_content_key(data, CAMP)
    with pytest.raises(SealError):
        open_chunks(data, bytes(32))


def test_a_huge_declared_chunk_is_refused_before_it_is_read():
    data = sealed(b"picture")
    with pytest.raises(SealError, match="ends early, within a chunk"):
        opened(data[:HEAD_BYTES] + b"\xff\xff\xff\xff" + data[HEAD_BYTES + 4 :])


def test_neither_picture_nor_key_lies_open_in_the_file():
    key, picture = new_content_key(), b"\xff\xd8 a leopard on the ridge"
    data = sealed(picture, key=key)
    assert picture[:8] not in data
    assert key not in data
    assert data != sealed(picture, key=key)
