"""A small root becomes a card, and the same card twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.image.boot.card import Card
from tools.image.bmap import BLOCK_BYTES, write_bmap
from tools.image.disk import cmdline, make_disk
from tools.image.errors import ImageError
from tools.image.manifest import Recipe, read_manifest, resolve

EPOCH = 1_790_000_000
E2FSCK = ("e2fsck", "-f", "-n")
SIZES = {1: 36 << 20, 2: 16 << 20, 3: 16 << 20, 4: 16 << 20}
NAMES = [f"file-{number}" for number in range(40)]


@pytest.fixture(autouse=True)
def _tools() -> None:
    for program in ("genimage", "mke2fs", "mkdosfs", "mcopy", "debugfs"):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    if os.geteuid() != 0:
        pytest.skip("needs root: a card's files belong to several users")


def small(board: str = "qemu", release: str = "bookworm", kernel: str | None = None) -> Recipe:
    manifest = read_manifest()
    sizes = manifest.image.partitions_mib.model_copy(update={"boot": 36, "root": 16, "data": 16})
    common = manifest.image.model_copy(update={"partitions_mib": sizes})
    return resolve(manifest.model_copy(update={"image": common}), board, release, kernel)


def root_in(folder: Path, names: list[str]) -> Path:
    root = folder / "root"
    (root / "boot/firmware").mkdir(parents=True)
    for name in ("vmlinuz-6", "initrd.img-6"):
        (root / "boot" / name).write_text(name)
    for name in names:
        (root / "etc").mkdir(exist_ok=True)
        (root / "etc" / name).write_text(name)
    for path in [root, *root.rglob("*")]:
        os.utime(path, (EPOCH, EPOCH), follow_symlinks=False)
    return root


def made(folder: Path, names: list[str]) -> Path:
    folder.mkdir()
    return make_disk(small(), root_in(folder, names), folder, EPOCH).image


def test_the_same_files_give_the_same_card_in_whatever_order_they_came() -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir():
        pytest.skip("needs /dev/shm, which lists files in the order of their making")
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        first = made(Path(scratch) / "one", NAMES)
        second = made(Path(scratch) / "two", NAMES[::-1])
        ended = subprocess.run(["cmp", first, second], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout


def test_a_card_has_its_four_partitions_by_label(tmp_path: Path) -> None:
    card = Card(made(tmp_path / "one", NAMES[:2]))
    labels = []
    for number in (1, 2, 3, 4):
        command = ["blkid", "-p", "-s", "LABEL", "-o", "value", "-O", str(card.offset(number))]
        asked = subprocess.run([*command, card.path], capture_output=True, text=True, check=True)
        labels.append(asked.stdout.strip())
    assert labels == ["IRBISBOOT", "ROOTA", "ROOTB", "DATA"]
    kernel, initrd = card.kernel("A")
    assert (kernel.read_text(), initrd.read_text()) == ("vmlinuz-6", "initrd.img-6")


def test_a_pi_s_firmware_finds_slot_a_on_fat(tmp_path: Path) -> None:
    recipe = small("pi-zero2", kernel="debian")
    root = root_in(tmp_path, [])
    firmware, trees = root / "usr/lib/raspi-firmware", root / "usr/lib/linux-image-6/broadcom"
    firmware.mkdir(parents=True)
    trees.mkdir(parents=True)
    for path in (firmware / "start.elf", firmware / "bootcode.bin"):
        path.write_bytes(b"firmware")
    (trees / "bcm2837-rpi-zero-2-w.dtb").write_bytes(b"tree")
    make_disk(recipe, root, tmp_path, EPOCH)
    boot = tmp_path / "boot"
    config = (boot / "config.txt").read_bytes().decode()
    assert "os_prefix=a/\r\n" in config
    assert "dtparam=strict_gpiod\r\n" in config, "a lamp goes out with its station"
    assert (boot / "a/cmdline.txt").read_text() == cmdline(recipe, "A") + "\n"
    assert (boot / "a/vmlinuz").is_file() and (boot / "a/bcm2837-rpi-zero-2-w.dtb").is_file()
    assert not list((root / "boot").glob("vmlinuz*")), "one copy, and it is on FAT"


def test_a_kernel_without_the_board_s_device_tree_is_refused(tmp_path: Path) -> None:
    root = root_in(tmp_path, [])
    (root / "usr/lib/raspi-firmware").mkdir(parents=True)
    with pytest.raises(ImageError, match="no device tree for pi4"):
        make_disk(small("pi4", kernel="debian"), root, tmp_path, EPOCH)


def test_a_root_with_two_kernels_is_refused(tmp_path: Path) -> None:
    root = root_in(tmp_path, [])
    (root / "boot/vmlinuz-7").write_text("another")
    with pytest.raises(ImageError, match="2 of /boot/vmlinuz"):
        make_disk(small(), root, tmp_path, EPOCH)


def test_a_used_card_is_whole_once_the_mapped_blocks_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    folder.mkdir()
    disk = make_disk(small(), root_in(folder, NAMES), folder, EPOCH)
    used = tmp_path / "used-card"
    used.write_bytes(b"\xa5" * disk.image.stat().st_size)
    mapped = write_bmap(disk.image, tmp_path / "map", disk.significant)
    assert mapped < disk.image.stat().st_size
    ranges = ElementTree.parse(tmp_path / "map").findall("BlockMap/Range")
    with disk.image.open("rb") as source, used.open("r+b") as card:
        for found in ranges:
            first, _, last = (found.text or "").strip().partition("-")
            source.seek(int(first) * BLOCK_BYTES)
            card.seek(int(first) * BLOCK_BYTES)
            card.write(source.read((int(last or first) - int(first) + 1) * BLOCK_BYTES))
    for number, check in ((1, ("fsck.fat", "-n")), (2, E2FSCK), (3, E2FSCK), (4, E2FSCK)):
        part = tmp_path / f"part-{number}"
        start = Card(used).offset(number)
        part.write_bytes(used.read_bytes()[start : start + SIZES[number]])
        ended = subprocess.run([*check, part], capture_output=True, text=True, check=False)
        assert ended.returncode == 0, (number, ended.stdout)
