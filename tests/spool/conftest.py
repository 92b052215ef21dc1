"""A spool that can be closed, killed and opened again."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool

ROOMY = Budget(min_free_bytes=0)


@pytest.fixture(scope="session")
def basecamp_key() -> BasecampKey:
    return BasecampKey.generate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def memory_dir(tmp_path: Path) -> Path:
    """Stands in for the RAM file system: it outlives a process, and a test may empty it."""
    return tmp_path / "memory"


@pytest.fixture
def open_spool(
    folder: Path, memory_dir: Path, basecamp_key: BasecampKey
) -> Iterator[Callable[..., Spool]]:
    """``open_spool(budget, remembered)``: the spool in ``folder``, opened anew; the one before is
    closed."""
    opened: list[Spool] = []

    def release() -> None:
        while opened:
            opened.pop().close()

    def make(budget: Budget = ROOMY, remembered: int = 0) -> Spool:
        release()
        opened.append(Spool(folder, basecamp_key.token.seal, budget, memory_dir, remembered))
        return opened[-1]

    yield make
    release()


@pytest.fixture
def spool(open_spool: Callable[..., Spool]) -> Spool:
    return open_spool()


@pytest.fixture
def tamper(folder: Path) -> Callable[[str], None]:
    """Change a closed spool's rows, to lay what an interruption would have left."""

    def execute(sql: str) -> None:
        with closing(sqlite3.connect(folder / "spool.db")) as database, database:
            database.execute(sql)

    return execute
