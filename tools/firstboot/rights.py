"""The rights that a configuration needs beyond those of every station."""

from __future__ import annotations

import subprocess
from pathlib import Path

from edge.config import StationConfig
from tools.drop_ins import ALL, OPTIONAL, needed


def settle_rights(config: StationConfig, folder: Path) -> bool:
    """Link the drop-ins that ``config`` needs into ``folder``, and no others of ours; whether that
    changed anything. Raises OSError."""
    wanted = needed(config)
    changed = False
    for name in ALL:
        link, target = folder / name, f"{OPTIONAL}/{name}"
        in_force = link.is_symlink() and str(link.readlink()) == target
        if name in wanted and not in_force:
            folder.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(target)
        elif name not in wanted and in_force:
            link.unlink()
        else:
            continue
        changed = True
    return changed


def reload_systemd() -> None:
    """Have the running systemd read them. Raises OSError, subprocess.SubprocessError."""
    subprocess.run(["systemctl", "daemon-reload"], capture_output=True, timeout=60, check=True)
