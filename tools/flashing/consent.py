"""Which disk may be erased: never one in use; one that is no card only when told twice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tools.flashing.disks import Disk, find_disk
from tools.flashing.errors import DiskRefused

_THIS_MACHINES_OWN = {"/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var", "/home", "swap"}
"""What this machine lives on: no word frees such a disk."""

NEW_FILE = ".img"
"""How a file that is to be made in a card's place is called."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person said: ``force``, and the name of the disk that may be erased (``sdb``)."""

    force: bool = False
    erase: str | None = None

    def covers(self, disk: Disk) -> bool:
        return self.force and self.erase in (disk.name, str(disk.path))


def require_free(disk: Disk) -> None:
    """Raise DiskRefused for a disk that is in use, and say how to free it."""
    own = [use for use in disk.uses if use.place in _THIS_MACHINES_OWN]
    if own:
        raise DiskRefused(
            f"{disk}: this machine itself lives on it ({own[0].part} is {own[0].place});"
            " it is never written"
        )
    if disk.uses:
        places = ", ".join(f"{use.part} at {use.place}" for use in disk.uses)
        way_out = " ".join(f"/dev/{use.part}" for use in disk.uses)
        raise DiskRefused(f"{disk}: is mounted ({places}); free it with: umount {way_out}")
    if disk.read_only:
        raise DiskRefused(f"{disk}: is write-protected; look at the slide on the card's side")


def require_erasable(disk: Disk, consent: Consent) -> None:
    """Raise DiskRefused unless ``disk`` is a free card, or a free disk and ``consent`` names it."""
    require_free(disk)
    if disk.removable or consent.covers(disk):
        return
    if not consent.force:
        raise DiskRefused(
            f"{disk}: is not removable, so it may be a disk of this machine. If it is the card all"
            f" the same, say so twice: --force --yes-erase {disk.name}"
        )
    raise DiskRefused(
        f"{disk}: is not removable, and was not named a second time: --yes-erase {disk.name}"
    )


def target_disk(device: Path, consent: Consent, *, erased: bool) -> Disk | None:
    """The disk at ``device``, which may be written; None where it is a plain file.

    Raises DiskRefused. With ``erased`` all that a disk or file holds is to go.
    """
    if device.is_file() or not (device.exists() or str(device).startswith("/dev/")):
        _require_spare_file(device, consent, erased=erased)
        return None
    disk = find_disk(device)
    require_erasable(disk, consent)
    return disk


def _require_spare_file(file: Path, consent: Consent, *, erased: bool) -> None:
    if not file.exists():
        _require_meant(file, erased=erased)
    named = consent.force and consent.erase in (file.name, str(file))
    if erased and file.exists() and file.stat().st_size > 0 and not named:
        raise DiskRefused(
            f"{file}: is a file that holds something; to write over it say so twice:"
            f" --force --yes-erase {file.name}"
        )
    if not file.parent.is_dir():
        raise DiskRefused(f"{file}: there is no folder {file.parent}")


def _require_meant(file: Path, *, erased: bool) -> None:
    """Raise DiskRefused for a name that a slip made: ``sdb`` would be written as a file, and the
    card would stay empty."""
    if not erased:
        raise DiskRefused(
            f"{file}: is not there. Is the card in, and its boot partition mounted? `lsblk` lists"
            " the disks of this machine"
        )
    if file.suffix != NEW_FILE:
        raise DiskRefused(
            f"{file}: is no disk of this machine; did you mean /dev/{file.name}? `lsblk` lists"
            f" them. (A new file in a card's place is called {file.name}{NEW_FILE})"
        )
