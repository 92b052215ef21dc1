"""Bytes onto a card: what lies there afterwards, and what is told when it does not."""

from __future__ import annotations

import gzip
import io
import lzma
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from backports import zstd

from tests.tools.flash.cards import IMAGE_BYTES, MIB, disk_of, need, need_root, unpacked
from tools.flashing import writing
from tools.flashing.bar import Bar
from tools.flashing.errors import FlashError, ImageError
from tools.flashing.source import Image, open_image


def bar() -> Bar:
    return Bar("writing", IMAGE_BYTES, io.StringIO())


def put(target: Path, image: Image, size: int | None = None) -> writing.Written:
    with writing.opened(target, size) as handle:
        return writing.write_image(handle, target, image, size, bar())


def look(target: Path, written: writing.Written, size: int | None = None) -> None:
    with writing.opened(target, size) as handle:
        writing.verify(handle, target, written, bar())


def alone(image: Path, folder: Path) -> Path:
    """The image without its block map and hash."""
    copy = folder / image.name
    copy.write_bytes(image.read_bytes())
    return copy


def test_a_file_holds_the_image_byte_for_byte(image: Path, tmp_path: Path) -> None:
    target = tmp_path / "card"
    written = put(target, open_image(image))
    assert target.read_bytes() == unpacked(image)
    assert written.size_bytes < IMAGE_BYTES / 2
    look(target, written)


def test_without_a_block_map_all_is_written(image: Path, tmp_path: Path) -> None:
    target = tmp_path / "card"
    assert put(target, open_image(alone(image, tmp_path))).size_bytes == IMAGE_BYTES
    assert target.read_bytes() == unpacked(image)


def test_a_raw_image_needs_no_zstd(image: Path, tmp_path: Path) -> None:
    raw = tmp_path / "raw.img"
    raw.write_bytes(unpacked(image))
    put(tmp_path / "card", open_image(raw))
    assert (tmp_path / "card").read_bytes() == raw.read_bytes()


def test_nothing_of_a_card_s_earlier_life_shines_through(image: Path, tmp_path: Path) -> None:
    size = IMAGE_BYTES + 4 * MIB
    with disk_of(tmp_path / "used", size) as device:
        look(device, put(device, open_image(image), size), size)
        with device.open("rb") as file:
            assert file.read(IMAGE_BYTES) == unpacked(image)


def test_a_card_that_gives_back_something_else_is_bad(image: Path, tmp_path: Path) -> None:
    target = tmp_path / "card"
    written = put(target, open_image(image))
    with target.open("r+b") as file:
        file.seek(written.pieces[-1].start)
        file.write(b"?")
    with pytest.raises(FlashError, match="does not give back"):
        look(target, written)


def test_a_card_that_is_too_small_is_refused_untouched(image: Path, tmp_path: Path) -> None:
    with disk_of(tmp_path / "small", 8 * MIB) as device:
        with pytest.raises(FlashError, match="take a larger card"):
            put(device, open_image(image), 8 * MIB)
        with device.open("rb") as file:
            assert file.read(512) == b"\xa5" * 512


@pytest.fixture
def tight(tmp_path: Path) -> Iterator[Path]:
    """A folder with room for 4 MB: a disk of a file in it fails in the middle."""
    need_root()
    need("mount")
    folder = tmp_path / "tight"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("this machine mounts no tmpfs")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_card_that_fails_in_the_middle_gives_one_clear_line(
    image: Path, tight: Path, tmp_path: Path
) -> None:
    raw = tmp_path / "full.img"
    raw.write_bytes(b"leopard." * (2 * MIB))
    with (tight / "card").open("wb") as file:
        file.truncate(IMAGE_BYTES)
    with (
        disk_of(tight / "card") as device,
        pytest.raises(FlashError, match=r"at \d+ %: the card was pulled out, or it fails"),
    ):
        put(device, open_image(raw), IMAGE_BYTES)


def test_a_card_is_opened_by_one_program_alone(tmp_path: Path) -> None:
    with (
        disk_of(tmp_path / "card", MIB) as device,
        writing.opened(device, MIB),
        pytest.raises(FlashError, match="another program uses it"),
        writing.opened(device, MIB),
    ):
        pytest.fail("two programs had it")


def test_an_image_with_another_hash_is_refused(image: Path, tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="expected 00000000"):
        open_image(image, "0" * 64)
    copy = alone(image, tmp_path)
    copy.with_name(copy.name + ".sha256").write_text("1" * 64 + "  irbis.img.zst\n")
    with pytest.raises(ImageError, match="fetch it once more"):
        open_image(copy)


@pytest.mark.parametrize(("pack", "way_out"), [(lzma.compress, "xz -d"), (gzip.compress, "gunzip")])
def test_an_image_packed_another_way_is_refused(
    pack: Callable[[bytes], bytes], way_out: str, tmp_path: Path
) -> None:
    (tmp_path / "stock.img.xz").write_bytes(pack(bytes(MIB)))
    with pytest.raises(ImageError, match=way_out):
        open_image(tmp_path / "stock.img.xz")


def test_an_image_that_was_cut_short_is_told(image: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.img.zst"
    short.write_bytes(image.read_bytes()[:-1000])
    with pytest.raises(ImageError, match="damaged or cut short"):
        put(tmp_path / "card", open_image(short))


def test_the_block_map_of_another_image_is_told(image: Path, tmp_path: Path) -> None:
    other = alone(image, tmp_path)
    other.write_bytes(zstd.compress(b"\1" + unpacked(image)[1:], 1))
    bmap = image.with_name("irbis.img.bmap").read_bytes()
    other.with_name("irbis.img.bmap").write_bytes(bmap)
    with pytest.raises(ImageError, match="does not hold what its block map says"):
        put(tmp_path / "card", open_image(other))


def test_a_pipe_gets_plain_lines_and_a_terminal_a_bar() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for stream, mark in ((io.StringIO(), "writing 100 %"), (Terminal(), "\r\x1b[K[######")):
        shown = Bar("writing", 10, stream)
        shown.add(10)
        shown.end()
        assert stream.getvalue().startswith(mark)
        assert stream.getvalue().endswith("\n")
