"""A second spool, for when the first cannot be opened: a card that another version of Irbis wrote.

What is caught meanwhile is sealed as ever. Once the first opens again, the evidence is moved into
it, and there it is adopted as that of a lost database is: kept as unknown, and sent as it is.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from edge.spool.files import SUFFIX, EvidenceFiles

LOCK, DATABASE = "lock", "spool.db"
"""As every spool has it."""


def rescue_path(path: Path) -> Path:
    """The rescue spool of the spool at ``path``: beside it, on the same card."""
    return path.with_name(f"{path.name}-rescue")


@dataclass(frozen=True, slots=True)
class Told:
    """What a rescue spool counted, and the alarms that stood in it."""

    counters: Mapping[str, int]
    alarms: Mapping[str, str]


def told_in_rescue(path: Path) -> Told | None:
    """Of the rescue spool of the spool at ``path``, open nowhere; None where there is none, or it
    cannot be read."""
    database = rescue_path(path) / DATABASE
    if not database.exists():
        return None
    try:
        with closing(sqlite3.connect(database, timeout=0.0)) as connection:
            counters = dict(connection.execute("SELECT name, value FROM counters"))
            return Told(counters, dict(connection.execute("SELECT name, text FROM alarms")))
    except sqlite3.Error:
        return None


def take_back(path: Path) -> int:
    """Move what was rescued into the spool at ``path``, open nowhere; how many bursts there were.

    May die at any instruction, and goes on where it stopped. Raises OSError, also where another
    process is at work on the rescue spool.
    """
    rescue = rescue_path(path)
    if not rescue.is_dir():
        return 0
    with (rescue / LOCK).open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return _taken_back(rescue, path)


def _taken_back(rescue: Path, path: Path) -> int:
    EvidenceFiles(rescue / "evidence").keep_growing()
    moved = 0
    for file in sorted(rescue.glob(f"evidence/*/*{SUFFIX}")):
        to = path / "evidence" / file.parent.name / file.name
        to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not to.exists():  # else it is the same burst, by its id
            file.rename(to)
            moved += 1
            _sync(to.parent)
    if (path / "evidence").is_dir():
        _sync(path / "evidence")
    shutil.rmtree(rescue)
    return moved


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
