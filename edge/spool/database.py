"""The spool's SQLite file: schema, transactions, and what its errors mean.

WAL with ``synchronous=FULL``: a committed transaction survives a power cut (with NORMAL it need
not). One connection serves all threads behind one lock; every transaction here is short.
"""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.spool.card import full, full_or_failing
from edge.spool.errors import CardFailing, SpoolDamaged, SpoolError, SpoolFull
from edge.sqlite import SharedConnection

SCHEMA_VERSION = 4
"""2: bursts are forgotten but for their ids. 3: news. 4: for the scheduler."""
SET_ASIDE = "damaged-"
"""How the name of a folder with a damaged database begins."""

_FULL = "SQLITE_FULL"
# What was written did not arrive: for want of room, or because the card fails.
_UNWRITTEN = frozenset(
    {
        "SQLITE_IOERR_WRITE",
        "SQLITE_IOERR_SHMSIZE",
        "SQLITE_IOERR_FSYNC",
        "SQLITE_IOERR_DIR_FSYNC",
        "SQLITE_IOERR_TRUNCATE",
        "SQLITE_IOERR_DELETE",
        "SQLITE_IOERR",
        "SQLITE_READONLY",
        "SQLITE_READONLY_DIRECTORY",
    }
)
# Bytes that are wrong, or that the card does not give back.
_DAMAGED = frozenset(
    {
        "SQLITE_NOTADB",
        "SQLITE_CORRUPT",
        "SQLITE_CORRUPT_INDEX",
        "SQLITE_IOERR_READ",
        "SQLITE_IOERR_SHORT_READ",
        "SQLITE_IOERR_CORRUPTFS",
    }
)

_SCHEMA = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE alarms (name TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE bursts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    burst_id TEXT NOT NULL UNIQUE,
    captured_ms INTEGER NOT NULL,
    clock TEXT NOT NULL,
    frame_count INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('arriving', 'captured', 'judged')),
    wrapped_key BLOB,          -- content key under the boot key; gone once judged
    held INTEGER NOT NULL,     -- the evidence file is on the card
    gives_way INTEGER,         -- rank in retention; NULL: never
    admit_ms REAL NOT NULL DEFAULT 0,
    judgement BLOB             -- what was found (CBOR), without pictures
);
CREATE INDEX bursts_waiting ON bursts (seq) WHERE state = 'captured';
CREATE INDEX bursts_giving_way ON bursts (gives_way, seq) WHERE held AND gives_way IS NOT NULL;

CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id BLOB NOT NULL UNIQUE,
    burst_id TEXT,
    kind TEXT NOT NULL,
    priority INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    payload BLOB               -- a sealed message; NULL: the burst's evidence file itself
);
CREATE INDEX outbox_order ON outbox (priority, seq, item_id);
CREATE INDEX outbox_burst ON outbox (burst_id);
"""
_SINCE_2 = """
CREATE TABLE forgotten (burst_id BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE INDEX bursts_gone ON bursts (seq) WHERE state = 'judged' AND NOT held;
"""
_SINCE_3 = """
CREATE TABLE news (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id BLOB NOT NULL UNIQUE,
    priority INTEGER NOT NULL,
    record BLOB NOT NULL       -- what goes in a radio frame, before its number and its seal
);
CREATE INDEX news_order ON news (priority, number);
"""
_SINCE_4 = """
ALTER TABLE outbox ADD COLUMN queued_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN known INTEGER NOT NULL DEFAULT 0;  -- the catalogue names the cat
ALTER TABLE outbox ADD COLUMN told INTEGER NOT NULL DEFAULT 0;   -- basecamp has its news
CREATE TABLE radio_crops (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    item_id BLOB NOT NULL,     -- the crop in full
    reference BLOB NOT NULL,   -- of its burst, as on the air
    picture INTEGER NOT NULL,
    content BLOB NOT NULL,     -- sealed to basecamp
    UNIQUE (reference, picture)
);
CREATE INDEX radio_crops_item ON radio_crops (item_id);
"""
_SINCE = (_SCHEMA, _SINCE_2, _SINCE_3, _SINCE_4)


class Database(SharedConnection):
    """The spool's state, safe to share between threads. Raises SpoolFull when the card is full,
    CardFailing when it takes no writes, SpoolError otherwise."""

    def __init__(self, path: Path) -> None:
        super().__init__(_open(path), lambda error: _explained(error, path))
        self.failing: str | None = None
        """Why the last change was not written, if the card itself fails."""

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """As SharedConnection's, and ``failing`` tells how it went where anything changed."""
        try:
            with super().transaction() as connection:
                before = connection.total_changes
                yield connection
        except CardFailing as error:
            self.failing = str(error)
            raise
        if connection.total_changes > before:
            self.failing = None

    def fold_log(self) -> None:
        """Fold the write-ahead log into the main file, as far as there is room for it.

        The log keeps its size and is written from its beginning again, into room that it has
        already: this is how writing goes on where not one byte is free. Raises SpoolError.
        """
        with self._lock:
            try:
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
            except sqlite3.Error as error:
                explained = self._explained(error)
                if not isinstance(explained, SpoolFull):
                    raise explained from error


def set_aside(path: Path) -> Path:
    """Move a damaged database out of the way, with its log; the folder it went to.

    A trap must go on catching; evidence files whose rows are lost are adopted by the spool, and
    what was set aside is kept for an expert. Raises SpoolError.
    """
    try:
        aside = Path(tempfile.mkdtemp(prefix=SET_ASIDE, dir=path.parent))
        for part in path.parent.glob(f"{path.name}*"):
            part.rename(aside / part.name)
    except OSError as error:
        raise SpoolError(
            f"{path}: damaged, and cannot be set aside: {error.strerror}; change the card"
        ) from error
    return aside


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=30)
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise _explained(error, path) from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    # The spool has one process: without the shared index there is one file less that must grow,
    # and a full card can still be read.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if 0 <= version < SCHEMA_VERSION:
        missing = "".join(_SINCE[version:])
        connection.executescript(
            f"BEGIN IMMEDIATE;{missing}PRAGMA user_version = {SCHEMA_VERSION};COMMIT;"
        )
    elif version != SCHEMA_VERSION:
        raise SpoolError(
            f"{path}: written by another version of Irbis (schema {version}, this one knows"
            f" {SCHEMA_VERSION}); update Irbis or point [spool] path to a new folder"
        )
    # Now, while it can still be set aside, and not when a leopard stands before the lens.
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise SpoolDamaged(f"{path}: damaged: {found}")


def _explained(error: sqlite3.Error, path: Path) -> SpoolFull | SpoolError:
    code = getattr(error, "sqlite_errorname", "")
    if code == _FULL:
        return full(path)
    if code in _UNWRITTEN:
        return full_or_failing(path, str(error))
    if code in _DAMAGED:
        return SpoolDamaged(f"{path}: damaged: {error}")
    return SpoolError(f"{path}: {error}")
