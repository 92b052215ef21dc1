"""The boot partition is found in an MBR, in a GPT, and nowhere else."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.flash.cards import BOOT_AT, need, run, unpacked
from tools.flashing.errors import StampError
from tools.flashing.partitions import find_boot


def test_the_boot_partition_of_an_image_is_found(image: Path) -> None:
    found = find_boot(io.BytesIO(unpacked(image)), "image")
    assert (found.offset, found.label) == (BOOT_AT, "IRBISBOOT")


def test_the_labelled_one_of_several_is_taken(tmp_path: Path) -> None:
    """Jetson and others have a GPT with FAT partitions of their own."""
    need("sfdisk", "mkfs.vfat")
    disk = tmp_path / "disk"
    with disk.open("wb") as file:
        file.truncate(24 << 20)
    run("sfdisk", "--quiet", str(disk), given="label: gpt\nsize=8MiB, type=U\nsize=8MiB, type=U\n")
    run("mkfs.vfat", "-n", "ESP", "--offset", "2048", str(disk), "8192")
    run("mkfs.vfat", "-n", "IRBISBOOT", "--offset", str(2048 + 16384), str(disk), "8192")
    with disk.open("rb") as file:
        assert find_boot(file, "disk").offset == (1 << 20) + (8 << 20)


@given(st.binary(max_size=2048))
def test_any_bytes_have_a_boot_partition_or_are_refused(raw: bytes) -> None:
    signed = raw.ljust(512, b"\0")[:510] + b"\x55\xaa" + raw[512:]
    with pytest.raises(StampError):
        find_boot(io.BytesIO(signed), "noise")
    with pytest.raises(StampError):
        find_boot(io.BytesIO(raw), "noise")
