"""The data partition, grown over the rest of the card; and its file system with it."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools.firstboot.errors import TakeInError

SECTOR_BYTES = 512
WORTH_BYTES = 16 << 20
"""Less than this at the end of a card is not worth a change of its partition table."""


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition and its disk, as the kernel has them; starts and sizes in bytes."""

    device: Path
    number: int
    start: int
    size_bytes: int
    disk: Path
    disk_bytes: int

    @property
    def spare_bytes(self) -> int:
        return self.disk_bytes - self.start - self.size_bytes


def grow(mounted_at: Path, sys: Path = Path("/sys")) -> int | None:
    """Grow the partition that is mounted at ``mounted_at`` to the end of its disk, and the ext4 on
    it; the size of the file system now, in bytes. None where nothing is mounted there, or another
    partition lies behind it.

    Both steps may be repeated, so a power cut between them is made good by the next call. Raises
    TakeInError when a program fails.
    """
    partition = find_partition(mounted_at, sys)
    if partition is None or not _is_last(partition, sys):
        return None
    if partition.spare_bytes > WORTH_BYTES:
        _move_copy_of_gpt(partition)
        number = str(partition.number)
        _run(
            ["sfdisk", "--quiet", "--no-reread", "--force", "-N", number, str(partition.disk)],
            given=", +\n",
        )
        _run(["partx", "--update", "--nr", number, str(partition.disk)])
    _run(["resize2fs", str(partition.device)])
    status = os.statvfs(mounted_at)
    return status.f_blocks * status.f_frsize


def find_partition(mounted_at: Path, sys: Path = Path("/sys")) -> Partition | None:
    """The partition that is mounted at ``mounted_at``; None for a plain folder or a whole disk."""
    if not os.path.ismount(mounted_at):
        return None
    number = mounted_at.stat().st_dev
    folder = (sys / "dev/block" / f"{os.major(number)}:{os.minor(number)}").resolve()
    if not (folder / "partition").exists():
        return None
    disk = folder.parent
    return Partition(
        device=Path("/dev") / folder.name,
        number=_number(folder / "partition"),
        start=_number(folder / "start") * SECTOR_BYTES,
        size_bytes=_number(folder / "size") * SECTOR_BYTES,
        disk=Path("/dev") / disk.name,
        disk_bytes=_number(disk / "size") * SECTOR_BYTES,
    )


def _is_last(partition: Partition, sys: Path) -> bool:
    disk = sys / "class/block" / partition.disk.name
    starts = [_number(path.parent / "start") for path in disk.glob("*/partition")]
    return partition.start == max(starts) * SECTOR_BYTES


def _move_copy_of_gpt(partition: Partition) -> None:
    """A GPT has a copy of itself where the image ended; it belongs to the end of the card."""
    dumped = _run(["sfdisk", "--dump", str(partition.disk)])
    if "label: gpt" in dumped:
        _run(["sfdisk", "--quiet", "--no-reread", "--relocate", "gpt-bak-std", str(partition.disk)])


def _run(command: list[str], given: str = "") -> str:
    try:
        done = subprocess.run(
            command, input=given, capture_output=True, text=True, timeout=600, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise TakeInError(f"{command[0]}: {error}; the data partition stays as it was") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it does not say why"]
        raise TakeInError(f"{command[0]} failed: {lines[-1]}; the data partition stays as it was")
    return done.stdout


def _number(path: Path) -> int:
    return int(path.read_text(encoding="ascii"))
