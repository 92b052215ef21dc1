"""What a card has in its root so that it can be updated: RAUC's configuration, its way to the
bootloader, and the service that lets a new root prove itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.image.units import UNITS
from tools.image.update_boot import ROOT_PARTITIONS

SYSTEM_CONF = "/etc/rauc/system.conf"
BACKEND = "/usr/lib/rauc/irbis-slots"
KEYRING = "/etc/irbis/updates.pem"
"""The owner's certificate: on the data partition, so that both roots trust the same."""

PROVE = "irbis-prove.service"
_BACKEND = '#!/bin/sh\nexec /opt/irbis/bin/irbis slots "$@"\n'


class SlotFile(NamedTuple):
    """A file of the root."""

    path: str
    content: bytes
    mode: int


def slot_files(systemd: Path, compatible: str, disk_id: str) -> Iterator[SlotFile]:
    """``compatible`` names board and release; ``disk_id`` is the card's signature, eight hex
    digits. ``systemd`` is the project's folder of units."""
    yield SlotFile(SYSTEM_CONF, system_conf(compatible, disk_id).encode(), 0o644)
    yield SlotFile(BACKEND, _BACKEND.encode(), 0o755)
    yield SlotFile(f"{UNITS}/{PROVE}", (systemd / "slots" / PROVE).read_bytes(), 0o644)


def system_conf(compatible: str, disk_id: str) -> str:
    """Slots are told by their place on the card: names move while a root is written. A signature
    counts from when it was made, for a trap's clock may stand at 1970."""
    slots = "".join(
        f"\n[slot.rootfs.{index}]\ndevice=/dev/disk/by-partuuid/{disk_id}-{number:02}\n"
        f"type=ext4\nbootname={slot}\n"
        for index, (slot, number) in enumerate(ROOT_PARTITIONS.items())
    )
    return (
        f"[system]\ncompatible={compatible}\nbootloader=custom\nbundle-formats=verity\n"
        "statusfile=/data/rauc/status\nmountprefix=/run/rauc\n\n"
        f"[keyring]\npath={KEYRING}\nuse-bundle-signing-time=true\n\n"
        f"[handlers]\nbootloader-custom-backend={BACKEND}\n{slots}"
    )
