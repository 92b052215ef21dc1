"""Block maps: taken as bmap-tools writes them, refused when anything in them does not fit."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.flash.cards import need, run
from tools.flashing.bmap import Extent, parse_bmap, read_bmap
from tools.flashing.errors import ImageError


def a_map(ranges: str, image: int = 40_000, block: int = 4096, kind: str = "sha256") -> bytes:
    text = (
        f'<?xml version="1.0" ?><bmap version="2.0"><ImageSize> {image} </ImageSize>'
        f"<BlockSize> {block} </BlockSize><ChecksumType> {kind} </ChecksumType>"
        f"<BmapFileChecksum> {'0' * 64} </BmapFileChecksum><BlockMap>{ranges}</BlockMap></bmap>"
    )
    return text.replace("0" * 64, hashlib.sha256(text.encode()).hexdigest()).encode()


def test_what_bmaptool_writes_is_read(tmp_path: Path) -> None:
    need("bmaptool")
    image = tmp_path / "image"
    with image.open("wb") as file:
        file.truncate(1 << 20)
        file.seek(40_960)
        file.write(b"leopard")
    run("bmaptool", "create", "-o", str(tmp_path / "map"), str(image))
    found = read_bmap(tmp_path / "map")
    block = b"leopard" + bytes(4096 - 7)
    assert found.image_bytes == 1 << 20
    assert found.extents == (Extent(40_960, 45_056, hashlib.sha256(block).hexdigest()),)


def test_the_last_range_ends_with_the_image() -> None:
    found = parse_bmap(a_map("<Range> 0-1 </Range><Range> 9 </Range>"))
    assert [(e.start, e.end) for e in found.extents] == [(0, 8192), (36_864, 40_000)]


@pytest.mark.parametrize(
    "raw",
    [
        a_map("<Range> 3-5 </Range><Range> 5-6 </Range>"),
        a_map("<Range> 5-3 </Range>"),
        a_map("<Range> 0-x </Range>"),
        a_map("<Range> 10 </Range>"),
        a_map(""),
        a_map("<Range> 0 </Range>", kind="sha1"),
        a_map("<Range> 0 </Range>", block=0),
        a_map("<Range> 0 </Range>").replace(b" 0 <", b" 1 <"),
        b"<!DOCTYPE b [<!ENTITY a 'aa'>]><bmap>&a;</bmap>",
        b"<bmap/>",
    ],
)
def test_what_does_not_fit_is_refused(raw: bytes) -> None:
    with pytest.raises(ImageError):
        parse_bmap(raw)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_a_block_map_or_are_refused(raw: bytes) -> None:
    with pytest.raises(ImageError):
        parse_bmap(raw)


@given(st.integers(0, 400), st.binary(min_size=1, max_size=4))
def test_a_changed_block_map_is_noticed(at: int, put: bytes) -> None:
    whole = a_map("<Range> 0-1 </Range>")
    raw = whole[:at] + put + whole[at + len(put) :]
    if raw != whole:
        with pytest.raises(ImageError):
            parse_bmap(raw)
