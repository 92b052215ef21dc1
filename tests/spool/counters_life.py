"""Takes radio numbers and ends at each durable step in turn; one JSON line a folder's lives.

    python -m tests.spool.counters_life FOLDER

Every number that is given out is written to a pipe before the next is asked for, as a frame that
leaves the antenna. In each folder a life is ended at a step, the next at the step after it, and so
on, until one comes to its end; then the database is damaged and a last life begins.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from edge.spool.counters import RadioCounters
from edge.spool.database import Database, set_aside
from edge.spool.errors import SpoolDamaged
from tests.faults.crash_points import ENDED_HERE, end_at, in_child

FINGERPRINT = bytes(8)
NUMBERS = 11


def opened(path: Path) -> Database:
    """The database, a new one in place of a damaged one, as the spool does it."""
    try:
        return Database(path)
    except SpoolDamaged:
        set_aside(path)
        return Database(path)


def live(folder: Path, air: int) -> None:
    """Blocks of 4 and counters to 8 only, so that keys are exchanged on the way."""
    database = opened(folder / "spool.db")
    counters = RadioCounters(database, folder, FINGERPRINT, block=4)
    for _ in range(NUMBERS):
        os.write(air, bytes(counters.take()))
    database.close()


def main(root: Path) -> None:
    begin, step = 1, 0
    while step != begin:
        folder = root / str(begin)
        folder.mkdir(parents=True)
        heard, air = os.pipe()
        step = begin

        def ended(step: int, folder: Path = folder, air: int = air) -> bool:
            def work() -> None:
                end_at(step)
                live(folder, air)

            return in_child(work) == ENDED_HERE

        while ended(step):
            step += 1
        (folder / "spool.db").write_bytes(b"a card that forgot everything" * 100)
        code = in_child(lambda folder=folder, air=air: live(folder, air))  # type: ignore[misc]
        os.close(air)
        with os.fdopen(heard, "rb") as antenna:
            said = antenna.read()
        numbers = [list(said[at : at + 2]) for at in range(0, len(said), 2)]
        print(json.dumps({"lives": step - begin + 2, "code": code, "numbers": numbers}), flush=True)
        begin += 1


if __name__ == "__main__":
    from edge.spool import counters as module

    module.COUNTERS = 8
    main(Path(sys.argv[1]))
