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

The last chunk carries secretstream's FINAL tag.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from edge.security.errors import SealError

MAGIC = b"IRBIS-E1"
CONTENT_KEY_BYTES = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
_SEALED_KEY_BYTES = CONTENT_KEY_BYTES + bindings.crypto_box_SEALBYTES
_HEADER_BYTES = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL
_LENGTH = struct.Struct(">I")


def new_content_key() -> bytes:
    """A fresh random key for one evidence file."""
    return bindings.crypto_secretstream_xchacha20poly1305_keygen()


def seal_chunks(
    chunks: Sequence[bytes], content_key: bytes, recipient: PublicKey
) -> Iterator[bytes]:
    """Yield the pieces of an evidence file that holds ``chunks``, at least one."""
    if not chunks:
        raise SealError("an evidence file needs at least one chunk")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, content_key)
    yield MAGIC + SealedBox(recipient).encrypt(content_key) + header
    for number, chunk in enumerate(chunks, start=1):
        tag = _FINAL if number == len(chunks) else _MESSAGE
        sealed = bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, None, tag)
        yield _LENGTH.pack(len(sealed))
        yield sealed


def unseal_content_key(data: bytes, private_key: PrivateKey) -> bytes:
    """Basecamp's way in: the content key of an evidence file. Raises SealError."""
    _check_head(data)
    try:
        return SealedBox(private_key).decrypt(data[len(MAGIC) : len(MAGIC) + _SEALED_KEY_BYTES])
    except CryptoError:
        raise SealError("the evidence is sealed to another basecamp key") from None


def open_chunks(data: bytes, content_key: bytes) -> list[bytes]:
    """All chunks of an evidence file.

    Raises SealError when it is damaged, cut short, or followed by other bytes.
    """
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
                return _whole(chunks, len(data) - end)
    except SealError:
        raise  # a ValueError too, but one that says more than the next line could
    except (CryptoError, ValueError, TypeError, RuntimeError):
        raise SealError(f"evidence chunk {len(chunks)} does not open: damaged bytes") from None
    raise SealError(f"the evidence ends early, after {len(chunks)} chunks")


def _whole(chunks: list[bytes], rest_bytes: int) -> list[bytes]:
    if rest_bytes:
        raise SealError(f"the evidence has {rest_bytes} bytes after its last chunk")
    return chunks


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
