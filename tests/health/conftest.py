"""A spool for what counts and remembers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool

CAMP = BasecampKey.generate()


@pytest.fixture
def ledgers(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", CAMP.token.seal, Budget(0, 0), None)
    yield spool
    spool.close()
