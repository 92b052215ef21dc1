"""One SQLite connection that threads share: transactions and reads, one at a time.

How the file is opened, what stands in it and what its errors mean is for its owner to say.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Row = tuple[Any, ...]


class SharedConnection:
    """``connection`` behind a lock; it was opened with ``isolation_level=None`` and
    ``check_same_thread=False``.

    ``explained`` makes of an error of SQLite's the one that is raised in its place.
    """

    def __init__(
        self, connection: sqlite3.Connection, explained: Callable[[sqlite3.Error], Exception]
    ) -> None:
        self._connection = connection
        self._explained = explained
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and durable when it returns. Raises what ``explained`` makes."""
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException as error:
                self._roll_back()
                if isinstance(error, sqlite3.Error):
                    raise self._explained(error) from error
                raise

    def read(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a query. Raises what ``explained`` makes."""
        with self._lock:
            try:
                return self._connection.execute(sql, parameters).fetchall()
            except sqlite3.Error as error:
                raise self._explained(error) from error

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise self._explained(error) from error
