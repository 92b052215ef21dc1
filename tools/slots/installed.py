"""What follows once RAUC has written a root into the spare slot and before it may start: its name,
and on a Raspberry Pi its kernel on the boot partition."""

from __future__ import annotations

import os
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tools.image.programs import call
from tools.slots.here import BOOT
from tools.slots.state import SlotError, check_slot
from tools.slots.tryboot import CONFIG, with_slot

BOOT_FILES = "boot.tar"
"""In a bundle for a Raspberry Pi: what the firmware loads for one slot, as a card has it in a/."""
_NEEDED = ("vmlinuz", "cmdline.txt", CONFIG)


def finish(environment: Mapping[str, str], boot: Path = BOOT) -> str:
    """Finish the slot that RAUC names in its hook's environment; a line about it. Raises SlotError,
    ImageError."""
    try:
        slot = check_slot(environment["RAUC_SLOT_BOOTNAME"])
        device = environment["RAUC_SLOT_DEVICE"]
        bundle = Path(environment["RAUC_BUNDLE_MOUNT_POINT"])
    except KeyError as error:
        raise SlotError(f"this is for RAUC to call; {error} is not set") from error
    # The root in a bundle has a name of its own: two roots of one name, and the wrong one starts.
    call(["e2label", device, f"ROOT{slot}"], f"naming {device}")
    if (bundle / BOOT_FILES).is_file():
        lay_boot_files(bundle / BOOT_FILES, boot, slot)
    return f"slot {slot} is {device}"


def lay_boot_files(archive: Path, boot: Path, slot: str) -> None:
    """Replace the slot's folder on the boot partition, which nothing reads before the trial."""
    folder, new = boot / slot.lower(), boot / f"{slot.lower()}.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir()
    try:
        with tarfile.open(archive) as tar:
            _unpack(tar, new)
        if missing := [name for name in _NEEDED if not (new / name).is_file()]:
            raise SlotError(f"the bundle's boot files lack {', '.join(missing)}")
        _name_slot(new, slot)
        os.sync()
        shutil.rmtree(folder, ignore_errors=True)
        new.rename(folder)
        os.sync()
    except (OSError, tarfile.TarError) as error:
        raise SlotError(f"the boot files of slot {slot} cannot be written: {error}") from error


def _unpack(tar: tarfile.TarFile, folder: Path) -> None:
    """Files and folders alone: FAT knows neither links nor owners. By hand, for bookworm's Python
    3.11.2 has no `filter` that keeps members inside. Raises SlotError for one that would leave."""
    for member in tar:
        target = folder / member.name
        if not target.resolve().is_relative_to(folder.resolve()):
            raise SlotError(f"the bundle's boot files name {member.name}, outside of the slot")
        if member.isdir():
            target.mkdir(parents=True, exist_ok=True)
        elif member.isfile() and (content := tar.extractfile(member)) is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            with content, target.open("wb") as out:
                shutil.copyfileobj(content, out)


def _name_slot(folder: Path, slot: str) -> None:
    config = folder / CONFIG
    config.write_bytes(with_slot(config.read_bytes().decode("ascii"), slot).encode())
    line = folder / "cmdline.txt"
    words = line.read_text("ascii").split()
    named = [_named(word, slot) for word in words]
    if named == words and f"root=LABEL=ROOT{slot}" not in words:
        raise SlotError("the bundle's cmdline.txt names no root=LABEL=ROOTA")
    line.write_text(" ".join(named) + "\n", "ascii")


def _named(word: str, slot: str) -> str:
    for start in ("root=LABEL=ROOT", "rauc.slot="):
        if word in (f"{start}A", f"{start}B"):
            return start + slot
    return word
