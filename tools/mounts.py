"""Which file system a path lies on: durability can only be measured, and promised, off memory."""

from __future__ import annotations

import tempfile
from pathlib import Path

IN_MEMORY = frozenset({"tmpfs", "ramfs"})
MOUNTS = Path("/proc/mounts")


def file_system(path: Path, mounts: Path = MOUNTS) -> str:
    """The kernel's name of the file system under ``path``, such as ``ext4``; "" if not known."""
    try:
        table = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    kinds = {Path(_unescaped(f[1])): f[2] for f in map(str.split, table) if len(f) > 2}
    here = path.resolve()
    return next((kinds[place] for place in [here, *here.parents] if place in kinds), "")


def durable_folder() -> Path:
    """A folder for temporary files that is not in memory, if this machine has one to write to."""
    candidates = [Path(tempfile.gettempdir()), Path("/var/tmp"), Path.home(), Path.cwd()]
    return next((p for p in candidates if _is_durable(p)), candidates[0])


def _is_durable(folder: Path) -> bool:
    if not folder.is_dir() or file_system(folder) in IN_MEMORY:
        return False
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _unescaped(text: str) -> str:
    """/proc/mounts writes a space in a name as \\040."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
