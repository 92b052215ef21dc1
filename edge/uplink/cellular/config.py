"""What is made of the section ``[uplink.cellular]``."""

from __future__ import annotations

from pathlib import Path

from edge.config_uplink import Cellular
from edge.errors import ConfigError
from edge.uplink.cellular.budget import DataLimits
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.modem_manager import Subscription

_EVERYTHING_BYTES = 2**62


def limits_of(cellular: Cellular) -> DataLimits:
    """The operator's bill."""
    return DataLimits(cellular.day_bytes, cellular.month_bytes)


def terms_of(cellular: Cellular, acknowledge_s: float) -> SessionTerms:
    """Of a session. Basecamp's answer is waited for ``acknowledge_s``. Without an upload server
    everything is published."""
    publish = cellular.publish_bytes if cellular.uploads is not None else _EVERYTHING_BYTES
    return SessionTerms(
        cellular.session_bytes,
        cellular.session_s,
        acknowledge_s=acknowledge_s,
        publish_bytes=publish,
    )


def subscription_of(cellular: Cellular) -> Subscription | None:
    """What ModemManager must know; None without an APN. Raises ConfigError."""
    if cellular.apn is None:
        return None
    return Subscription(
        cellular.apn,
        cellular.user,
        _first_line(cellular.password_file, "password_file"),
        _first_line(cellular.pin_file, "pin_file"),
        cellular.roaming,
        cellular.register_s,
    )


def _first_line(path: Path | None, key: str) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[uplink.cellular] {key}: {path} cannot be read: {error}") from error
