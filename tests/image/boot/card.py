"""A card's image as a file: written from what was built, stamped, looked into without mounting."""

from __future__ import annotations

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

from tools.image.update_boot import FILE, boot_script

SECTOR_BYTES = 512


class Card:
    """A raw image with an MBR: FAT, ROOTA, ROOTB, DATA."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def written(cls, image: Path, path: Path) -> Card:
        """``image`` (zstd) laid down as by `irbis flash`, sparse."""
        unpack = ["zstd", "-d", "-q", "-f", "--sparse", str(image), "-o", str(path)]
        subprocess.run(unpack, check=True)
        return cls(path)

    def offset(self, number: int) -> int:
        """Where partition ``number`` (1 to 4) begins, in bytes."""
        with self.path.open("rb") as file:
            table = file.read(SECTOR_BYTES)
        entry = table[446 + 16 * (number - 1) :][:16]
        return int.from_bytes(entry[8:12], "little") * SECTOR_BYTES

    def fill_spare_slot(self, spoiled: str) -> None:
        """Slot B becomes a copy of slot A without its file ``spoiled``."""
        part = self.root("A", self.path.with_name("rootb.ext4"))
        size = self.offset(4) - self.offset(3)
        subprocess.run(["e2label", str(part), "ROOTB"], check=True)
        subprocess.run(["debugfs", "-w", "-R", f"rm {spoiled}", str(part)], check=True)
        hole = ["--punch-hole", "--offset", str(self.offset(3)), "--length", str(size)]
        subprocess.run(["fallocate", *hole, str(self.path)], check=True)
        _copy(part, 0, self.path, self.offset(3), size)
        part.unlink()

    def put(self, name: str, content: bytes) -> None:
        """A file at the top of the boot partition."""
        put = ["mcopy", "-D", "o", "-i", self._boot, "-", f"::/{name}"]
        subprocess.run(put, input=content, check=True)

    def read(self, name: str) -> bytes:
        """What a file of the boot partition holds."""
        get = ["mcopy", "-i", self._boot, f"::/{name}", "-"]
        return subprocess.run(get, capture_output=True, check=True).stdout

    def boot_partition(self) -> bytes:
        """All of it, as a laboratory reads it."""
        with self.path.open("rb") as file:
            file.seek(self.offset(1))
            return file.read(self.offset(2) - self.offset(1))

    def root(self, slot: str, copy: Path) -> Path:
        """A copy of a root slot's file system."""
        number = {"A": 2, "B": 3}[slot]
        _copy(
            self.path, self.offset(number), copy, 0, self.offset(number + 1) - self.offset(number)
        )
        return copy

    def add_to_cmdline(self, cmdline: str) -> None:
        """Let U-Boot's script start the kernel with ``cmdline`` added to what it has."""
        found = re.search(rb'setenv bootargs "(.*)"', self.read(FILE))
        assert found is not None
        self.put(FILE, boot_script(f"{found[1].decode()} {cmdline}"))

    @property
    def _boot(self) -> str:
        """The boot partition, as mtools take it."""
        return f"{self.path}@@{self.offset(1)}"

    def kernel(self, slot: str) -> tuple[Path, Path]:
        """Kernel and initramfs of a root slot, as files beside the card."""
        return self.take(slot, "boot/vmlinuz-*"), self.take(slot, "boot/initrd.img-*")

    def take(self, slot: str, pattern: str) -> Path:
        """A copy of the one file of a root that ``pattern`` fits, beside the card. A ``*`` stands
        for a part of one name."""
        at = f"{self.path}?offset={self.offset({'A': 2, 'B': 3}[slot])}"
        found = ""
        for name in pattern.split("/"):
            names = _debugfs(at, f"ls -p /{found}").splitlines()
            here = [line.split("/")[5] for line in names if line.count("/") >= 6]
            fitting = [each for each in here if fnmatch(each, name)]
            assert len(fitting) == 1, f"slot {slot}: {len(fitting)} of /{found}{name}"
            found += f"{fitting[0]}/"
        copy = self.path.with_name(f"{slot}-{Path(found).name}")
        _debugfs(at, f"dump /{found.rstrip('/')} {copy}")
        return copy


def stick(folder: Path, disk: Path, label: str, size_mib: int = 64) -> Path:
    """A disk labelled ``label`` with what lies in ``folder``."""
    make = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-d", str(folder)]
    subprocess.run([*make, str(disk), f"{size_mib}M"], check=True)
    return disk


def _copy(source: Path, start: int, target: Path, at: int, size: int) -> None:
    command = [
        "dd", f"if={source}", f"of={target}", "bs=1M", "conv=notrunc,sparse", f"count={size}",
        f"skip={start}", f"seek={at}", "iflag=skip_bytes,count_bytes", "oflag=seek_bytes",
        "status=none",
    ]  # fmt: skip
    subprocess.run(command, check=True)


def _debugfs(at: str, request: str) -> str:
    done = subprocess.run(
        ["debugfs", "-R", request, at], capture_output=True, text=True, check=True
    )
    return done.stdout
