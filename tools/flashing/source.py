"""The image to write: raw or zstd, its sha256, and its block map where one lies beside it."""

from __future__ import annotations

import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tools.flashing.bmap import BlockMap, read_bmap
from tools.flashing.errors import ImageError
from tools.flashing.partitions import find_boot

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
_OTHERS = {
    b"\xfd7zXZ\0": "xz -d",
    b"\x1f\x8b": "gunzip",
    b"PK\x03\x04": "unzip",
}
"""What images come packed in elsewhere, and what unpacks it. None begins a disk."""
_CHUNK = 1 << 20
_HEAD_BYTES = 64 << 20
"""The boot partition of a card begins within its first megabytes."""


class Readable(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Image:
    """An image on this machine's disk. ``size_bytes`` is what it is unpacked; None where neither
    block map nor compressed file tells it."""

    path: Path
    compressed: bool
    size_bytes: int | None
    bmap: BlockMap | None
    sha256: str
    proved: bool = True
    """Whether its hash was held against one that came with it."""

    @contextmanager
    def open(self) -> Iterator[Readable]:
        """The image's bytes, unpacked as they are read."""
        with self.path.open("rb") as file:
            if not self.compressed:
                yield file
                return
            with zstd.ZstdFile(file) as unpacked:
                yield unpacked


DAMAGED = (zstd.ZstdError, EOFError)
"""What reading raises where the compressed bytes are damaged or cut short."""


def open_image(path: Path, sha256: str | None = None) -> Image:
    """Read the whole file once, hold its hash against ``sha256``, or else against the file
    ``<path>.sha256`` where there is one, and find its block map.

    Raises ImageError when the file is missing or its hash is another.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
            digest = hashlib.sha256(head)
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
            size = file.tell()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    if size == 0:
        raise ImageError(f"{path}: is empty")
    for magic, way_out in _OTHERS.items():
        if head.startswith(magic):
            raise ImageError(f"{path}: is packed; unpack it first: {way_out} {path}")
    wanted = sha256 or _hash_beside(path)
    _require_hash(path, digest.hexdigest(), wanted)
    compressed = head.startswith(_ZSTD_MAGIC)
    beside = _bmap_beside(path)
    bmap = None if beside is None else read_bmap(beside)
    known = _unpacked_size(path, head) if compressed else size
    if bmap is not None and known is not None and known != bmap.image_bytes:
        raise ImageError(f"{beside}: is the block map of another image than {path}")
    if bmap is not None:
        known = bmap.image_bytes
    return Image(path, compressed, known, bmap, digest.hexdigest(), wanted is not None)


def require_boot(image: Image) -> None:
    """Raise StampError where the image holds no boot partition that a station could be handed its
    name on, ImageError where it cannot be read: before a card is written."""
    try:
        with image.open() as file:
            head = io.BytesIO(file.read(_HEAD_BYTES))
    except (*DAMAGED, OSError) as error:
        raise ImageError(f"{image.path}: is damaged or cut short: {error}") from error
    find_boot(head, str(image.path))


def _unpacked_size(path: Path, head: bytes) -> int | None:
    """What the first frame says. Of several frames it would say too little; zstd writes one."""
    try:
        return zstd.get_frame_info(head).decompressed_size or None
    except zstd.ZstdError as error:
        raise ImageError(f"{path}: is no zstd file: {error}") from error


def _hash_beside(path: Path) -> str | None:
    try:
        words = path.with_name(path.name + ".sha256").read_text(encoding="ascii").split()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise ImageError(f"{path}.sha256: cannot be read: {error}") from error
    return words[0] if words else ""


def _require_hash(path: Path, found: str, wanted: str | None) -> None:
    if wanted is not None and found != wanted.strip().lower():
        raise ImageError(
            f"{path}: its sha256 is {found[:16]}..., expected {wanted[:16] or 'nothing'}...:"
            " it was changed or not copied in full; fetch it once more"
        )


def _bmap_beside(path: Path) -> Path | None:
    """``x.img.zst`` has its map in ``x.img.bmap``, ``x.img.zst.bmap`` or ``x.bmap``."""
    names = [path.name + ".bmap", path.with_suffix("").name + ".bmap"]
    if path.suffix == ".zst":
        names.append(path.with_suffix("").with_suffix("").name + ".bmap")
    return next((found for name in names if (found := path.with_name(name)).is_file()), None)
