"""What takes from a spool what keeps its word, to prove that a broken one is found out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from unittest.mock import patch

from edge.spool.spool import Spool

FILES_UNSYNCED = "files unsynced"
WEAKNESSES = ("none", "synchronous=OFF", "synchronous=NORMAL", FILES_UNSYNCED)


@contextmanager
def weakened(weakness: str) -> Iterator[Callable[[Spool], None]]:
    """While a life is recorded with this one of WEAKNESSES: what takes it from a spool."""
    with patch.object(os, "fsync") if weakness == FILES_UNSYNCED else nullcontext():
        if weakness.startswith("synchronous"):
            yield lambda spool: _let_go(spool, weakness)
        else:
            yield lambda spool: None


def _let_go(spool: Spool, pragma: str) -> None:
    spool._database.read(f"PRAGMA {pragma}")
