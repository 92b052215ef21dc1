"""Which disk may be erased."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.tools.flash.cards import MIB, TABLE, disk_of, mounted, need, part_of, run
from tools.flashing.consent import Consent, require_erasable, require_free, target_disk
from tools.flashing.disks import Use, find_disk
from tools.flashing.errors import DiskRefused


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    """A machine's tables of mounts and swap, to be written to."""
    folder = tmp_path / "proc/self"
    folder.mkdir(parents=True)
    shutil.copy("/proc/self/mountinfo", folder)
    shutil.copy("/proc/swaps", folder.parent)
    return folder


def number(device: Path) -> str:
    return f"{os.major(device.stat().st_rdev)}:{os.minor(device.stat().st_rdev)}"


def test_a_disk_that_is_not_removable_needs_a_second_word(tmp_path: Path) -> None:
    with disk_of(tmp_path / "card", MIB) as device:
        disk = find_disk(device)
        assert (disk.removable, disk.size_bytes, disk.uses) == (False, MIB, ())
        for consent in (
            Consent(),
            Consent(force=True),
            Consent(True, "sdz"),
            Consent(False, disk.name),
        ):
            with pytest.raises(DiskRefused, match=f"--yes-erase {disk.name}"):
                require_erasable(disk, consent)
        require_erasable(disk, Consent(True, disk.name))
        require_erasable(disk, Consent(True, str(device)))


def test_a_mounted_disk_is_refused_and_the_way_out_told(tmp_path: Path) -> None:
    need("mkfs.ext4", "mount")
    place = tmp_path / "place with a space"
    with disk_of(tmp_path / "card", 8 * MIB) as device:
        run("mkfs.ext4", "-q", str(device))
        with mounted(device, place):
            disk = find_disk(device)
            assert disk.uses == (Use(disk.name, str(place)),)
            with pytest.raises(DiskRefused, match=f"free it with: umount /dev/{disk.name}"):
                require_erasable(disk, Consent(True, disk.name))
        require_erasable(find_disk(device), Consent(True, device.name))


@pytest.mark.parametrize("part", [False, True], ids=["whole", "partition"])
def test_the_disk_this_machine_lives_on_is_never_written(
    tmp_path: Path, proc: Path, part: bool
) -> None:
    card = tmp_path / "card"
    card.write_bytes(bytes(24 * MIB))
    need("sfdisk")
    run("sfdisk", "--quiet", str(card), given=TABLE)
    with disk_of(card, parts=True) as device, part_of(device, 2) as second:
        holds = second if part else device
        line = f"1 1 {number(holds)} / / rw - ext4 /dev/root rw\n"
        (proc / "mountinfo").write_text(line)
        with pytest.raises(DiskRefused, match=f"lives on it \\({holds.name} is /\\)"):
            require_erasable(find_disk(device, proc=proc), Consent(True, device.name))


def test_the_disk_that_holds_swap_is_never_written(tmp_path: Path, proc: Path) -> None:
    with disk_of(tmp_path / "card", MIB) as device:
        (proc.parent / "swaps").write_text(f"Filename Type\n{device} partition 1 0 -2\n")
        with pytest.raises(DiskRefused, match="is swap"):
            require_free(find_disk(device, proc=proc))


def test_a_write_protected_card_is_told(tmp_path: Path) -> None:
    with (
        disk_of(tmp_path / "card", MIB, read_only=True) as device,
        pytest.raises(DiskRefused, match="write-protected"),
    ):
        require_free(find_disk(device))


def test_a_part_of_a_disk_is_no_card(tmp_path: Path) -> None:
    need("sfdisk")
    card = tmp_path / "card"
    card.write_bytes(bytes(24 * MIB))
    run("sfdisk", "--quiet", str(card), given=TABLE)
    with (
        disk_of(card, parts=True) as device,
        part_of(device, 1) as part,
        pytest.raises(DiskRefused, match=f"give the whole one, {device}"),
    ):
        find_disk(part)


@pytest.mark.parametrize("path", ["/dev/null", "/dev/no-such-card", "/etc"])
def test_what_is_no_disk_is_refused(path: str) -> None:
    with pytest.raises(DiskRefused, match="lsblk"):
        target_disk(Path(path), Consent(True, Path(path).name), erased=True)


def test_a_file_that_holds_something_is_not_written_over_unasked(tmp_path: Path) -> None:
    file = tmp_path / "thesis.img"
    assert target_disk(file, Consent(), erased=True) is None
    file.write_text("ten years")
    with pytest.raises(DiskRefused, match=r"--yes-erase thesis\.img"):
        target_disk(file, Consent(), erased=True)
    assert target_disk(file, Consent(True, "thesis.img"), erased=True) is None
