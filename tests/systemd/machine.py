"""A machine as systemd finds it, in a folder: units, users, folders, and no systemd that runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

SYSTEMD = Path(__file__).parents[2] / "systemd"
HOST_UNITS = Path("/lib/systemd/system")
SERVICE = "irbis.service"
UNITS = tuple(sorted(SYSTEMD.rglob("*.service")))
PATHS = tuple(sorted(SYSTEMD.rglob("*.path")))


class Root:
    """The root folder of a machine on which Irbis was installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.units = folder / "usr/lib/systemd/system"
        self.units.mkdir(parents=True)
        for target in HOST_UNITS.glob("*.target"):
            if not target.is_symlink():
                shutil.copy(target, self.units)
        for unit in (*UNITS, *PATHS):
            shutil.copy(unit, self.units)
        for name in ("opt/irbis/bin/irbis", "bin/sh", "bin/mount", "usr/bin/rauc"):
            program = folder / name
            program.parent.mkdir(parents=True, exist_ok=True)
            program.write_text("#!/bin/sh\n", encoding="ascii")
            program.chmod(0o755)
        (folder / "etc").mkdir()

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """One of systemd's programs, on this root."""
        return subprocess.run(
            [program, f"--root={self.folder}", *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def systemd_version() -> int:
    """252 on Debian bookworm, 257 on trixie."""
    said = subprocess.run(
        ["systemd-analyze", "--version"], capture_output=True, text=True, timeout=60, check=True
    )
    return int(said.stdout.split()[1])


def lines_of(section: str) -> dict[str, list[str]]:
    """The unit's assignments in ``section``, in the order of the file."""
    found: dict[str, list[str]] = {}
    inside = False
    for line in (SYSTEMD / SERVICE).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            inside = line == f"[{section}]"
        elif inside and "=" in line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found
