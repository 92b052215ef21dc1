"""The sections ``[uplink.cellular]`` and ``[uplink.satellite]`` of a station's configuration, and
what is made of them. Relative paths are those of the configuration file's folder."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from edge.errors import ConfigError
from edge.uplink.cellular.budget import CONNECT_BYTES, DataLimits
from edge.uplink.cellular.modem_manager import Subscription
from edge.uplink.cellular.session import SessionTerms
from edge.uplink.satellite import SatelliteTerms
from edge.wire.air.pack import SATELLITE_BYTES

LEAST_LIMIT_BYTES = 10 * CONNECT_BYTES
"""A limit below this is a slip of the unit: ten sessions that do nothing but connect."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cellular(_Section):
    """Sessions over a cellular modem, or over any network with a bill."""

    apn: str | None = Field(default=None, min_length=1, max_length=100)
    """What the SIM's operator calls its data network. Absent: the network is somebody else's, and
    no modem is switched."""
    user: str | None = None
    password_file: Path | None = None
    pin_file: Path | None = None
    """Its first line is the SIM's PIN. The last try is never taken."""
    roaming: bool = True
    modem: str | None = None
    """Equipment number (IMEI) or device path, where there is more than one modem."""
    register_s: float = Field(default=180.0, gt=0)
    """How long a network is looked for before the modem is switched off again."""
    uploads: str | None = None
    """``https://host[:port]/uploads``, as ``irbis basecamp serve`` prints it. Absent: crops and
    evidence go over MQTT, and begin anew after each cut."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the upload server's certificate; the system's own
    authorities when absent."""
    publish_bytes: int = Field(default=2048, ge=0)
    """Items above this are uploaded, smaller ones go over MQTT."""
    every_s: float = Field(default=3600.0, gt=0)
    """The time between two sessions when nothing is urgent."""
    session_s: float = Field(default=900.0, gt=0)
    session_bytes: int = Field(default=0, ge=0)
    """The most one session may use; 0: what the day has left."""
    day_bytes: int = Field(default=5_000_000, ge=0)
    """The most that goes over the network in a day (UTC), both ways, headers included; 0: no
    limit."""
    month_bytes: int = Field(default=100_000_000, ge=0)

    @field_validator("day_bytes", "month_bytes", "session_bytes")
    @classmethod
    def _limit_holds_a_session(cls, value: int) -> int:
        if 0 < value < LEAST_LIMIT_BYTES:
            raise ValueError(
                "is less than a few sessions take; the unit is bytes: 0 for no limit, or"
                f" {LEAST_LIMIT_BYTES} and more"
            )
        return value

    @field_validator("uploads")
    @classmethod
    def _uploads_are_http(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            # Reading ``port`` raises the ValueError of a port that is not one.
            named = parts.hostname and parts.port != 0 and parts.username is None
            if parts.scheme not in ("https", "http") or not named:
                raise ValueError("must look like https://host/uploads")
        return value

    @property
    def limits(self) -> DataLimits:
        return DataLimits(self.day_bytes, self.month_bytes)

    @property
    def terms(self) -> SessionTerms:
        """Without an upload server everything is published."""
        publish = self.publish_bytes if self.uploads is not None else 2**62
        return SessionTerms(self.session_bytes, self.session_s, publish_bytes=publish)

    def subscription(self) -> Subscription | None:
        """What ModemManager must know; None without an APN. Raises ConfigError."""
        if self.apn is None:
            return None
        return Subscription(
            self.apn,
            self.user,
            _first_line(self.password_file, "password_file"),
            _first_line(self.pin_file, "pin_file"),
            self.roaming,
            self.register_s,
        )


class Satellite(_Section):
    """News of a few bytes over a satellite modem."""

    hold_s: float = Field(default=6 * 3600.0, ge=0)
    """How long sightings wait until a message is full. An alert waits for nothing."""
    pause_s: float = Field(default=3600.0, ge=0)
    """The least time between two messages that hold no alert."""
    most_bytes: int = Field(default=SATELLITE_BYTES, ge=51, le=SATELLITE_BYTES)
    """The longest message, where the contract bills by length."""

    @property
    def terms(self) -> SatelliteTerms:
        return SatelliteTerms(self.hold_s, self.pause_s, self.most_bytes)


def _first_line(path: Path | None, key: str) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"[uplink.cellular] {key}: {path} cannot be read: {error}") from error
