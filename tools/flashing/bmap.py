"""A block map beside an image: which of its blocks hold anything, and their hashes.

The format is that of bmap-tools (versions 1.3 to 2.0): XML with ranges of blocks, each with its
checksum, and a checksum of the file itself, counted with that field set to zeros.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

from tools.flashing.errors import ImageError

_MOST_BYTES = 16_000_000
"""Longer is no block map of a card; real ones have kilobytes."""

_NUMBER = re.compile(r"[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Extent:
    """Bytes ``start`` to ``end`` (exclusive) of an image; ``sha256`` where the map tells it."""

    start: int
    end: int
    sha256: str | None = None

    @property
    def size_bytes(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class BlockMap:
    """The size of an image, and its extents in rising order."""

    image_bytes: int
    extents: tuple[Extent, ...]


def read_bmap(path: Path) -> BlockMap:
    """Raises ImageError for what cannot be read or is no block map."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    return parse_bmap(raw, str(path))


def parse_bmap(raw: bytes, origin: str = "block map") -> BlockMap:
    """Raises ImageError for anything but a block map whose ranges fit and rise."""
    if len(raw) > _MOST_BYTES:
        raise ImageError(f"{origin}: {len(raw)} bytes are no block map")
    if b"<!ENTITY" in raw:
        raise ImageError(f"{origin}: declares entities, which a block map does not")
    try:
        root = ElementTree.fromstring(raw)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ImageError(f"{origin}: is no block map: {error}") from error
    _check_itself(root, raw, origin)
    block = _number(root, "BlockSize", origin)
    image = _number(root, "ImageSize", origin)
    if not 512 <= block <= 1 << 26 or image <= 0:
        raise ImageError(f"{origin}: blocks of {block} bytes in an image of {image} cannot be")
    listed = root.findall("BlockMap/Range")
    extents = tuple(_extent(item, block, image, origin) for item in listed)
    rising = all(a.end <= b.start for a, b in pairwise(extents))
    if not extents or not rising:
        raise ImageError(f"{origin}: its ranges are missing or overlap; make it anew")
    return BlockMap(image, extents)


def _extent(item: ElementTree.Element, block: int, image: int, origin: str) -> Extent:
    first, dash, last = (item.text or "").strip().partition("-")
    last = last if dash else first
    if not (_NUMBER.fullmatch(first.strip()) and _NUMBER.fullmatch(last.strip())):
        raise ImageError(f"{origin}: {item.text!r} is no range of blocks")
    start, end = int(first) * block, min((int(last) + 1) * block, image)
    if not start < end:
        raise ImageError(f"{origin}: the range {item.text!r} does not lie in the image")
    return Extent(start, end, item.get("chksum"))


def _number(root: ElementTree.Element, name: str, origin: str) -> int:
    text = (root.findtext(name) or "").strip()
    if not _NUMBER.fullmatch(text):
        raise ImageError(f"{origin}: {name} is missing; is it a block map?")
    return int(text)


def _check_itself(root: ElementTree.Element, raw: bytes, origin: str) -> None:
    kind = (root.findtext("ChecksumType") or "").strip()
    if kind != "sha256":
        raise ImageError(f"{origin}: its checksums are {kind or 'of no kind'}, expected sha256")
    told = (root.findtext("BmapFileChecksum") or "").strip()
    if not told:
        raise ImageError(f"{origin}: has no checksum of itself; make it anew with bmaptool create")
    blanked = raw.replace(told.encode(), b"0" * len(told))
    if hashlib.sha256(blanked).hexdigest() != told:
        raise ImageError(f"{origin}: was changed or cut short: its own checksum does not fit")
