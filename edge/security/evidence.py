"""Evidence at rest: chunks of bytes sealed to basecamp as they are written.

A file is encrypted once, under a content key of its own, with libsodium's secretstream
(XChaCha20-Poly1305, chunk by chunk, so that a missing tail is noticed). The content key stands at
the head of the file, sealed to basecamp's public key (X25519 sealed box). Whoever holds the file
and not basecamp's private key sees its length and nothing else.

Layout::

    magic        8 B   "IRBIS-E1"
    sealed key  80 B   sealed box of the 32 B content key
    header      24 B   of the secretstream
    per chunk    4 B   length of the ciphertext, big-endian, then the ciphertext (plaintext + 17 B)

The last chunk carries secretstream's FINAL tag. Whether a file without one is worth anything its
content says (edge.spool.contents).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from contextlib import suppress

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from edge.security.errors import SealError

MAGIC = b"IRBIS-E1"
CONTENT_KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
_SEALED_KEY_BYTES = CONTENT_KEY_BYTES + bindings.crypto_box_SEALBYTES
_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_TAG_BYTES = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_LENGTH = struct.Struct(">I")


def new_content_key() -> bytes:
    """A fresh random key for one evidence file."""
    return bindings.crypto_secretstream_xchacha20poly1305_keygen()


class Seal:
    """Seals a file's chunks as they come, under ``content_key``. The same seal never begins anew.

    ``head`` stands before all chunks.
    """

    def __init__(self, content_key: bytes, recipient: PublicKey) -> None:
        self._state = bindings.crypto_secretstream_xchacha20poly1305_state()
        header = bindings.crypto_secretstream_xchacha20poly1305_init_push(self._state, content_key)
        self.head = MAGIC + SealedBox(recipient).encrypt(content_key) + header

    def chunk(self, chunk: bytes, last: bool = False) -> Iterator[bytes]:
        """The pieces of the next chunk; none may follow the ``last``."""
        tag = _FINAL if last else _MESSAGE
        sealed = bindings.crypto_secretstream_xchacha20poly1305_push(self._state, chunk, None, tag)
        yield _LENGTH.pack(len(sealed))
        yield sealed


def seal_chunks(
    chunks: Sequence[bytes], content_key: bytes, recipient: PublicKey
) -> Iterator[bytes]:
    """Yield the pieces of an evidence file that holds ``chunks``, at least one."""
    if not chunks:
        raise SealError("an evidence file needs at least one chunk")
    seal = Seal(content_key, recipient)
    yield seal.head
    for number, chunk in enumerate(chunks, start=1):
        yield from seal.chunk(chunk, last=number == len(chunks))


def unseal_content_key(data: bytes, private_key: PrivateKey) -> bytes:
    """Basecamp's way in: the content key of an evidence file. Raises SealError."""
    _check_head(data)
    try:
        return SealedBox(private_key).decrypt(data[len(MAGIC) : len(MAGIC) + _SEALED_KEY_BYTES])
    except CryptoError:
        raise SealError("the evidence is sealed to another basecamp key") from None


def open_chunks(data: bytes, content_key: bytes) -> list[bytes]:
    """All chunks of an evidence file, as its format and the vectors of that tell: the whole file
    or nothing. A station also takes what a power cut left of one (``open_beginning``).

    Raises SealError when it is damaged, cut short, or followed by other bytes.
    """
    chunks, wrong = open_beginning(data, content_key)
    if wrong is not None:
        raise wrong
    return chunks


def open_beginning(data: bytes, content_key: bytes) -> tuple[list[bytes], SealError | None]:
    """The chunks of an evidence file as far as they open, and why there are no more; None where
    these are all. Raises SealError where it is no evidence file."""
    _check_head(data)
    start = len(MAGIC) + _SEALED_KEY_BYTES
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    chunks: list[bytes] = []
    try:
        bindings.crypto_secretstream_xchacha20poly1305_init_pull(
            state, data[start : start + _HEADER_BYTES], content_key
        )
        for sealed, end in _split(data, start + _HEADER_BYTES):
            chunk, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, sealed)
            chunks.append(chunk)
            if tag == _FINAL:
                return chunks, _left_over(len(data) - end)
    except SealError as error:  # a ValueError too, but one that says more than the next line could
        return chunks, error
    except (CryptoError, ValueError, TypeError, RuntimeError):
        return chunks, SealError(f"evidence chunk {len(chunks)} does not open: damaged bytes")
    return chunks, SealError(f"the evidence ends early, after {len(chunks)} chunks")


def whole_chunks(data: bytes) -> list[int]:
    """The size in bytes of what each chunk holds, as far as chunks are there whole; nothing is
    opened. Raises SealError where it is no evidence file."""
    _check_head(data)
    sizes: list[int] = []
    with suppress(SealError):
        for sealed, _ in _split(data, len(MAGIC) + _SEALED_KEY_BYTES + _HEADER_BYTES):
            if len(sealed) < _TAG_BYTES:
                break
            sizes.append(len(sealed) - _TAG_BYTES)
    return sizes


def _left_over(rest_bytes: int) -> SealError | None:
    if not rest_bytes:
        return None
    return SealError(f"the evidence has {rest_bytes} bytes after its last chunk")


def _check_head(data: bytes) -> None:
    if data[: len(MAGIC)] != MAGIC:
        raise SealError("not an evidence file: it does not begin with IRBIS-E1")
    if len(data) < len(MAGIC) + _SEALED_KEY_BYTES + _HEADER_BYTES:
        raise SealError("the evidence ends early, within its head")


def _split(data: bytes, position: int) -> Iterator[tuple[bytes, int]]:
    """Each sealed chunk, and where it ends."""
    while position < len(data):
        if position + _LENGTH.size > len(data):
            raise SealError("the evidence ends early, within a chunk length")
        (length,) = _LENGTH.unpack_from(data, position)
        position += _LENGTH.size
        if position + length > len(data):
            raise SealError("the evidence ends early, within a chunk")
        yield data[position : position + length], position + length
        position += length
