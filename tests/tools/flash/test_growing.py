"""The data partition grows over the rest of the card, with what lies on it."""

from __future__ import annotations

import os
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest

from tests.tools.flash.cards import (
    DATA_AT,
    IMAGE_BYTES,
    MIB,
    disk_of,
    mounted,
    need,
    part_of,
    run,
    unpacked,
)
from tools.firstboot.errors import TakeInError
from tools.firstboot.growing import find_partition, grow

CARD_BYTES = 96 * MIB


def card(folder: Path, raw: bytes) -> Path:
    """A card of 96 MB onto which an image of 24 MB was flashed."""
    need("sfdisk", "partx", "resize2fs", "mount", "e2fsck")
    path = folder / "card"
    path.write_bytes(raw)
    with path.open("r+b") as file:
        file.truncate(CARD_BYTES)
    return path


def may_resize() -> bool:
    """Whether the kernel lets this root grow a mounted ext4: CAP_SYS_RESOURCE, which many
    containers lack."""
    line = next(
        line for line in Path("/proc/self/status").read_text().splitlines() if "CapEff" in line
    )
    return bool(int(line.split()[1], 16) >> 24 & 1)


def _size(data: Path) -> int:
    status = os.statvfs(data)
    return status.f_blocks * status.f_frsize


def test_it_grows_while_it_is_mounted_and_keeps_its_files(image: Path, tmp_path: Path) -> None:
    if not may_resize():
        pytest.skip("this root may not grow a mounted ext4: it lacks CAP_SYS_RESOURCE")
    path = card(tmp_path, unpacked(image))
    with disk_of(path, parts=True) as device, part_of(device, 2) as part:
        with mounted(part, tmp_path / "data") as data:
            (data / "evidence").write_bytes(b"leopard")
            size = grow(data)
            assert size is not None and size > 0.8 * (CARD_BYTES - DATA_AT)
            (data / "more").write_bytes(bytes(int(1.5 * IMAGE_BYTES)))  # more than it held before
            assert grow(data) == size
        run("e2fsck", "-fn", str(part))
        with mounted(part, tmp_path / "data") as data:
            assert (data / "evidence").read_bytes() == b"leopard"


def test_the_partition_reaches_to_the_end_of_the_card_and_its_files_stay(
    image: Path, tmp_path: Path
) -> None:
    """Where the mounted file system may not be grown, it is grown unmounted."""
    path = card(tmp_path, unpacked(image))
    with disk_of(path, parts=True) as device, part_of(device, 2) as part:
        with mounted(part, tmp_path / "data") as data:
            (data / "evidence").write_bytes(b"leopard")
            with nullcontext() if may_resize() else pytest.raises(TakeInError, match="resize2fs"):
                grow(data)
            grown = find_partition(data)
            assert grown is not None and grown.spare_bytes == 0
        run("e2fsck", "-fp", str(part))
        run("resize2fs", str(part))
        with mounted(part, tmp_path / "data") as data:
            assert (data / "evidence").read_bytes() == b"leopard"
            assert _size(data) > 0.8 * (CARD_BYTES - DATA_AT)
        assert "start=       18432" in run("sfdisk", "--dump", str(device))


def test_the_copy_of_a_gpt_moves_to_the_end_of_the_card(tmp_path: Path) -> None:
    need("sfdisk", "partx", "resize2fs", "mount", "mkfs.ext4")
    path = tmp_path / "card"
    with path.open("wb") as file:
        file.truncate(IMAGE_BYTES)
    run("sfdisk", "--quiet", str(path), given="label: gpt\nsize=4MiB\nsize=8MiB\n")
    with path.open("r+b") as file:
        file.truncate(CARD_BYTES)
    with disk_of(path, parts=True) as device, part_of(device, 2) as part:
        run("mkfs.ext4", "-q", str(part))
        with mounted(part, tmp_path / "data") as data, suppress(TakeInError):
            grow(data)
        assert int(run("blockdev", "--getsize64", str(part))) > 80 * MIB
        assert "Backup GPT" not in run("sfdisk", "--verify", str(device))


def test_a_partition_with_another_one_behind_it_stays(image: Path, tmp_path: Path) -> None:
    path = card(tmp_path, unpacked(image))
    run("sfdisk", "--quiet", "--append", str(path), given=f"start={64 * MIB // 512}\n")
    with (
        disk_of(path, parts=True) as device,
        part_of(device, 2) as part,
        mounted(part, tmp_path / "data") as data,
    ):
        assert grow(data) is None


def test_a_folder_that_is_no_partition_stays(tmp_path: Path) -> None:
    assert grow(tmp_path) is None
