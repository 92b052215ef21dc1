"""What the building machine must have: programs, root, binfmt, room."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from tools.image.errors import ImageError
from tools.image.programs import need

PROGRAMS = ("genimage", "gpg", "mcopy", "mkdosfs", "mke2fs", "mmdebstrap", "zstd")
ROOM_BYTES = 8_000_000_000
"""A root (1 GB) three times over while it becomes a partition, and the image that is left."""

_BINFMT = Path("/proc/sys/fs/binfmt_misc")


def check_host(work: Path, machine: str = "aarch64") -> None:
    """Raises ImageError, with the way out, where a card cannot be built in the folder ``work``."""
    need(*PROGRAMS)
    if os.geteuid() != 0:
        raise ImageError("building a card needs root (chroot, owners of files); try: sudo")
    free = shutil.disk_usage(work).free
    if free < ROOM_BYTES:
        raise ImageError(
            f"{work} has {free / 1e9:.1f} GB free, a build takes {ROOM_BYTES / 1e9:.0f};"
            " name a roomier folder with --work"
        )
    if os.uname().machine != machine and not _runs(machine):
        raise ImageError(
            f"this machine cannot run {machine} programs; try: apt-get install qemu-user-static"
            f" binfmt-support && mount -t binfmt_misc binfmt_misc {_BINFMT}"
            " && update-binfmts --enable"
        )


def git_time(source: Path) -> int | None:
    """When the checkout's last commit was made, in seconds of Unix time; None without one."""
    try:
        asked = subprocess.run(
            ["git", "-C", str(source), "log", "-1", "--format=%ct"],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    return int(asked.stdout) if asked.returncode == 0 and asked.stdout.strip() else None


def _runs(machine: str) -> bool:
    handler = _BINFMT / f"qemu-{machine}"
    try:
        return handler.read_text(encoding="ascii").startswith("enabled")
    except OSError:
        return False
