"""Putting right what an interrupted process left between two commits."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from edge.spool.arrival import FRAMES_IN_FILE
from edge.spool.contents import frames_in
from edge.spool.database import Database, set_aside
from edge.spool.errors import SpoolDamaged, SpoolFull
from edge.spool.files import EvidenceFiles
from edge.spool.ledger import add_counts
from edge.spool.past import Past
from edge.spool.retention import Reserve


def open_recovered(path: Path, files: EvidenceFiles, reserve: Reserve) -> Database:
    """The database at ``path``, sound and in agreement with the files.

    A damaged one is set aside and begun anew; on a full card the reserve is given up. Raises
    SpoolFull when that is not enough, SpoolError.
    """
    try:
        return _sound(path, files)
    except SpoolFull:
        reserve.give_up()
        return _sound(path, files)


def _sound(path: Path, files: EvidenceFiles) -> Database:
    try:
        return _opened(path, files)
    except SpoolDamaged:
        set_aside(path)
        return _opened(path, files)


def _opened(path: Path, files: EvidenceFiles) -> Database:
    database = Database(path)
    try:
        recover(database, files)
    except BaseException:
        database.close()
        raise
    return database


def recover(database: Database, files: EvidenceFiles) -> None:
    """Bring rows and files into agreement. Raises SpoolFull.

    - A partial file goes: its burst was never durable.
    - A file that grew while its burst was taken is whole, as it is, if there is a frame in it.
    - An arriving row with a whole file becomes captured; without one it goes.
    - A file whose row says it is no longer held, or whose burst is forgotten, goes.
    - A row whose file is gone (given up without a note, or lost with a damaged card) holds it no
      longer, and nothing waits for it any more.
    - A whole file without a row means that the database was lost. It is adopted: judged as
      unreadable, kept, and sent as it is. It is never swept away.
    """
    past = Past(database)
    files.remove_partial()
    files.keep_growing()
    on_card = set(files.burst_ids())
    rows = database.read("SELECT burst_id, state, held, frame_count, gives_way FROM bursts")
    known = {burst_id for burst_id, *_ in rows}
    with database.transaction() as connection:
        for burst_id, state, held, frame_count, gives_way in rows:
            whole = burst_id in on_card
            if state == "arriving" and whole:
                _complete_arrival(connection, files, burst_id, frame_count)
            elif state == "arriving":
                connection.execute("DELETE FROM bursts WHERE burst_id = ?", (burst_id,))
            elif whole and not held:
                files.delete(burst_id)
            elif held and not whole:
                _let_go(connection, burst_id, "evidence_lost" if gives_way is None else "given_up")
        for burst_id in sorted(on_card - known):
            if past.knows(burst_id):
                files.delete(burst_id)
            else:
                _adopt(connection, files, burst_id)


def _complete_arrival(
    connection: sqlite3.Connection, files: EvidenceFiles, burst_id: str, frame_count: int
) -> None:
    if frame_count == FRAMES_IN_FILE:
        frame_count = frames_in(files.read(burst_id))
    connection.execute(
        "UPDATE bursts SET state = 'captured', size_bytes = ?, frame_count = ? WHERE burst_id = ?",
        (files.path(burst_id).stat().st_size, frame_count, burst_id),
    )
    add_counts(connection, {"bursts": 1, "frames": frame_count})


def _let_go(connection: sqlite3.Connection, burst_id: str, counter: str) -> None:
    connection.execute("UPDATE bursts SET held = 0 WHERE burst_id = ?", (burst_id,))
    connection.execute("DELETE FROM outbox WHERE burst_id = ? AND payload IS NULL", (burst_id,))
    add_counts(connection, {counter: 1})


def _adopt(connection: sqlite3.Connection, files: EvidenceFiles, burst_id: str) -> None:
    status = files.path(burst_id).stat()
    connection.execute(
        "INSERT INTO bursts (burst_id, captured_ms, clock, frame_count, size_bytes, state, held)"
        " VALUES (?, ?, 'unset', 0, ?, 'captured', 1)",
        (burst_id, int(status.st_mtime * 1000), status.st_size),
    )
    add_counts(connection, {"bursts": 1})
