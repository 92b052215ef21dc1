"""A small Debian with systemd, made once and kept in the user's cache: test machines' root."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

VERSION = 1
"""Raise it when PACKAGES change: older roots are then left alone and a new one is made."""
PACKAGES = ("systemd", "systemd-sysv", "dbus", "python3")
RELEASES = {(3, 11): "bookworm", (3, 13): "trixie"}
"""The one whose Python runs the compiled packages of this environment."""
BUILD_S = 300.0
_LEAN = (
    "--variant=minbase",
    "--aptopt=Acquire::Languages none",
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
)


def debian_root() -> Path:
    """The folder of the kept root, made where it is not there yet (half a minute, 60 MB loaded).

    Skips the test, with the reason, where that cannot be: without root, mmdebstrap or packages.
    """
    release = RELEASES.get(sys.version_info[:2])
    if release is None:
        pytest.skip(f"no Debian release has Python {sys.version_info[0]}.{sys.version_info[1]}")
    if os.getuid() != 0:
        pytest.skip("only root starts a machine")
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "irbis-tests"
    home.mkdir(parents=True, exist_ok=True)
    root = home / f"{release}-{os.uname().machine}-{VERSION}"
    with (home / "lock").open("w") as lock:  # of two test processes, one builds
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.is_dir():
            _make(root, release)
    return root


def _make(root: Path, release: str) -> None:
    if shutil.which("mmdebstrap") is None:
        pytest.skip("this machine has no mmdebstrap to make a Debian with")
    building = Path(tempfile.mkdtemp(prefix="building-", dir=root.parent))
    command = ["mmdebstrap", "--mode=root", *_LEAN, f"--include={','.join(PACKAGES)}", release,
               str(building)]  # fmt: skip
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=BUILD_S, check=True)
    except subprocess.SubprocessError as error:
        shutil.rmtree(building, ignore_errors=True)
        said = (getattr(error, "stderr", "") or "").strip().splitlines()
        pytest.skip(f"no Debian can be made here: {said[-1] if said else error}")
    building.rename(root)
