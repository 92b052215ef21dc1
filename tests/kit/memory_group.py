"""A group of processes with little memory: the kernel kills what takes more."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

V1 = Path("/sys/fs/cgroup/memory")
MOUNTS, OWN = Path("/proc/self/mountinfo"), Path("/proc/self/cgroup")


class MemoryGroup(ABC):
    """A memory control group in ``folder``, of ``room_bytes``."""

    def __init__(self, folder: Path, room_bytes: int) -> None:
        self.folder = folder
        folder.mkdir()
        try:
            self._limit(room_bytes)
        except OSError:
            self.close()
            raise

    def take(self, pid: int) -> None:
        """Let a process be of the group, and all that it starts."""
        (self.folder / "cgroup.procs").write_text(str(pid))

    def close(self) -> None:
        """Once all its processes have ended."""
        self.folder.rmdir()

    @property
    def kills(self) -> int:
        """How many processes the kernel has killed in it."""
        words = self._told().split()
        return int(words[words.index("oom_kill") + 1])

    @abstractmethod
    def _limit(self, room_bytes: int) -> None: ...

    @abstractmethod
    def _told(self) -> str: ...


class GroupOfVersion1(MemoryGroup):
    def _limit(self, room_bytes: int) -> None:
        (self.folder / "memory.limit_in_bytes").write_text(str(room_bytes))
        with suppress(OSError):  # a kernel that does not count swap
            (self.folder / "memory.memsw.limit_in_bytes").write_text(str(room_bytes))

    def _told(self) -> str:
        return (self.folder / "memory.oom_control").read_text()


class GroupOfVersion2(MemoryGroup):
    def _limit(self, room_bytes: int) -> None:
        (self.folder / "memory.max").write_text(str(room_bytes))
        with suppress(OSError):  # a kernel without swap
            (self.folder / "memory.swap.max").write_text("0")

    def _told(self) -> str:
        return (self.folder / "memory.events").read_text()


@contextmanager
def memory_group(room_bytes: int) -> Iterator[MemoryGroup]:
    """One of either version, of this process's own; skips the test where none can be made."""
    name = f"irbis-test-{os.getpid()}"
    group = None
    for made, parent in _places():
        with suppress(OSError):
            group = made(parent / name, room_bytes)
            break
    if group is None:
        pytest.skip(
            "no memory control group can be made here: it takes root, or with cgroup v2 a folder"
            " that is delegated with the memory controller"
        )
    try:
        yield group
    finally:
        group.close()


def _places() -> Iterator[tuple[type[MemoryGroup], Path]]:
    if (V1 / "memory.limit_in_bytes").exists():
        yield GroupOfVersion1, V1
    yield from ((GroupOfVersion2, place) for place in delegated(MOUNTS, OWN))


def delegated(mounts: Path, own: Path) -> Iterator[Path]:
    """Folders of cgroup v2 whose children are given a memory controller: this process's group and
    those above it, from the nearest on."""
    root = next((Path(words[4]) for words in map(str.split, _lines(mounts)) if _is_v2(words)), None)
    inside = next((line[3:] for line in _lines(own) if line.startswith("0::")), None)
    if root is None or inside is None:
        return
    folder = root / inside.strip("/")
    for place in (folder, *folder.parents):
        if not place.is_relative_to(root):
            return
        with suppress(OSError):
            if "memory" in (place / "cgroup.subtree_control").read_text().split():
                yield place


def _is_v2(words: list[str]) -> bool:
    return "-" in words and words[words.index("-") + 1] == "cgroup2"


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
