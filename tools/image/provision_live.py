"""Telling a running system what changed; elsewhere the next boot sees it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tools.image.programs import call

_RUNNING = Path("/run/systemd/system")


def is_live(root: Path) -> bool:
    """Whether ``root`` is the system that runs here, under systemd."""
    return root == Path("/") and _RUNNING.is_dir()


def start() -> bool:
    """Make folders and device rights, and start the station where it has a configuration; whether
    it was started. Raises ImageError."""
    call(["systemctl", "daemon-reload"], "telling systemd")
    call(["systemd-tmpfiles", "--create", "irbis.conf"], "making the station's folders")
    for ask in (["control", "--reload"], ["trigger"]):
        subprocess.run(["udevadm", *ask], check=False, capture_output=True)
    if not Path("/etc/irbis/station.toml").exists():
        return False
    call(["systemctl", "restart", "--no-block", "irbis.service"], "starting the station")
    return True


def stop() -> None:
    """Stop the station before its files go; it ends the burst it judges first."""
    subprocess.run(["systemctl", "stop", "irbis.service"], check=False, capture_output=True)


def forget() -> None:
    """Tell systemd and udev that the files are gone."""
    for command in (["systemctl", "daemon-reload"], ["udevadm", "control", "--reload"]):
        subprocess.run(command, check=False, capture_output=True)
