"""Where a station keeps what it was handed, on an Irbis card and on a stock system."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from tools.drop_ins import FOLDER as FOLDER_OF_DROP_INS
from tools.handover import FOLDER


@dataclass(frozen=True, slots=True)
class Places:
    """``boot`` is the mounted boot partition, ``etc`` holds configuration and keys. ``hostname``,
    ``ssh_keys`` and ``wifi`` are files of the operating system; ``wifi`` is for wpa_supplicant or,
    where its name ends in ``.nmconnection``, for NetworkManager; None: nothing here reads one.
    ``drop_ins`` is the folder of those of the station's service."""

    boot: Path
    etc: Path
    hostname: Path
    ssh_keys: Path
    wifi: Path | None
    data: Path
    drop_ins: Path

    @property
    def folder(self) -> Path:
        """The hand-over."""
        return self.boot / FOLDER

    @property
    def updates(self) -> Path:
        """Whose updates this card takes: RAUC's configuration names this file."""
        return self.etc / "updates.pem"


def find_places(boot: Path, etc: Path, root: Path = Path("/")) -> Places:
    """As the system below ``root`` has them: an Irbis card keeps what is its own on /data."""
    data = root / "data"
    if (data / "etc").is_dir():
        return Places(
            boot,
            etc,
            hostname=data / "etc/hostname",
            ssh_keys=data / "ssh/authorized_keys",
            wifi=data / "wifi/wpa_supplicant.conf",
            data=data,
            drop_ins=data / "etc/irbis.service.d",
        )
    profiles = root / "etc/NetworkManager/system-connections"
    return Places(
        boot,
        etc,
        hostname=Path(os.path.realpath(root / "etc/hostname")),
        ssh_keys=root / "root/.ssh/authorized_keys",
        wifi=profiles / "irbis.nmconnection" if profiles.is_dir() else None,
        data=data,
        drop_ins=root / FOLDER_OF_DROP_INS.lstrip("/"),
    )
