"""What a card has of its own beside Debian's packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.image.build import CHECKOUT
from tools.image.manifest import read_manifest, resolve
from tools.image.populate import lay_files


@pytest.mark.parametrize(("board", "wait_s"), [("pi-zero2", 20), ("qemu", 600)])
def test_a_start_waits_for_the_boot_partition_as_long_as_its_board_needs(
    board: str, wait_s: int, tmp_path: Path
) -> None:
    lay_files(resolve(read_manifest(), board, "bookworm"), tmp_path, CHECKOUT)
    lines = (tmp_path / "etc/fstab").read_text(encoding="ascii").splitlines()
    boot = next(line for line in lines if line.startswith("LABEL=IRBISBOOT"))
    assert f",x-systemd.device-timeout={wait_s}s," in boot
    assert not any("@" in line for line in lines)
