"""A root that is the same wherever and whenever it was made, without what no trap needs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path


def remove(root: Path, patterns: Iterable[str]) -> None:
    """Take away what ``patterns`` (below ``root``) match; a pattern may match nothing."""
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()


def settle_times(root: Path, epoch: int) -> None:
    """No file is younger than ``epoch`` (Unix seconds): what the build made has that time."""
    for folder, names, files in os.walk(root):
        for name in [".", *names, *files]:
            path = Path(folder, name)
            if path.lstat().st_mtime > epoch:
                os.utime(path, (epoch, epoch), follow_symlinks=False)


def size_bytes(root: Path) -> int:
    """What the files of ``root`` hold together."""
    return sum(
        Path(folder, name).lstat().st_size for folder, _, files in os.walk(root) for name in files
    )
