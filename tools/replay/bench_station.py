"""A configuration for replaying pictures on a desk, with no station and no basecamp behind it."""

from __future__ import annotations

from pathlib import Path

from edge.config import StationConfig, parse_config
from edge.security.keys import BasecampKey, StationKey


def throwaway_config(folder: Path) -> StationConfig:
    """A station that seals to a key nobody holds: its private half is never written down.

    ``folder`` takes the station's own key, and the spool unless another is named.
    """
    key_file = folder / "station.key"
    StationKey.generate().save(key_file)
    values = {
        "station": {
            "id": "replay",
            "key_file": str(key_file),
            "basecamp": str(BasecampKey.generate().token),
        },
        "spool": {"path": "spool", "min_free_bytes": 16_000_000},
    }
    return parse_config(values, base=folder, origin="replay")
