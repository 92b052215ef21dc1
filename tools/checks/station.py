"""Whether the configured station has its keys and its source of pictures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, missing, ok

if TYPE_CHECKING:
    from edge.config import StationConfig


def check_keys(config: StationConfig | None) -> Iterator[Finding]:
    from edge.errors import IrbisError
    from edge.station import load_identity

    if config is None:
        return
    try:
        identity = load_identity(config)
    except IrbisError as error:
        yield missing("keys", str(error))
    else:
        yield ok("keys", f"station {identity.station}; pictures are sealed to its basecamp")


def check_source(config: StationConfig | None) -> Iterator[Finding]:
    from edge.errors import IrbisError
    from edge.station import open_source

    if config is None:
        return
    try:
        open_source(config).close()
    except IrbisError as error:
        yield missing("pictures", str(error))
    else:
        yield ok("pictures", f"from {config.capture.camera} {config.capture.path}")
