"""Bytes onto a card, and back again to prove that they lie there."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tools.flashing.bar import Bar
from tools.flashing.bmap import Extent
from tools.flashing.errors import FlashError, ImageError
from tools.flashing.source import DAMAGED, Image, Readable

CHUNK_BYTES = 1 << 22
SYNC_EVERY_BYTES = 64 << 20
"""What lies in this machine's memory only at any time: else the bar would run ahead of the card."""

_TAIL_BYTES = 34 * 512
"""A partition table's copy at the end of a card (GPT): what an earlier life left is taken away."""

# <linux/fs.h>: _IO(0x12, 95), _IO(0x12, 97), _IO(0x12, 119)
_BLKRRPART = 0x125F
_BLKFLSBUF = 0x1261
_BLKDISCARD = 0x1277

_GONE = {errno.ENODEV, errno.ENXIO, errno.ENOMEDIUM, errno.EIO, errno.EREMOTEIO, errno.ENOENT}


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, piece by piece, each with its sha256."""

    pieces: tuple[Extent, ...]

    @property
    def size_bytes(self) -> int:
        return sum(piece.size_bytes for piece in self.pieces)


@contextmanager
def opened(target: Path, size_bytes: int | None) -> Iterator[int]:
    """A descriptor for ``target``, alone on it where it is a disk of ``size_bytes``.

    None means a plain file, which is made where it is missing. Raises FlashError when it cannot be
    opened; what goes wrong inside with the device is told as one FlashError, too.
    """
    flags = os.O_RDWR | os.O_CLOEXEC
    flags |= os.O_CREAT if size_bytes is None else os.O_EXCL  # alone: not mounted meanwhile either
    try:
        handle = os.open(target, flags, 0o600)
    except OSError as error:
        raise FlashError(f"{target}: cannot be opened: {_reason(error)}") from error
    try:
        yield handle
    finally:
        os.close(handle)


def write_image(
    handle: int, target: Path, image: Image, size_bytes: int | None, show: Bar
) -> Written:
    """Write ``image`` to ``target``, a disk of ``size_bytes`` or a file (None), and sync it.

    What a block map leaves out is read, and written where it is not zero already. To leave it as it
    is would be faster, and wrong: a journal of the card's earlier life would lie where an empty one
    is expected, and the file system replays what fits. Raises FlashError when the card is too small
    or fails, ImageError when the image does.
    """
    if size_bytes is not None and (image.size_bytes or 0) > size_bytes:
        raise FlashError(
            f"{target}: holds {size_bytes / 1e9:.2f} GB, the image needs"
            f" {(image.size_bytes or 0) / 1e9:.2f} GB; take a larger card"
        )
    with _card_told(target, show):
        _clear(handle, size_bytes)
        pieces = []
        unsynced = 0
        for start, chunk, hole in _chunks(image):
            show.add(len(chunk))
            if hole and (size_bytes is None or _read(handle, start, len(chunk)) == chunk):
                continue
            _write_all(handle, chunk, start, target, size_bytes)
            sha256 = hashlib.sha256(chunk).hexdigest()
            pieces.append(Extent(start, start + len(chunk), sha256))
            unsynced += len(chunk)
            if unsynced >= SYNC_EVERY_BYTES:
                os.fdatasync(handle)
                unsynced = 0
        if size_bytes is None:
            os.ftruncate(handle, image.size_bytes or pieces[-1].end)
        os.fsync(handle)
    show.end()
    return Written(tuple(pieces))


def verify(handle: int, target: Path, written: Written, show: Bar) -> None:
    """Read back from the card itself, not from memory. Raises FlashError where it differs."""
    with _card_told(target, show):
        forget_cached(handle)
        for piece in written.pieces:
            found = hashlib.sha256(_read(handle, piece.start, piece.size_bytes)).hexdigest()
            if found != piece.sha256:
                show.cut()
                raise FlashError(
                    f"{target}: at {piece.start / 1e6:.1f} MB it does not give back what was"
                    " written: the card is bad or false; take another one"
                )
            show.add(piece.size_bytes)
    show.end()


def reread_partitions(handle: int) -> None:
    """Let the kernel look at the new partition table; it does so itself when a card is put in."""
    _quietly(handle, _BLKRRPART)


def _chunks(image: Image) -> Iterator[tuple[int, bytes, bool]]:
    """Offset and bytes of every piece of the image, none longer than a chunk; and whether it is a
    hole: zeros that the block map leaves out."""
    try:
        with image.open() as file:
            if image.bmap is None:
                yield from _all_of(image, file)
                return
            at = 0
            for extent in image.bmap.extents:
                yield from _hole(at, extent.start)
                _skip(file, extent.start - at)
                yield from _mapped(image, extent, file)
                at = extent.end
            yield from _hole(at, image.bmap.image_bytes)
    except DAMAGED as error:
        raise ImageError(
            f"{image.path}: is damaged or cut short ({error}): fetch it once more; the card holds"
            " half of it and is of no use until then"
        ) from error
    except OSError as error:
        raise ImageError(f"{image.path}: cannot be read: {_reason(error)}") from error


def _all_of(image: Image, file: Readable) -> Iterator[tuple[int, bytes, bool]]:
    at = 0
    while chunk := file.read(CHUNK_BYTES):
        yield at, chunk, False
        at += len(chunk)
    if at == 0:
        raise ImageError(f"{image.path}: unpacks to nothing")


def _mapped(image: Image, extent: Extent, file: Readable) -> Iterator[tuple[int, bytes, bool]]:
    """The pieces of ``extent``; ImageError at its end where they are not what the map says."""
    at = extent.start
    digest = hashlib.sha256()
    while at < extent.end and (chunk := file.read(min(CHUNK_BYTES, extent.end - at))):
        digest.update(chunk)
        yield at, chunk, False
        at += len(chunk)
    if at != extent.end or extent.sha256 not in (None, digest.hexdigest()):
        raise ImageError(
            f"{image.path}: does not hold what its block map says, at {extent.start} bytes"
        )


def _hole(start: int, end: int) -> Iterator[tuple[int, bytes, bool]]:
    for at in range(start, end, CHUNK_BYTES):
        yield at, bytes(min(CHUNK_BYTES, end - at)), True


def _skip(file: Readable, size_bytes: int) -> None:
    while size_bytes > 0:
        chunk = file.read(min(CHUNK_BYTES, size_bytes))
        if not chunk:
            raise EOFError("it ends before its block map does")
        size_bytes -= len(chunk)


def _write_all(handle: int, chunk: bytes, at: int, target: Path, size_bytes: int | None) -> None:
    if size_bytes is not None and at + len(chunk) > size_bytes:
        raise FlashError(
            f"{target}: the image is larger than the card ({size_bytes / 1e9:.2f} GB); the card is"
            " half written, take a larger one"
        )
    view = memoryview(chunk)
    while view:
        done = os.pwrite(handle, view, at)
        view, at = view[done:], at + done


def _read(handle: int, start: int, size_bytes: int) -> bytes:
    parts = []
    while size_bytes > 0 and (part := os.pread(handle, size_bytes, start)):
        parts.append(part)
        start, size_bytes = start + len(part), size_bytes - len(part)
    return b"".join(parts)


def _clear(handle: int, size_bytes: int | None) -> None:
    """What an earlier life left goes, where the card can forget (discard); the partition table's
    copy at its end goes in any case."""
    if size_bytes is None:
        os.ftruncate(handle, 0)
        return
    _quietly(handle, _BLKDISCARD, struct.pack("=QQ", 0, size_bytes))
    os.pwrite(handle, bytes(_TAIL_BYTES), size_bytes - _TAIL_BYTES)
    os.fsync(handle)
    forget_cached(handle)


def forget_cached(handle: int) -> None:
    """What is read next comes from the card itself, as far as this machine can see to it."""
    _quietly(handle, _BLKFLSBUF)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)


def _quietly(handle: int, request: int, argument: bytes | int = 0) -> None:
    try:
        fcntl.ioctl(handle, request, argument)
    except OSError:
        return  # a plain file, or a card without that: what it would give is no promise


@contextmanager
def _card_told(target: Path, show: Bar) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        show.cut()
        gone = not target.exists() or error.errno in _GONE
        what = "was pulled out, or it fails" if gone else _reason(error)
        raise FlashError(
            f"{target}: at {show.place}: the card {what}; nothing on it can be used: put it in"
            " and flash it again"
        ) from error


def _reason(error: OSError) -> str:
    if error.errno == errno.EBUSY:
        return "another program uses it"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"only root may write to it; begin with: sudo {sys.argv[0]}"
    return error.strerror or str(error)
