"""A whole network enrolled at once, from the register that `irbis flash` keeps."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.security.keys import StationToken
from tools.basecamp.errors import AlreadyEnrolled
from tools.basecamp.identity import load_key
from tools.basecamp.store import Store
from tools.flashing.fingerprint import fingerprint
from tools.flashing.register import Register, Row


def enrol_all(register: Path, data: Path, *, replace: bool) -> int:
    """Trust the key on each station's newest card; the exit code. A station that is enrolled with
    another key is told and passed over, unless ``replace``. Raises IrbisError.
    """
    rows = Register(register).done().values()
    load_key(data)  # a mistyped --data must not become a new folder
    passed = 0
    with Store(data) as store:
        for row in rows:
            trouble = _enrol(store, row, replace)
            if trouble is not None:
                print(f"irbis basecamp: {trouble}", file=sys.stderr)
                passed += 1
    print(f"{len(rows) - passed} stations enrolled" + (f", {passed} not" if passed else ""))
    return 1 if passed else 0


def _enrol(store: Store, row: Row, replace: bool) -> str | None:
    """Why ``row`` could not be enrolled, in a sentence."""
    if not row.token:
        return f"{row.station} makes its key itself; after its first boot: irbis image label CARD"
    token = StationToken.parse(row.token)
    try:
        store.enrol(row.station, token, replace=replace)
    except AlreadyEnrolled as error:
        return str(error)
    print(f"{row.station} is enrolled, {fingerprint(token)}")
    return None
