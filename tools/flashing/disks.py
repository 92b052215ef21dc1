"""What a disk is, and who uses it, by what the kernel says of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.flashing.errors import DiskRefused

SECTOR_BYTES = 512
"""The unit of /sys/class/block/*/size, whatever the disk's own sector is."""


@dataclass(frozen=True, slots=True)
class Use:
    """A part of a disk (``sdb1``) and what it serves as: a folder it is mounted at, or ``swap``."""

    part: str
    place: str


@dataclass(frozen=True, slots=True)
class Disk:
    """A whole disk. ``serial`` is the card's own, where its reader passes it on."""

    path: Path
    name: str
    size_bytes: int
    removable: bool
    read_only: bool
    model: str
    serial: str | None
    uses: tuple[Use, ...]

    def __str__(self) -> str:
        told = [self.model, f"{self.size_bytes / 1e9:.1f} GB"]
        return f"{self.path} ({', '.join(filter(None, told))})"


def find_disk(device: Path, sys: Path = Path("/sys"), proc: Path = Path("/proc/self")) -> Disk:
    """The disk at ``device``. Raises DiskRefused when there is none, or it is a partition."""
    try:
        status = device.stat()
    except OSError as error:
        raise DiskRefused(
            f"{device}: {error.strerror}; `lsblk` lists the disks of this machine"
        ) from error
    if not stat.S_ISBLK(status.st_mode):
        raise DiskRefused(f"{device}: is no disk; `lsblk` lists the disks of this machine")
    number = f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"
    folder = (sys / "dev/block" / number).resolve()
    if (folder / "partition").exists():
        raise DiskRefused(
            f"{device}: is a part of a disk; give the whole one, /dev/{folder.parent.name}"
        )
    size = int(_text(folder / "size") or 0) * SECTOR_BYTES
    if size == 0:
        raise DiskRefused(f"{device}: there is no card in it")
    return Disk(
        path=device,
        name=folder.name,
        size_bytes=size,
        removable=_is_removable(folder),
        read_only=_text(folder / "ro") == "1",
        model=" ".join(filter(None, (_text(folder / "device" / n) for n in ("vendor", "model")))),
        serial=_text(folder / "device/serial") or _text(folder / "device/cid") or None,
        uses=tuple(dict.fromkeys(_uses(folder, proc))),
    )


def _is_removable(folder: Path) -> bool:
    """By the kernel's flag; a card in a laptop's own slot (``mmcblk0`` of type SD) carries none,
    and can be pulled out all the same."""
    return _text(folder / "removable") == "1" or _text(folder / "device/type") == "SD"


def _uses(folder: Path, proc: Path) -> Iterator[Use]:
    parts = {_text(part / "dev"): part.name for part in _parts(folder)}
    for number, place in _mounts(proc / "mountinfo"):
        if number in parts:
            yield Use(parts[number], place)
    for number in _swaps(proc.parent / "swaps"):
        if number in parts:
            yield Use(parts[number], "swap")


def _parts(folder: Path) -> Iterator[Path]:
    """The disk, its partitions, and whatever is built upon them: LVM, RAID, encryption."""
    yield folder
    for partition in sorted(folder.glob("*/partition")):
        yield from _parts(partition.parent)
    for holder in sorted((folder / "holders").glob("*")):
        yield from _parts(holder.resolve())


def _mounts(table: Path) -> Iterator[tuple[str, str]]:
    for line in table.read_text(encoding="utf-8", errors="surrogateescape").splitlines():
        fields = line.split(" ")
        place = _unescaped(fields[4])
        yield fields[2], place
        # btrfs and others show a number that is no disk's; their source is one.
        source = fields[fields.index("-") + 2] if "-" in fields else ""
        if source.startswith("/dev/") and (number := _number(Path(_unescaped(source)))):
            yield number, place


def _swaps(table: Path) -> Iterator[str]:
    try:
        lines = table.read_text(encoding="utf-8").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        if number := _number(Path(_unescaped(line.split()[0]))):
            yield number


def _number(device: Path) -> str | None:
    """``major:minor`` of a device file, or of the disk that a swap file lies on."""
    try:
        status = device.stat()
    except OSError:
        return None
    which = status.st_rdev if stat.S_ISBLK(status.st_mode) else status.st_dev
    return f"{os.major(which)}:{os.minor(which)}"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _unescaped(text: str) -> str:
    """The kernel writes a space in a name as \\040."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
