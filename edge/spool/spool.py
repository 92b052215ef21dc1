"""The spool: bursts in, judgements and messages out, nothing lost and nothing doubled.

A burst's way: *arriving* (its row is committed, its file is being written, at once or while the
burst is taken), *captured* (the sealed file is durable), *judged* (the verdict, the outbox items
and the counters are committed together). A process killed at any instruction leaves one of these
states; edge.spool.recovery puts right what lies between them.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self

from nacl.public import PublicKey

from edge.records import Burst, ClockQuality
from edge.security.bootkey import BootKey, forget_boot_key, obtain_boot_key
from edge.security.errors import SealError
from edge.spool.arrival import Arrivals
from edge.spool.contents import open_burst
from edge.spool.counters import RadioCounters
from edge.spool.database import SET_ASIDE, Database
from edge.spool.errors import SpoolBusy, SpoolDamaged, SpoolError, SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.items import CapturedBurst, JudgedBurst, Settlement
from edge.spool.keepsake import Keepsake
from edge.spool.ledger import Ledger, add_counts
from edge.spool.news import News, insert_news
from edge.spool.outbox import Outbox, insert_item
from edge.spool.past import Past
from edge.spool.queue import Queue
from edge.spool.radio_crops import RadioCrops, insert_crop
from edge.spool.recovery import open_recovered
from edge.spool.retention import Budget, Reserve, Room
from edge.times import from_epoch_ms

DAMAGED = "spool-damaged"
"""The alarm that stands while a damaged database lies set aside."""

OTHER_BASECAMP = "other-basecamp"
"""The alarm that stands after the key to seal to was exchanged."""


class Spool:
    """One station's store in ``path``, held by one process at a time; close it when done.

    Evidence is sealed to ``recipient``, basecamp's public key. ``memory_dir`` is a folder on a RAM
    file system for the boot key (edge.security.bootkey), None where there is none. Of bursts older
    than the last ``remembered`` whose evidence is gone the ids alone are kept; 0 keeps everything.

    Raises SpoolBusy when another process holds it, SpoolError when another version wrote it, and
    SpoolFull when the card has not even room to open it.
    """

    def __init__(
        self,
        path: Path,
        recipient: PublicKey,
        budget: Budget | None = None,
        memory_dir: Path | None = None,
        remembered: int = 0,
    ) -> None:
        self._recipient = recipient
        self._path = path
        self._memory_dir = memory_dir
        self._closed = False
        self._lock_handle = _prepare(path)
        try:
            self._files = EvidenceFiles(path / "evidence")
            reserve = Reserve(path / "reserve")
            self._database = open_recovered(path / "spool.db", self._files, reserve)
        except BaseException:
            os.close(self._lock_handle)
            raise
        try:
            self.ledger = Ledger(
                self._database, lambda: self._database.failing or self._files.failing
            )
            self.outbox = Outbox(self._database)
            self.news = News(self._database)
            self.queue = Queue(self._database)
            self.radio_crops = RadioCrops(self._database)
            self._radio_counters: dict[bytes, RadioCounters] = {}
            self._counters_lock = threading.Lock()
            self._past = Past(self._database, remembered)
            self.room = Room(
                path, budget or Budget(), self._database, self._files, self.ledger, reserve
            )
            self.name = _name_of(self._database)
            self._boot_key = _boot_key(self.name, memory_dir)
            self._arrivals = Arrivals(
                self._database, self._files, self.room, recipient, self._boot_key
            )
            with suppress(SpoolFull):  # an alarm less is no reason not to arm
                self._tell_of_damage(path)
                self._tell_of_another_basecamp()
                self.room.relax()
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the spool. The boot key goes too when no burst waits to be judged."""
        if self._closed:
            return
        try:
            if not self._database.read("SELECT 1 FROM bursts WHERE wrapped_key NOT NULL LIMIT 1"):
                forget_boot_key(self.name, self._memory_dir)
        except SpoolDamaged:
            pass  # the next opening deals with it, and needs the boot key
        finally:
            self._release()

    def admit(self, burst: Burst) -> bool:
        """Make ``burst`` durable; False when it is here already.

        Raises SpoolFull when there is no room and nothing left that may go: the burst is then not
        in the spool.
        """
        if self.knows(burst.burst_id):
            return False
        self._arrivals.admit(burst)
        return True

    def grow(self, so_far: Burst) -> None:
        """Make durable what there is of a burst that is still being taken, the beginning of what
        ``admit`` will be given in the end. After a power cut, or should that never come, it counts
        as it is, and ends with a fault that says so.

        Raises SpoolFull and CardFailing.
        """
        if not self.knows(so_far.burst_id):
            self._arrivals.grow(so_far)

    def knows(self, burst_id: str) -> bool:
        """Whether this burst was ever made durable here."""
        rows = self._database.read(
            "SELECT 1 FROM bursts WHERE burst_id = ? AND state <> 'arriving'", (burst_id,)
        )
        return bool(rows) or self._past.knows(burst_id)

    def next_captured(self) -> CapturedBurst | None:
        """The oldest burst that waits to be judged, opened; None when there is none."""
        rows = self._database.read(
            "SELECT burst_id, captured_ms, clock, frame_count, admit_ms, wrapped_key FROM bursts"
            " WHERE state = 'captured' ORDER BY seq LIMIT 1"
        )
        if not rows:
            return None
        ((burst_id, captured_ms, clock, frame_count, admit_ms, wrapped_key),) = rows
        frames, unreadable = None, None
        try:
            frames = self._open(burst_id, wrapped_key).frames
        except (SealError, SpoolError, OSError) as error:
            unreadable = str(error)
        return CapturedBurst(
            burst_id,
            from_epoch_ms(captured_ms),
            ClockQuality(clock),
            frame_count,
            admit_ms,
            frames,
            unreadable,
        )

    def settle(self, settlement: Settlement) -> bool:
        """Commit a judgement with everything that follows from it, at once.

        False, and nothing changes, when the burst is settled already. Raises SpoolFull.
        """
        # A file that a damaged card has lost can be neither held nor sent.
        size_bytes = self._files.size_bytes(settlement.burst_id)
        held = settlement.keep and size_bytes is not None
        with self._database.transaction() as connection:
            settled = connection.execute(
                "UPDATE bursts SET state = 'judged', wrapped_key = NULL, held = ?, gives_way = ?,"
                " judgement = ? WHERE burst_id = ? AND state = 'captured'",
                (
                    held,
                    settlement.gives_way,
                    settlement.judgement,
                    settlement.burst_id,
                ),
            ).rowcount
            if not settled:
                return False
            for item in settlement.items:
                if held or item.payload is not None:
                    insert_item(connection, item, size_bytes or 0)
            for news in settlement.news:
                insert_news(connection, news)
            for crop in settlement.radio_crops:
                insert_crop(connection, crop)
            add_counts(connection, settlement.counts)
            add_counts(connection, {"evidence_lost": int(settlement.keep and not held)})
        # Only now: a file that a crash leaves behind its committed row is removed on opening.
        if not settlement.keep:
            self._files.delete(settlement.burst_id)
        with suppress(SpoolFull):  # there will be another settlement
            self._past.forget()
        return True

    def keepsake(self, name: str) -> Keepsake:
        """A small value that survives a reboot."""
        return Keepsake(self._database, name)

    def radio_counters(self, fingerprint: bytes) -> RadioCounters:
        """The numbers of frames under the radio keys with ``fingerprint``; the same object for all
        links, for two of them would give out the same numbers."""
        with self._counters_lock:
            counters = self._radio_counters.get(fingerprint)
            if counters is None:
                counters = RadioCounters(self._database, self._path, fingerprint)
                self._radio_counters[fingerprint] = counters
            return counters

    def unjudged(self) -> int:
        """How many bursts wait to be judged."""
        ((count,),) = self._database.read("SELECT count(*) FROM bursts WHERE state = 'captured'")
        return int(count)

    def judged(self) -> Iterator[JudgedBurst]:
        """All settled bursts that are not forgotten, oldest first."""
        last_seq = 0
        while rows := self._database.read(
            "SELECT seq, burst_id, captured_ms, clock, frame_count, held, judgement FROM bursts"
            " WHERE state = 'judged' AND seq > ? ORDER BY seq LIMIT 256",
            (last_seq,),
        ):
            last_seq = rows[-1][0]
            for _, burst_id, captured_ms, clock, frame_count, held, judgement in rows:
                yield JudgedBurst(
                    burst_id,
                    from_epoch_ms(captured_ms),
                    ClockQuality(clock),
                    frame_count,
                    bool(held),
                    judgement,
                )

    def evidence(self, burst_id: str) -> bytes:
        """A burst's sealed file. Raises FileNotFoundError when it is no longer held."""
        return self._files.read(burst_id)

    def _release(self) -> None:
        self._closed = True
        self._database.close()
        os.close(self._lock_handle)

    def _tell_of_damage(self, path: Path) -> None:
        """An alarm stands for as long as a damaged database lies beside the present one."""
        asides = sorted(aside.name for aside in path.glob(f"{SET_ASIDE}*"))
        if asides:
            self.ledger.raise_alarm(
                DAMAGED,
                f"a damaged database was set aside: {', '.join(asides)}; what it held is sent anew."
                " Change the card; move the folder away to end this alarm",
            )
        else:
            self.ledger.clear_alarm(DAMAGED)

    def _tell_of_another_basecamp(self) -> None:
        """An alarm where the key to seal to was exchanged since the last opening: what is held and
        queued from before can be opened only with the old one."""
        key = bytes(self._recipient).hex()
        rows = self._database.read("SELECT value FROM meta WHERE name = 'recipient'")
        if rows == [(key,)]:
            self.ledger.clear_alarm(OTHER_BASECAMP)
            return
        if rows:
            self.ledger.raise_alarm(
                OTHER_BASECAMP,
                "[station] basecamp names another key than before: what was sealed until now opens"
                " only with the old basecamp.key",
            )
        with self._database.transaction() as connection:
            connection.execute("REPLACE INTO meta (name, value) VALUES ('recipient', ?)", (key,))

    def _open(self, burst_id: str, wrapped_key: bytes | None) -> Burst:
        if wrapped_key is None:
            raise SealError("the spool lost this burst's key; only basecamp can open it now")
        content_key = self._boot_key.unwrap(wrapped_key)
        return open_burst(self._files.read(burst_id), content_key)


def _name_of(database: Database) -> str:
    """A random name for this spool, made once: its boot key is found under it."""
    rows = database.read("SELECT value FROM meta WHERE name = 'name'")
    if rows:
        return str(rows[0][0])
    name = os.urandom(8).hex()
    with database.transaction() as connection:
        connection.execute("INSERT INTO meta (name, value) VALUES ('name', ?)", (name,))
    return name


def _boot_key(name: str, memory_dir: Path | None) -> BootKey:
    try:
        return obtain_boot_key(name, memory_dir)
    except OSError:
        # Memory that is full or not ours: without it a crash costs a verdict, never a picture.
        return obtain_boot_key(name, None)


def _prepare(path: Path) -> int:
    """Make the folder and lock it; the lock's handle."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SpoolError(
            f"{path}: cannot be the spool: {error.strerror}; mend it or point [spool] path"
            " elsewhere"
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise SpoolBusy(
            f"{path}: another Irbis process works on this spool; stop it first"
        ) from None
    return handle
