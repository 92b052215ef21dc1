"""A card of today's in a file: a real ext4 that the kernel turns read-only at its first error."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

FREE_WITHIN_S = 20.0
MKFS = ["mkfs.ext4", "-q", "-F", "-b", "4096", "-E", "nodiscard,lazy_itable_init=0"]


def made(path: Path, size_bytes: int) -> Path:
    """An empty file system of that size in the file ``path``."""
    path.touch()
    os.truncate(path, size_bytes)
    try:
        subprocess.run([*MKFS, path], check=True)
    except FileNotFoundError:
        pytest.skip("needs mkfs.ext4")
    return path


@contextmanager
def mounted(folder: Path, image: Path) -> Iterator[Path]:
    """``image`` at ``folder``; the test is skipped where that cannot be."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-o", "loop,errors=remount-ro", image, folder]
    if subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("mounting a card needs root and loop devices")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        _wait_until_free(image)


def _wait_until_free(image: Path) -> None:
    """A machine that another test starts just now may have a copy of the mount for a moment; what
    is mounted next would be that same file system, in the state that it is in."""
    until_s = time.monotonic() + FREE_WITHIN_S
    while time.monotonic() < until_s:
        held = subprocess.run(["losetup", "-j", image], capture_output=True, check=False).stdout
        if not held:
            return
        time.sleep(0.1)


def report_an_error(card: Path) -> None:
    """Have ext4 find its own structures wrong, as it does when blocks come back changed."""
    device = card.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    name = Path(f"/sys/dev/block/{number}").readlink().name
    trigger = Path(f"/sys/fs/ext4/{name}/trigger_fs_error")
    if not trigger.exists():
        pytest.skip("this kernel cannot be told to find an ext4 damaged")
    trigger.write_text("1")


def checked(image: Path) -> None:
    """As a start of the machine does it."""
    subprocess.run(["e2fsck", "-p", image], check=False, stdout=subprocess.DEVNULL)
