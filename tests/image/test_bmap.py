"""A block map tells which blocks hold anything, as bmaptool tells it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.image.bmap import BLOCK_BYTES, used, write_bmap


def image_of(path: Path, blocks: list[bool], tail: int = 0) -> Path:
    content = b"".join((b"\0" if not full else b"\x17") * BLOCK_BYTES for full in blocks)
    path.write_bytes(content + b"\x23" * tail)
    return path


@settings(max_examples=50)
@given(st.lists(st.booleans(), max_size=600), st.integers(0, BLOCK_BYTES - 1))
def test_every_block_with_content_is_mapped_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, blocks: list[bool], tail: int
) -> None:
    image = image_of(tmp_path_factory.mktemp("bmap") / "image", blocks, tail)
    mapped = {block for first, last in used(image) for block in range(first, last + 1)}
    wanted = {number for number, full in enumerate(blocks) if full}
    assert mapped == (wanted | {len(blocks)} if tail else wanted)


def test_the_map_carries_hashes_of_its_ranges_and_of_itself(tmp_path: Path) -> None:
    image = image_of(tmp_path / "image", [True, True, False, True])
    assert write_bmap(image, tmp_path / "map") == 3 * BLOCK_BYTES
    text = (tmp_path / "map").read_text()
    ranges = ElementTree.fromstring(text).findall("BlockMap/Range")
    assert [(found.text or "").strip() for found in ranges] == ["0-1", "3"]
    first = hashlib.sha256(b"\x17" * 2 * BLOCK_BYTES).hexdigest()
    assert ranges[0].get("chksum") == first
    own = ElementTree.fromstring(text).findtext("BmapFileChecksum", "").strip()
    assert hashlib.sha256(text.replace(own, "0" * 64).encode()).hexdigest() == own


def test_bmaptool_copies_by_it(tmp_path: Path) -> None:
    if shutil.which("bmaptool") is None:
        pytest.skip("needs bmap-tools")
    image = image_of(tmp_path / "image", [True, False, False, True, False])
    write_bmap(image, tmp_path / "image.bmap")
    subprocess.run(
        ["bmaptool", "copy", "--bmap", tmp_path / "image.bmap", image, tmp_path / "copy"],
        check=True, capture_output=True,
    )  # fmt: skip
    assert (tmp_path / "copy").read_bytes().ljust(5 * BLOCK_BYTES, b"\0") == image.read_bytes()
