"""Which blocks of an image hold anything: a block map that bmaptool and `irbis flash` read.

Format 2.0 of bmap-tools: blocks of 4096 bytes, ranges with a SHA-256 each, and one of the map
itself, made while that field holds zeros.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

BLOCK_BYTES = 4096
_PIECE_BYTES = 1 << 20
_NONE = "0" * 64


def write_bmap(image: Path, bmap: Path, count: Iterable[tuple[int, int]] = ()) -> int:
    """Describe ``image`` in ``bmap``; how many bytes it maps. Blocks of zeros are not mapped but
    where they lie in an extent of ``count`` (first byte, first byte after)."""
    wanted = [(first, last) for first, last in used(image)]
    wanted += [(start // BLOCK_BYTES, (end - 1) // BLOCK_BYTES) for start, end in count]
    with image.open("rb") as file:
        ranges = [(*each, _digest(file.fileno(), *each)) for each in joined(wanted)]
    size = image.stat().st_size
    mapped = sum(last - first + 1 for first, last, _ in ranges)
    text = _text(size, mapped, ranges, _NONE)
    own = hashlib.sha256(text.encode("ascii")).hexdigest()
    bmap.write_text(text.replace(_NONE, own, 1), encoding="ascii")
    return mapped * BLOCK_BYTES


def joined(ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same blocks in rising order; runs that touch are one."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def used(image: Path) -> Iterator[tuple[int, int]]:
    """First and last block of each run of blocks that are not all zeros."""
    zeros = bytes(BLOCK_BYTES)
    start = None
    block = 0
    with image.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            count = -(-len(piece) // BLOCK_BYTES)
            # Whole pieces of zeros are the rule.
            empty = piece.count(0) == len(piece)
            for index in range(count):
                content = piece[index * BLOCK_BYTES : (index + 1) * BLOCK_BYTES]
                if empty or content == zeros[: len(content)]:
                    if start is not None:
                        yield start, block + index - 1
                        start = None
                elif start is None:
                    start = block + index
            block += count
    if start is not None:
        yield start, block - 1


def _digest(file: int, first: int, last: int) -> str:
    digest = hashlib.sha256()
    at, end = first * BLOCK_BYTES, (last + 1) * BLOCK_BYTES
    while at < end and (piece := os.pread(file, min(_PIECE_BYTES, end - at), at)):
        digest.update(piece)
        at += len(piece)
    return digest.hexdigest()


def _text(size: int, mapped: int, ranges: list[tuple[int, int, str]], own: str) -> str:
    rows = "\n".join(
        f'        <Range chksum="{digest}"> {_span(first, last)} </Range>'
        for first, last, digest in ranges
    )
    return f"""\
<?xml version="1.0" ?>
<bmap version="2.0">
    <ImageSize> {size} </ImageSize>
    <BlockSize> {BLOCK_BYTES} </BlockSize>
    <BlocksCount> {-(-size // BLOCK_BYTES)} </BlocksCount>
    <MappedBlocksCount> {mapped} </MappedBlocksCount>
    <ChecksumType> sha256 </ChecksumType>
    <BmapFileChecksum> {own} </BmapFileChecksum>
    <BlockMap>
{rows}
    </BlockMap>
</bmap>
"""


def _span(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"
