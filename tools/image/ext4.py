"""An ext4 file system from a folder, the same bytes from the same files."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import UUID

from tools.image.errors import ImageError
from tools.image.rootfs import environment

_GROUP = re.compile(r"^Group \d+: ")
_FREE = re.compile(r"^  Free inodes: ?(.*)$")


def make_ext4(
    tree: Path, image: Path, size_mib: int, label: str, ids: tuple[UUID, UUID], epoch: int,
    options: Sequence[str] = (),
) -> None:  # fmt: skip
    """Fill ``image`` with what lies in ``tree``. ``ids`` are its UUID and its hash seed; ``epoch``
    (Unix seconds) is when everything in it was last looked at and changed. Raises ImageError.
    """
    own, seed = ids
    make = ["mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-m", "0", *options]
    place = ["-d", str(tree), "-E", f"hash_seed={seed},root_owner=0:0", "-U", str(own)]
    run([*make, *place, str(image), f"{size_mib}M"], epoch, image.parent)
    _settle_inodes(image, epoch)


def run(command: list[str], epoch: int, scratch: Path) -> str:
    """One of the programs that make a card; what it printed. Raises ImageError."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=dict(environment(epoch, scratch))
    )
    if done.returncode != 0:
        told = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise ImageError(f"{command[0]} failed: {' / '.join(told)}")
    return done.stdout


def _settle_inodes(image: Path, epoch: int) -> None:
    """mke2fs takes over when an inode of the folder was last changed and read: the build's own
    time, which nothing but debugfs can put right."""
    told = run(["dumpe2fs", str(image)], epoch, image.parent)
    requests = image.with_suffix(".requests")
    with requests.open("w", encoding="ascii") as file:
        for inode in used_inodes(told):
            for field in ("ctime", "atime"):
                file.write(f"set_inode_field <{inode}> {field} @{epoch}\n")
    run(["debugfs", "-w", "-f", str(requests), str(image)], epoch, image.parent)
    requests.unlink()


def used_inodes(told: str) -> Iterator[int]:
    """The numbers of all inodes in use, from what dumpe2fs printed: the complement of the free."""
    per_group = int(re.search(r"^Inodes per group: +(\d+)$", told, re.M)[1])  # type: ignore[index]
    group = -1
    for line in told.splitlines():
        if _GROUP.match(line):
            group += 1
        elif found := _FREE.match(line):
            free = set(numbers(found[1]))
            first = group * per_group + 1
            # Below 11 lie the file system's own, but for the root folder.
            yield from (
                number
                for number in range(first, first + per_group)
                if number not in free and (number >= 11 or number == 2)
            )


def numbers(ranges: str) -> Iterator[int]:
    """The numbers in ``12-15, 20``, as dumpe2fs writes them."""
    for part in filter(None, ranges.split(", ")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)
