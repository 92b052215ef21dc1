"""What the scheduler last looked at, for `irbis queue`.

The spool belongs to the running station alone. So the station leaves its last situation in a file
on a RAM file system, and whoever asks repeats the decision with the real scheduler: it is pure, and
gives the same answer. The file goes with the power; a card that is pulled out holds none of it.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError

from edge.errors import IrbisError
from edge.uplink.schedule.situation import Situation

_SETTINGS = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


class NoSnapshot(IrbisError, FileNotFoundError):
    """No situation was left, or none that can be read."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A situation, and when it was so (UTC, as far as the station knew)."""

    taken_at: datetime
    situation: Situation


def snapshot_path(memory_dir: Path, spool: Path) -> Path:
    """Where the station with this spool leaves its situation."""
    name = hashlib.blake2b(os.fsencode(spool.resolve()), digest_size=8).hexdigest()
    return memory_dir / f"{name}.queue.json"


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace the file at once; only its owner may read it. Raises OSError."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(_ADAPTER.dump_json([snapshot]))
    temporary.replace(path)


def read_snapshot(path: Path) -> Snapshot:
    """Raises NoSnapshot."""
    try:
        (snapshot,) = _ADAPTER.validate_json(path.read_bytes())
    except FileNotFoundError:
        raise NoSnapshot(
            "it has decided nothing since it was switched on, or runs as another user: ask as that"
        ) from None
    except OSError as error:
        raise NoSnapshot(
            f"{path}: cannot be read: {error.strerror}; ask as the user that runs the station"
        ) from error
    except (ValidationError, ValueError):
        raise NoSnapshot(
            f"{path}: written by another version of Irbis; restart the station"
        ) from None
    return snapshot


_ADAPTER = TypeAdapter(list[Snapshot], config=_SETTINGS)
