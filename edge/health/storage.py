"""How worn the card is, and how fast it wears, where the kernel tells."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
SECTOR_BYTES = 512
"""The unit of /sys/block/*/stat, whatever the device's own is (kernel: block/stat)."""
_WRITTEN_SECTORS = 6
"""Its place in that line."""
WORN_PERCENT = 90
"""Of its life, from which a card should be exchanged at the next visit."""


@dataclass(frozen=True, slots=True)
class Wear:
    """What is known of the card under a folder; None for what nobody tells.

    ``used_percent`` is the upper end of the step of ten that an eMMC gives (JEDEC 84-B51,
    DEVICE_LIFE_TIME_EST); ``pre_eol`` is 1 while its spare blocks are well, 2 from 80 % of them
    used, 3 from 90 %. ``boot_bytes`` were written to the device since it was switched on, and
    ``life_bytes`` to the file system since it was made.
    """

    device: str | None = None
    used_percent: int | None = None
    pre_eol: int | None = None
    boot_bytes: int | None = None
    life_bytes: int | None = None

    @property
    def worn(self) -> str | None:
        """Why the card should be exchanged, in one line; None where there is no reason."""
        if self.pre_eol is not None and self.pre_eol >= 2:
            return f"{self.device} has used most of its spare blocks; exchange it"
        if self.used_percent is not None and self.used_percent > WORN_PERCENT:
            return f"{self.device} has used {self.used_percent} % of its life; exchange it"
        return None


def read_wear(folder: Path, system: Path = SYS) -> Wear:
    """Of the device on which ``folder`` lies; nothing known of one that is no block device."""
    try:
        device = folder.stat().st_dev
    except OSError:
        return Wear()
    return wear_of(os.major(device), os.minor(device), system)


def wear_of(major: int, minor: int, system: Path = SYS) -> Wear:
    """Of one device number."""
    link = system / "dev" / "block" / f"{major}:{minor}"
    if not link.exists():
        return Wear()  # an overlay, a RAM disk
    part = link.resolve()
    disk = part if (part / "device").exists() or (part / "queue").exists() else part.parent
    used = [int(word, 16) for word in _text(disk / "device" / "life_time").split() if _hex(word)]
    pre_eol = _text(disk / "device" / "pre_eol_info")
    written = _text(disk / "stat").split()
    life = _text(system / "fs" / "ext4" / part.name / "lifetime_write_kbytes")
    sectors = written[_WRITTEN_SECTORS] if len(written) > _WRITTEN_SECTORS else ""
    return Wear(
        device=disk.name,
        used_percent=min(100, 10 * max(used)) if any(used) else None,
        pre_eol=int(pre_eol, 16) if _hex(pre_eol) and int(pre_eol, 16) else None,
        boot_bytes=int(sectors) * SECTOR_BYTES if sectors.isdecimal() else None,
        life_bytes=int(life) * 1024 if life.isdecimal() else None,
    )


def _hex(word: str) -> bool:
    with suppress(ValueError):
        return int(word, 16) >= 0
    return False


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
