"""A real U-Boot on QEMU's `virt` chooses slots by our script and the state we wrote.

The kernels are a few instructions that say their slot and reset. About half a minute of emulation:
`make test-slots`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.image.tiny_kernel import kernel
from tools.image.update_boot import FILE, boot_script
from tools.slots.state import Slots
from tools.slots.uboot import COPIES, SIZE_BYTES, from_env, to_env

UBOOT = Path("/usr/lib/u-boot/qemu_arm64/u-boot.bin")
PROGRAMS = ("qemu-system-aarch64", "mkfs.ext4", "mkdosfs", "mcopy", "sfdisk")
_MIB = 1 << 20
_LONGEST_S = 240  # five starts on a busy machine

pytestmark = pytest.mark.skipif(
    os.environ.get("IRBIS_SLOTS") is None
    or not UBOOT.exists()
    or any(shutil.which(program) is None for program in PROGRAMS),
    reason="make test-slots; needs u-boot-qemu, qemu-system-arm, mtools, dosfstools, fdisk",
)


class Card:
    """A card with two roots and nothing in them but a kernel each."""

    def __init__(self, folder: Path, slots: dict[str, bytes | None]) -> None:
        self.image, self._folder = folder / "card.img", folder
        with self.image.open("wb") as file:
            file.truncate(52 * _MIB)
        table = "label: dos\n1M,34M,c,*\n36M,8M,83\n44M,8M,83\n"
        subprocess.run(["sfdisk", "-q", str(self.image)], input=table, text=True, check=True)
        for name, start in (("A", 36), ("B", 44)):
            self._put(self._root(name, slots[name]), start)
        boot = folder / "boot.vfat"
        with boot.open("wb") as file:
            file.truncate(34 * _MIB)
        _run("mkdosfs", "-F", "32", "-n", "IRBISBOOT", str(boot))
        self._put(boot, 1)
        self.write(FILE, boot_script("root=LABEL=ROOT${chosen} rauc.slot=${chosen}"))

    def write(self, name: str, content: bytes) -> None:
        (self._folder / name).write_bytes(content)
        _run("mcopy", "-o", "-i", self._boot, str(self._folder / name), f"::/{name}")

    def read(self, name: str) -> bytes:
        _run("mcopy", "-n", "-o", "-i", self._boot, f"::/{name}", str(self._folder / name))
        return (self._folder / name).read_bytes()

    def starts(self, count: int) -> str:
        """The slots of the first ``count`` starts, as the kernels said them."""
        log = self._folder / "serial"
        command = [
            "qemu-system-aarch64", "-M", "virt", "-cpu", "cortex-a53", "-m", "256", "-nographic",
            "-bios", str(UBOOT), "-net", "none", "-serial", f"file:{log}", "-monitor", "none",
            "-drive", f"if=none,id=card,format=raw,file={self.image}",
            "-device", "virtio-blk-device,drive=card",
        ]  # fmt: skip
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _LONGEST_S
            while len(said := _said(log)) < count:
                assert machine.poll() is None, "QEMU ended"
                assert time.monotonic() < until, log.read_text(errors="replace")[-2000:]
                time.sleep(0.05)
        finally:
            machine.kill()
            machine.wait()
        return said[:count]

    @property
    def _boot(self) -> str:
        return f"{self.image}@@1M"

    def _root(self, name: str, content: bytes | None) -> Path:
        tree, image = self._folder / f"root{name}", self._folder / f"{name}.ext4"
        (tree / "boot").mkdir(parents=True)
        if content is not None:
            (tree / "boot/vmlinuz-1").write_bytes(content)
            (tree / "boot/vmlinuz").symlink_to("vmlinuz-1")
            (tree / "boot/initrd.img").write_bytes(bytes(4096))
        _run("mkfs.ext4", "-q", "-L", f"ROOT{name}", "-d", str(tree), str(image), "8M")
        return image

    def _put(self, part: Path, start_mib: int) -> None:
        with self.image.open("r+b") as card:
            card.seek(start_mib * _MIB)
            card.write(part.read_bytes())


def _said(log: Path) -> str:
    if not log.exists():
        return ""
    return "".join(re.findall(r"^slot-([AB])\r?$", log.read_text(errors="replace"), re.MULTILINE))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def both() -> dict[str, bytes | None]:
    return {"A": kernel("slot-A"), "B": kernel("slot-B")}


def test_a_slot_that_never_proves_itself_is_tried_three_times(tmp_path: Path) -> None:
    card = Card(tmp_path, both())
    installed = Slots().activated("B")
    for name in COPIES:
        card.write(name, to_env(installed))
    assert card.starts(5) == "BBBAA"
    left = {from_env(card.read(name)) for name in COPIES}
    assert left == {Slots(("B", "A"), frozenset({"A"}), (("A", 0), ("B", 0)))}


def test_the_second_copy_counts_where_the_first_was_torn(tmp_path: Path) -> None:
    card = Card(tmp_path, both())
    card.write(COPIES[0], to_env(Slots().activated("B"))[:700].ljust(SIZE_BYTES, b"\xff"))
    card.write(COPIES[1], to_env(Slots().marked("B", "good")))
    assert card.starts(1) == "B"


def test_a_card_without_any_state_starts_slot_a(tmp_path: Path) -> None:
    assert Card(tmp_path, both()).starts(1) == "A"


def test_a_slot_without_a_kernel_gives_way_at_once(tmp_path: Path) -> None:
    card = Card(tmp_path, {"A": kernel("slot-A"), "B": None})
    for name in COPIES:
        card.write(name, to_env(Slots().activated("B")))
    assert card.starts(1) == "A"
