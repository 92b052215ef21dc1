"""The receipt of a provisioned system: what was changed, and what was there before.

It is written before anything is changed and lies in a folder of root's own. The station's folder
would not do: what runs as `irbis` must never tell root what to remove.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tools.image.errors import ImageError
from tools.image.provision_files import ABSENT, Thing, look, remove, write

FOLDER = "/var/lib/irbis-provision"
_FORMAT = 1

BEGUN, COMPLETE, LEFT = "begun", "complete", "evidence left"


@dataclass(frozen=True)
class Change:
    """One path: what it was, and what it is made."""

    path: str
    before: Thing
    after: Thing
    private: bool = False
    """The station's own: taken away only where that was asked for."""


@dataclass(frozen=True)
class Receipt:
    """All that was changed in one system."""

    version: str
    stage: str = BEGUN
    changes: tuple[Change, ...] = ()
    accounts: dict[str, Thing] = field(default_factory=dict)
    """Files of users and groups, as they were before."""
    tree: dict[str, str] = field(default_factory=dict)
    """SHA-256 of each file of the environment, by its path within."""

    def before(self, path: str) -> Thing | None:
        return next((change.before for change in self.changes if change.path == path), None)


class Ledger:
    """The receipt under ``root``, and copies of the files that were replaced."""

    def __init__(self, root: Path) -> None:
        self.folder = root / FOLDER.lstrip("/")
        self._file = self.folder / "receipt.json"
        self._kept = self.folder / "before"

    def load(self) -> Receipt | None:
        """None where nothing was provisioned. Raises ImageError where it cannot be read."""
        if not self._file.exists():
            return None
        try:
            return _receipt_of(json.loads(self._file.read_text(encoding="utf-8")))
        except (ValueError, KeyError, TypeError) as error:
            raise ImageError(f"{self._file} is damaged and nothing was changed: {error}") from error

    def save(self, receipt: Receipt) -> None:
        """Durable once it returns."""
        self._make_folder()
        text = json.dumps({"format": _FORMAT, **asdict(receipt)}, indent=1, sort_keys=True)
        write(self._file, text.encode() + b"\n", 0o600)

    def keep(self, path: Path) -> None:
        """Keep a copy of a file that will be replaced; accounts have secrets in them."""
        self._make_folder()
        self._kept.mkdir(mode=0o700, exist_ok=True)
        copy = self._kept / look(path).digest
        if not copy.exists():
            write(copy, path.read_bytes(), 0o600)

    def kept(self, thing: Thing) -> bytes:
        return (self._kept / thing.digest).read_bytes()

    def forget(self) -> None:
        """The last step of taking everything away."""
        remove(self._file)
        remove(self.folder)

    def _make_folder(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def restore(ledger: Ledger, path: Path, before: Thing) -> None:
    """Make ``path`` again what it was."""
    if before == ABSENT:
        remove(path)
    elif before.kind == "file":
        write(path, ledger.kept(before), before.mode, before.uid, before.gid)


def merged(old: Iterable[Change], new: Iterable[Change]) -> tuple[Change, ...]:
    """Both, where what is known of before is what the older receipt says."""
    known = {change.path: change for change in old}
    for change in new:
        first = known.get(change.path)
        known[change.path] = replace(change, before=first.before) if first else change
    return tuple(known.values())


def _receipt_of(values: Any) -> Receipt:
    if values.pop("format") != _FORMAT:
        raise ValueError("it was written by another version of Irbis")
    changes = tuple(
        Change(**{**item, "before": Thing(**item["before"]), "after": Thing(**item["after"])})
        for item in values.pop("changes")
    )
    accounts = {path: Thing(**thing) for path, thing in values.pop("accounts").items()}
    return Receipt(changes=changes, accounts=accounts, **values)
