"""Programs of the host that images need, and what is said where one is missing or fails."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

from tools.image.errors import ImageError

PACKAGES = {
    "debugfs": "e2fsprogs",
    "e2fsck": "e2fsprogs",
    "e2label": "e2fsprogs",
    "mkfs.ext4": "e2fsprogs",
    "gpg": "gpg",
    "losetup": "mount",
    "mcopy": "mtools",
    "mkdosfs": "dosfstools",
    "mke2fs": "e2fsprogs",
    "mount": "mount",
    "openssl": "openssl",
    "rauc": "rauc",
    "resize2fs": "e2fsprogs",
    "sfdisk": "fdisk",
    "mksquashfs": "squashfs-tools",
    "systemd-sysusers": "systemd",
    "umount": "mount",
}
"""Debian's package of each program."""


def need(*programs: str) -> None:
    """Raises ImageError that names every missing program, with the command that installs it."""
    missing = [program for program in programs if shutil.which(program) is None]
    if missing:
        packages = sorted({PACKAGES.get(program, program) for program in missing})
        raise ImageError(
            f"this machine has no {' and no '.join(missing)}; "
            f"install it: apt-get install {' '.join(packages)}"
        )


def call(command: Sequence[str], what: str) -> str:
    """Run ``command``; what it printed. Raises ImageError with its last lines where it fails."""
    need(command[0])
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise ImageError(f"{what} failed: {' / '.join(said) or f'exit {done.returncode}'}")
    return done.stdout
