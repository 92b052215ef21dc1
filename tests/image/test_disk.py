"""A small root becomes a card, and the same card twice."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.image.boot.card import Card
from tools.image.disk import cmdline, make_disk
from tools.image.errors import ImageError
from tools.image.manifest import Recipe, read_manifest, resolve

EPOCH = 1_790_000_000
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
    sizes = manifest.image.partitions_mib.model_copy(update={"boot": 64, "root": 256, "data": 32})
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
    return make_disk(small(), root_in(folder, names), folder, EPOCH)


def test_the_same_files_give_the_same_card_in_whatever_order_they_came(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    if not memory.is_dir():
        pytest.skip("needs /dev/shm, which lists files in the order of their making")
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        first = made(Path(scratch) / "one", NAMES)
        shutil.copy(first, tmp_path / "first")
    with tempfile.TemporaryDirectory(dir=memory) as scratch:
        second = made(Path(scratch) / "one", NAMES[::-1])
        shutil.copy(second, tmp_path / "second")
    first, second = tmp_path / "first", tmp_path / "second"
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
    assert "os_prefix=a/\r\n" in (boot / "config.txt").read_bytes().decode()
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
