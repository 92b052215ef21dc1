"""Basecamp's own key and the name by which a broker knows it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edge.security.errors import KeyFileError
from edge.security.keys import BasecampKey

KEY_NAME = "basecamp.key"


def load_key(data: Path) -> BasecampKey:
    """The key of a data folder. Raises KeyFileError."""
    path = data / KEY_NAME
    if not path.exists():
        raise KeyFileError(
            f"{path}: there is no key here; make one with: irbis basecamp init --data {data}"
        )
    return BasecampKey.load(path)


def client_id_of(key: BasecampKey) -> str:
    """A name for the broker, always the same: it keeps messages for us while we are down."""
    digest = hashlib.blake2b(bytes(key.token.verify), digest_size=6).hexdigest()
    return f"irbis-basecamp-{digest}"
