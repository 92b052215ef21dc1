"""Where evidence will lie, and where the boot key will."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, missing, ok, warning
from tools.mounts import IN_MEMORY, file_system

if TYPE_CHECKING:
    from edge.config import StationConfig

LITTLE_BYTES = 1_000_000_000
"""About a thousand bursts of three pictures."""
DEFAULT_FLOOR_BYTES = 64_000_000
FAT = frozenset({"vfat", "exfat", "msdos"})


def check_disk(config: StationConfig | None) -> Iterator[Finding]:
    spool = Path.cwd() if config is None else config.spool.path
    place = next(path for path in [spool.absolute(), *spool.absolute().parents] if path.exists())
    floor = DEFAULT_FLOOR_BYTES if config is None else config.spool.min_free_bytes
    free = shutil.disk_usage(place).free
    kind = file_system(place)
    detail = f"{free / 1e9:.1f} GB free on {kind or 'an unknown file system'} at {place}"
    if not os.access(place, os.W_OK):
        yield missing("disk", f"{place} cannot be written to", f"chown $(id -u) {place}")
    elif free <= floor and not _may_make_room(config):
        yield missing("disk", detail, "make room, or point [spool] path at a larger disk")
    elif kind in IN_MEMORY:
        yield warning("disk", f"{detail}: lost with the power", "point [spool] path at a disk")
    elif kind in FAT:
        yield warning("disk", f"{detail}: a power cut may cost files", "format the card as ext4")
    elif free < LITTLE_BYTES:
        yield warning("disk", detail, "make room, or point [spool] path at a larger disk")
    else:
        yield ok("disk", detail)


def _may_make_room(config: StationConfig | None) -> bool:
    """Whether the spool may give up enough of what it has for new bursts, as far as can be told."""
    if config is None:
        return False
    from edge.health.selftest import State
    from edge.health.selftest_room import check_room
    from edge.spool.retention import Budget

    budget = Budget(config.spool.max_bytes, config.spool.min_free_bytes)
    return check_room(config.spool.path, budget).state is not State.FAILED


def check_memory_folder(config: StationConfig | None) -> Iterator[Finding]:
    from edge.security.bootkey import find_memory_dir

    folder = find_memory_dir(os.environ)
    if folder is None:
        yield warning(
            "boot key",
            "no folder in memory: bursts that a crash interrupts are kept unjudged",
            "mkdir -p /run/irbis && chown $(id -u) /run/irbis",
        )
    else:
        yield ok("boot key", f"in memory at {folder}")
