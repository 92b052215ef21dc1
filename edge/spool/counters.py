"""The numbers of radio frames: given out once and never again, whatever happens to the station.

A number is a key id and a counter. Counters are reserved in blocks, and a block is durable in the
spool's database before the first of it is given out: a power cut wastes the rest of a block. A
spool that never sent begins with a key id drawn by chance from those that this station key has not
begun yet (edge.spool.key_ids), and so does one whose counters are all spent.

One thing it cannot know: a station key that was copied to another card. There the draw makes a
clash unlikely, not impossible; a station key stays on one card.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from edge.spool.database import Database
from edge.spool.errors import SpoolError
from edge.spool.key_ids import KEY_IDS, KeyIds

COUNTERS = 2**24
BLOCK = 64
"""A hundred power cuts a day waste a key's counters in seven years, and there are 64 keys."""


class CountersSpent(SpoolError):
    """No key id is left to number a frame with."""


@dataclass(frozen=True, slots=True)
class _Reserved:
    """What stands in the database: counters below ``end`` under ``key_id`` may have been used.

    ``own`` are all the key ids that this database began.
    """

    key_id: int
    end: int
    own: tuple[int, ...]


class RadioCounters:
    """Numbers for frames under the keys with ``fingerprint``; safe to share between threads.

    ``folder`` is the spool's; ``draw`` chooses a key id among those that were never begun.
    """

    def __init__(
        self,
        database: Database,
        folder: Path,
        fingerprint: bytes,
        block: int = BLOCK,
        draw: Callable[[Sequence[int]], int] = secrets.choice,
    ) -> None:
        self._database = database
        self._ids = KeyIds(folder, fingerprint)
        self._name = f"radio-counters-{fingerprint.hex()}"
        self._block = block
        self._draw = draw
        self._lock = threading.Lock()
        self._begun: int | None = None  # noted as begun, but no block of it is ours yet
        self._reserved = self._stored()
        # What is left of the last block may have been used before a crash.
        self._next = self._reserved.end if self._reserved else COUNTERS

    def take(self) -> tuple[int, int]:
        """The next key id (0..63) and counter (0..2^24 - 1).

        Raises CountersSpent where no key id is left, SpoolFull where a block cannot be reserved.
        """
        with self._lock:
            if self._reserved is None or self._next == self._reserved.end:
                self._reserve()
            assert self._reserved is not None
            counter = self._next
            self._next += 1
            return self._reserved.key_id, counter

    @property
    def are_spent(self) -> bool:
        """Whether there is none left to take. Raises SpoolError."""
        with self._lock:
            reserved = self._reserved
            if reserved is not None and (self._next < reserved.end or reserved.end < COUNTERS):
                return False
            return self._begun is None and not self._unused(reserved.own if reserved else ())

    def began(self, key_id: int) -> bool:
        """Whether this database, and not one before it, gave out numbers under this key id."""
        with self._lock:
            return self._reserved is not None and key_id in self._reserved.own

    def _reserve(self) -> None:
        """Make the next block ours. Only what is durable may be given out."""
        old = self._reserved
        if old is None or old.end == COUNTERS:
            own = old.own if old else ()
            key_id = self._begin_key(own)
            begins, new = 0, _Reserved(key_id, self._block, (*own, key_id))
        else:
            begins, new = old.end, replace(old, end=min(old.end + self._block, COUNTERS))
        self._store(new)
        self._reserved, self._next, self._begun = new, begins, None

    def _begin_key(self, own: tuple[int, ...]) -> int:
        if self._begun is not None:  # a full card must not cost a key at every attempt
            return self._begun
        unused = self._unused(own)
        if not unused:
            raise CountersSpent(
                f"all {KEY_IDS} radio keys of this station are spent; give it a new key with:"
                " irbis keys station, and enrol that at basecamp"
            )
        key_id = self._draw(unused)
        # First here: a database that is lost after this must not begin the same key.
        self._ids.add((*own, key_id))
        self._begun = key_id
        return key_id

    def _unused(self, own: tuple[int, ...]) -> list[int]:
        return sorted(set(range(KEY_IDS)) - self._ids.used() - set(own))

    def _stored(self) -> _Reserved | None:
        rows = self._database.read("SELECT value FROM meta WHERE name = ?", (self._name,))
        if not rows:
            return None
        value = json.loads(rows[0][0])
        return _Reserved(value["key_id"], value["end"], tuple(value["own"]))

    def _store(self, reserved: _Reserved) -> None:
        value = {"key_id": reserved.key_id, "end": reserved.end, "own": reserved.own}
        with self._database.transaction() as connection:
            connection.execute(
                "REPLACE INTO meta (name, value) VALUES (?, ?)", (self._name, json.dumps(value))
            )
