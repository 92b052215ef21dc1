"""The folder ``irbis/`` of a boot partition: through mtools, without mounting; or where it is
mounted already, as Windows and macOS do by themselves."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tools.flashing.errors import StampError
from tools.flashing.partitions import find_boot
from tools.flashing.writing import forget_cached
from tools.handover import FOLDER


class Boot(Protocol):
    """The hand-over folder of one card. Every method raises StampError."""

    def names(self) -> list[str]:
        """The files in it; none where the folder is missing."""

    def read(self, name: str) -> bytes: ...

    def write(self, name: str, content: bytes) -> None: ...

    def remove(self, name: str) -> None: ...


def boot_of(target: Path) -> Boot:
    """The hand-over folder of an image, a disk, or a mounted boot partition (a folder)."""
    if target.is_dir():
        return MountedBoot(target / FOLDER)
    try:
        with target.open("rb") as file:
            partition = find_boot(file, str(target))
    except OSError as error:
        raise StampError(f"{target}: cannot be read: {error.strerror}") from error
    return MtoolsBoot(target, partition.offset)


def require_mtools() -> None:
    """Raise StampError, with the way out, where they are not installed."""
    if shutil.which("mcopy") is None:
        raise StampError(
            "mtools are missing, which write to FAT without mounting: apt-get install mtools,"
            " or brew install mtools"
        )


class MtoolsBoot:
    """A FAT partition at ``offset`` bytes of an image or disk, reached by GNU mtools."""

    def __init__(self, target: Path, offset: int) -> None:
        self._target = target
        self._drive = f"{target}@@{offset}"
        require_mtools()

    def names(self) -> list[str]:
        listed = self._run("mdir", "-b", "-i", self._drive, "::/")
        if f"::/{FOLDER}/".lower() not in listed.decode("utf-8", "replace").lower().split():
            return []
        lines = self._run("mdir", "-b", "-i", self._drive, f"::/{FOLDER}")
        paths = lines.decode("utf-8", "replace").splitlines()
        return sorted(path.rpartition("/")[2] for path in paths if not path.endswith("/"))

    def read(self, name: str) -> bytes:
        return self._run("mcopy", "-i", self._drive, f"::/{FOLDER}/{name}", "-")

    def write(self, name: str, content: bytes) -> None:
        self._run("mmd", "-D", "s", "-i", self._drive, f"::/{FOLDER}")
        self._run("mcopy", "-D", "o", "-i", self._drive, "-", f"::/{FOLDER}/{name}", given=content)
        self._sync()

    def remove(self, name: str) -> None:
        self._run("mdel", "-i", self._drive, f"::/{FOLDER}/{name}")
        self._sync()

    def _run(self, *command: str, given: bytes = b"") -> bytes:
        """Standard in and out, so that no secret touches this machine's own disk."""
        # No file of settings is read: one of the user's could point elsewhere.
        environment = os.environ | {"MTOOLSRC": os.devnull, "MTOOLS_SKIP_CHECK": "1"}
        done = subprocess.run(
            command, input=given, capture_output=True, env=environment, timeout=120, check=False
        )
        if done.returncode != 0 and command[0] != "mmd":
            raise StampError(f"{self._target}: {command[0]} failed: {_last_line(done.stderr)}")
        return done.stdout

    def _sync(self) -> None:
        handle = os.open(self._target, os.O_RDONLY)
        try:
            os.fsync(handle)
            forget_cached(handle)
        finally:
            os.close(handle)


class MountedBoot:
    """The folder ``irbis/`` where the boot partition is mounted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        if not self._folder.is_dir():
            return []
        return sorted(path.name for path in self._folder.iterdir() if path.is_file())

    def read(self, name: str) -> bytes:
        with _told(self._folder / name):
            return (self._folder / name).read_bytes()

    def write(self, name: str, content: bytes) -> None:
        with _told(self._folder / name):
            self._folder.mkdir(exist_ok=True)
            with (self._folder / name).open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

    def remove(self, name: str) -> None:
        with _told(self._folder / name):
            (self._folder / name).unlink()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StampError(f"{path}: {error.strerror}") from error


def _last_line(raw: bytes) -> str:
    lines = raw.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else "it does not say why"
