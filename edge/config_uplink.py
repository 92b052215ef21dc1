"""The section ``[uplink]`` of a station's configuration: the ways to basecamp.

Every value has its unit and its default here. What is made of them stands with each link.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

LEAST_LIMIT_BYTES = 90_000
"""A limit of data below this is a slip of the unit: ten sessions that do nothing but connect."""

MOST_SATELLITE_BYTES = 340
"""What an Iridium modem of the 9602 family takes in one message."""


class Section(BaseModel):
    """A table of the file: no key that is not known, and nothing changes later."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Lorawan(Section):
    """A LoRaWAN modem on a serial port: news in packets of 51 bytes."""

    port: Path
    """``/dev/serial0``, ``/dev/ttyUSB0``, ..."""
    modem: Literal["rak3172", "wio-e5"] = "rak3172"
    region: Literal["EU868", "RU864", "IN865", "US915", "CN470", "AS923", "AS923-dwell"] = "EU868"
    dev_eui: str
    """16 hexadecimal digits, printed on the modem."""
    join_eui: str = "0000000000000000"
    app_key_file: Path
    """File with the AppKey in hexadecimal, for this user's eyes alone."""
    heartbeat_s: float = Field(default=21_600.0, ge=60)
    fair_use: bool = False
    """Keep to The Things Network's 30 s a day."""
    crop_bytes: int = Field(default=2048, ge=0)
    """The longest picture that is made for this radio; 0: no pictures over it."""

    @field_validator("dev_eui", "join_eui")
    @classmethod
    def _eui_is_hexadecimal(cls, value: str) -> str:
        if re.fullmatch("[0-9A-Fa-f]{16}", value) is None:
            raise ValueError("must be 16 hexadecimal digits, without anything between them")
        return value


class Cellular(Section):
    """Sessions over a cellular modem, or over any network with a bill. The broker of ``[uplink]``
    is reached in them alone."""

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
    give_address: bool = False
    """Address the modem's interface, where neither NetworkManager nor a DHCP client does."""
    uploads: str | None = None
    """``https://host[:port]/uploads``, as ``irbis basecamp serve`` prints it. Absent: crops and
    evidence go over MQTT, and begin anew after each cut."""
    ca_file: Path | None = None
    """PEM file of the authority that signed the upload server's certificate; the system's own
    authorities when absent."""
    publish_bytes: int = Field(default=2048, ge=0)
    """Items above this are uploaded, smaller ones go over MQTT."""
    every_s: float = Field(default=3600.0, gt=0)
    """The time between two sessions when nothing is urgent. An alert waits for nothing, a new cat
    for a quarter of an hour at most."""
    session_s: float = Field(default=900.0, gt=0)
    session_bytes: int = Field(default=0, ge=0)
    """The most one session may use; 0: what the day has left."""
    day_bytes: int = Field(default=5_000_000, ge=0)
    """The most that goes over the network in a day (UTC), both ways, headers included; 0: no
    limit. A twentieth is kept for alerts."""
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


class Satellite(Section):
    """News of a few bytes over a satellite modem."""

    port: Path
    """``/dev/serial0``, ``/dev/ttyUSB0``, ..."""
    modem: Literal["iridium", "notecard"] = "iridium"
    product: str | None = Field(default=None, min_length=1)
    """A Notecard's product, as Notehub calls it."""
    hold_s: float = Field(default=6 * 3600.0, ge=0)
    """How long sightings wait until a message is full. An alert waits for nothing."""
    pause_s: float = Field(default=3600.0, ge=0)
    """The least time between two messages that hold no alert."""
    most_bytes: int = Field(default=MOST_SATELLITE_BYTES, ge=51, le=MOST_SATELLITE_BYTES)
    """The longest message, where the contract bills by length."""
    day_messages: int = Field(default=0, ge=0)
    """The most in a day, a fifth of them kept for alerts; 0: no limit."""
    heartbeat_s: float = Field(default=86_400.0, ge=0)
    """How often the station says how it is, if it can along with news; 0: never."""

    @model_validator(mode="after")
    def _notecard_has_a_product(self) -> Satellite:
        if self.modem == "notecard" and self.product is None:
            raise ValueError('a notecard needs product = "...", its ProductUID at Notehub')
        return self


class Uplink(Section):
    """The way to basecamp."""

    broker: str | None = None
    """``mqtt://host[:port]`` or ``mqtts://host[:port]``; absent: nothing is sent."""
    username: str | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    """PEM file of the authority that signed the broker's certificate."""
    window: int = Field(default=8, ge=1, le=256)
    """Items under way at once."""
    ack_timeout_s: float = Field(default=60.0, gt=0)
    """An item that basecamp has not acknowledged within this time is sent again."""
    backoff_max_s: float = Field(default=300.0, gt=0)
    heartbeat_s: float = Field(default=900.0, gt=0)
    descriptor_max_bytes: int = Field(default=0, ge=0)
    """Coat descriptors up to this size go along with a sighting; 1009 takes the shorter one."""
    lorawan: Lorawan | None = None
    cellular: Cellular | None = None
    satellite: Satellite | None = None

    @field_validator("broker")
    @classmethod
    def _broker_is_mqtt(cls, value: str | None) -> str | None:
        if value is not None:
            parts = urlsplit(value)
            if parts.username is not None or parts.password is not None:
                raise ValueError("must not hold a password; use username and password_file")
            # Reading ``port`` raises the ValueError of a port that is not one.
            named = parts.hostname and parts.port != 0 and parts.path in ("", "/")
            if parts.scheme not in ("mqtt", "mqtts") or not named:
                raise ValueError("must look like mqtt://host:1883 or mqtts://host:8883")
        return value

    @model_validator(mode="after")
    def _cellular_has_a_broker(self) -> Uplink:
        if self.cellular is not None and self.broker is None:
            raise ValueError("cellular needs a broker to speak to; name it in [uplink] broker")
        return self

    def based(self, folder: Path) -> Uplink:
        """With relative paths taken from ``folder``."""
        changed: dict[str, object] = _at(self, folder, "password_file", "ca_file")
        if self.lorawan is not None:
            paths = _at(self.lorawan, folder, "app_key_file")
            changed["lorawan"] = self.lorawan.model_copy(update=paths)
        if self.cellular is not None:
            paths = _at(self.cellular, folder, "password_file", "pin_file", "ca_file")
            changed["cellular"] = self.cellular.model_copy(update=paths)
        return self.model_copy(update=changed)


def _at(section: Section, folder: Path, *names: str) -> dict[str, object]:
    paths = {name: getattr(section, name) for name in names}
    return {name: folder / path for name, path in paths.items() if path is not None}
