"""How a burst gets onto the card: at once, or bit by bit while it is taken.

A row *arriving* is committed first, the file is written and synced, and the row becomes *captured*.
Of a burst that is still being taken the file grows meanwhile: what was synced of it survives.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain

from nacl.public import PublicKey

from edge.records import Burst, Frame
from edge.security.bootkey import BootKey
from edge.security.evidence import Seal, new_content_key, seal_chunks
from edge.spool.contents import END, frame_chunk, head_chunk, to_chunks
from edge.spool.database import Database
from edge.spool.errors import SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.ledger import add_counts
from edge.spool.retention import Room
from edge.times import to_epoch_ms

FRAMES_IN_FILE = 0
"""The number of frames in the row of a burst whose file grows: the file itself tells it."""


@dataclass
class _Growing:
    """A file that grows: ``frames`` are in it, ``size_bytes`` in all, of which its row knows
    ``announced_bytes``."""

    burst_id: str
    seal: Seal
    announced_bytes: int
    frames: int = 0
    size_bytes: int = 0

    @property
    def unannounced_bytes(self) -> int:
        return max(0, self.size_bytes - self.announced_bytes)


class Arrivals:
    """Brings bursts into ``files`` and ``database``, sealed to ``recipient``. For one thread."""

    def __init__(
        self,
        database: Database,
        files: EvidenceFiles,
        room: Room,
        recipient: PublicKey,
        boot_key: BootKey,
    ) -> None:
        self._database, self._files, self._room = database, files, room
        self._recipient, self._boot_key = recipient, boot_key
        self._growing: _Growing | None = None
        self._refused: str | None = None
        """A burst that could not be written while it was taken, and is not tried again until it is
        whole."""

    def grow(self, so_far: Burst) -> None:
        """Make durable what there is of a burst that is still being taken. Raises SpoolFull and
        CardFailing."""
        if so_far.burst_id == self._refused:
            return
        growing = self._of(so_far)
        frames = so_far.frames[growing.frames if growing else 0 :]
        if not frames:
            return
        self._room.make(_bytes(frames), growing.unannounced_bytes if growing else 0)
        beginning: Iterable[bytes] = ()
        if growing is None:
            growing, beginning = self._begin(so_far, _bytes(frames))
        self._append(growing, chain(beginning, _pieces(growing.seal, frames)))
        growing.frames += len(frames)

    def admit(self, burst: Burst) -> None:
        """Make ``burst`` durable, and captured. Raises SpoolFull and CardFailing: it is then not in
        the spool, or no more of it than had grown."""
        started = time.perf_counter()
        growing = self._of(burst)
        written = self._end(growing, burst) if growing else self._write(burst)
        self._captured(burst.burst_id, len(burst.frames), written, started)

    def _of(self, burst: Burst) -> _Growing | None:
        """Its file, if that grows; that of another burst has all that will ever come."""
        growing = self._growing
        if growing is None or growing.burst_id == burst.burst_id:
            return growing
        self._rename(growing)
        frames = growing.frames + 1  # it ends with a fault, for nobody said that it is over
        self._captured(growing.burst_id, frames, growing.size_bytes, time.perf_counter())
        return None

    def _begin(self, so_far: Burst, size_bytes: int) -> tuple[_Growing, Iterable[bytes]]:
        content_key = new_content_key()
        self._announce(so_far, FRAMES_IN_FILE, size_bytes, content_key)
        seal = Seal(content_key, self._recipient)
        self._growing = _Growing(so_far.burst_id, seal, size_bytes)
        return self._growing, chain([seal.head], seal.chunk(head_chunk(so_far)))

    def _end(self, growing: _Growing, burst: Burst) -> int:
        frames = burst.frames[growing.frames :]
        self._room.make(_bytes(frames), growing.unannounced_bytes)
        end = growing.seal.chunk(END, last=True)
        self._append(growing, chain(_pieces(growing.seal, frames), end))
        self._rename(growing)
        return growing.size_bytes

    def _append(self, growing: _Growing, pieces: Iterable[bytes]) -> None:
        with self._withdrawn_unless_written(growing.burst_id):
            begins = not growing.frames
            growing.size_bytes = self._files.grow(growing.burst_id, pieces, begins)

    def _rename(self, growing: _Growing) -> None:
        with self._withdrawn_unless_written(growing.burst_id):
            self._files.grown(growing.burst_id)
        self._growing = None

    def _write(self, burst: Burst) -> int:
        chunks = to_chunks(burst)
        size_bytes = sum(map(len, chunks))
        self._room.make(size_bytes)
        content_key = new_content_key()
        self._announce(burst, len(burst.frames), size_bytes, content_key)
        with self._withdrawn_unless_written(burst.burst_id):
            pieces = seal_chunks(chunks, content_key, self._recipient)
            return self._files.write(burst.burst_id, pieces)

    def _announce(self, burst: Burst, frames: int, size_bytes: int, content_key: bytes) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "REPLACE INTO bursts (burst_id, captured_ms, clock, frame_count, size_bytes, state,"
                " wrapped_key, held) VALUES (?, ?, ?, ?, ?, 'arriving', ?, 1)",
                (
                    burst.burst_id,
                    to_epoch_ms(burst.captured_at),
                    burst.clock.value,
                    frames,
                    size_bytes,
                    self._boot_key.wrap(content_key),
                ),
            )

    def _captured(self, burst_id: str, frames: int, size_bytes: int, started: float) -> None:
        with self._database.transaction() as connection:
            connection.execute(
                "UPDATE bursts SET state = 'captured', frame_count = ?, size_bytes = ?,"
                " admit_ms = ? WHERE burst_id = ?",
                (frames, size_bytes, (time.perf_counter() - started) * 1000, burst_id),
            )
            add_counts(connection, {"bursts": 1, "frames": frames})

    @contextmanager
    def _withdrawn_unless_written(self, burst_id: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self._growing, self._refused = None, burst_id
            self._withdraw(burst_id)
            raise

    def _withdraw(self, burst_id: str) -> None:
        """Take an announcement back; where even that finds no room, recovery does it later."""
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "DELETE FROM bursts WHERE burst_id = ? AND state = 'arriving'", (burst_id,)
                )
        except SpoolFull:
            self._room.rescue()


def _pieces(seal: Seal, frames: Sequence[Frame]) -> Iterator[bytes]:
    for frame in frames:
        yield from seal.chunk(frame_chunk(frame))


def _bytes(frames: Sequence[Frame]) -> int:
    return sum(len(frame.data) for frame in frames)
