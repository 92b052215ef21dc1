"""A spool remembers whom it seals to."""

from __future__ import annotations

from pathlib import Path

from edge.security.keys import BasecampKey
from edge.spool.spool import OTHER_BASECAMP, Spool


def test_an_exchanged_basecamp_key_is_an_alarm_until_the_next_opening(tmp_path: Path) -> None:
    old, new = BasecampKey.generate().token.seal, BasecampKey.generate().token.seal
    with Spool(tmp_path / "spool", old) as spool:
        assert OTHER_BASECAMP not in spool.ledger.alarms()
    with Spool(tmp_path / "spool", new) as spool:
        assert "old basecamp.key" in spool.ledger.alarms()[OTHER_BASECAMP]
    with Spool(tmp_path / "spool", new) as spool:
        assert OTHER_BASECAMP not in spool.ledger.alarms()
