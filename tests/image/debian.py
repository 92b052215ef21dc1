"""A real Debian root, made once and kept in the user's cache; and images with it inside."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RELEASE = "bookworm"
PACKAGES = "systemd,systemd-sysv,udev,dbus,python3,passwd"
_BOOT_MIB = 16


def cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "irbis-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def unpack_root(into: Path) -> Path:
    """Debian's small system in the new folder ``into``; made with mmdebstrap where it is not kept
    yet (about a minute). Skips the test where that cannot be."""
    kept = cache() / f"provision-root-{RELEASE}-{_architecture()}.tar"
    if not kept.exists():
        _make(kept)
    into.mkdir()
    run("tar", "-C", str(into), "--numeric-owner", "-xf", str(kept))
    return into


def make_image(image: Path, root: Path, room_mib: int) -> None:
    """A card's image: a boot partition, and ``root`` on ext4 in a partition of ``room_mib``."""
    image.touch()
    os.truncate(image, (1 + _BOOT_MIB + room_mib) << 20)
    table = f"label: dos\n,{_BOOT_MIB}M,c\n,,83\n"
    subprocess.run(["sfdisk", "--quiet", str(image)], input=table, text=True, check=True)
    offset = (1 + _BOOT_MIB) << 20
    run(
        "mkfs.ext4", "-q", "-F", "-d", str(root), "-E", f"offset={offset}",
        str(image), f"{room_mib}M",
    )  # fmt: skip


def run(*command: str) -> str:
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
    return done.stdout


def _architecture() -> str:
    return {"x86_64": "amd64", "aarch64": "arm64"}[os.uname().machine]


def _make(kept: Path) -> None:
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        pytest.skip("a Debian root needs root and mmdebstrap (apt-get install mmdebstrap)")
    part = kept.with_name(f"new-{kept.name}")
    made = subprocess.run(
        ["mmdebstrap", "--mode=root", "--variant=minbase", f"--include={PACKAGES}", RELEASE, part],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if made.returncode != 0:
        pytest.skip(f"mmdebstrap made no root: {made.stderr.strip().splitlines()[-1:]}")
    part.rename(kept)
