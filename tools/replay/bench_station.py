"""A configuration for replaying pictures on a desk, with no station and no basecamp behind it."""

from __future__ import annotations

from pathlib import Path

from edge.config import StationConfig, parse_config
from edge.errors import IrbisError
from edge.security.keys import BasecampKey, BasecampToken, StationKey

TOKEN_FILE = "throwaway.token"
"""In a spool that is kept: the public half of the key that its pictures are sealed to."""


class SpoolUnfit(IrbisError, ValueError):
    """A spool that this replay cannot use."""


def throwaway_config(folder: Path, spool: Path | None = None) -> StationConfig:
    """A station that seals to a key nobody holds: its private half is never written down.

    ``folder`` takes the station's own key, and the spool unless ``spool`` is one that is kept.
    Raises KeyFileError when the token of a kept spool is damaged, SpoolUnfit when it cannot be
    written.
    """
    key_file = folder / "station.key"
    StationKey.generate().save(key_file)
    values = {
        "station": {
            "id": "replay",
            "key_file": str(key_file),
            "basecamp": str(BasecampKey.generate().token if spool is None else _kept_token(spool)),
        },
        "spool": {"path": str(spool or folder / "spool"), "min_free_bytes": 16_000_000},
    }
    # A path given on the command line is relative to where the command runs.
    return parse_config(values, base=Path.cwd(), origin="replay")


def check_is_no_throwaway(spool: Path) -> None:
    """Raises SpoolUnfit for a spool whose pictures are sealed to a throwaway key."""
    if (spool / TOKEN_FILE).exists():
        raise SpoolUnfit(
            f"{spool} was begun without --config, and nobody can open its pictures;"
            " name another --spool"
        )


def _kept_token(spool: Path) -> BasecampToken:
    """The token that the spool was begun with; one replay that is resumed seals to one key."""
    path = spool / TOKEN_FILE
    if path.exists():
        return BasecampToken.parse(path.read_text(encoding="utf-8", errors="replace"))
    token = BasecampKey.generate().token
    partial = path.with_name(f".{path.name}.partial")
    try:
        spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        partial.write_text(f"{token}\n", encoding="utf-8")
        partial.replace(path)
    except OSError as error:
        raise SpoolUnfit(
            f"--spool {spool} cannot be written: {error.strerror}; name another"
        ) from error
    return token
