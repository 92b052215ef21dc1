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
    from edge.lens import open_lens

    if config is None:
        return
    try:
        open_lens(config, print).source.close()
    except IrbisError as error:
        yield missing("pictures", str(error))
    else:
        yield ok("pictures", f"from {_where(config)}")


def _where(config: StationConfig) -> str:
    capture = config.capture
    if not capture.triggers:
        return f"{capture.camera} {capture.path}"
    kinds = ", ".join(trigger.kind for trigger in capture.triggers)
    return f"camera {capture.camera}, by {kinds}; try it with `irbis shot`"
