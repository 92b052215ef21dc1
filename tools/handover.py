"""What a technician hands a station on its boot partition: names, and what ``system.toml`` holds.

The folder ``irbis/`` on the FAT partition holds ``station.toml`` (the configuration), the files it
names, and ``system.toml`` for what the operating system needs. Both ends read this module: the one
that stamps a card, and the station that takes it in.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from edge.errors import ConfigError

if TYPE_CHECKING:
    from edge.config import StationConfig

FOLDER = "irbis"
CONFIG = "station.toml"
SYSTEM = "system.toml"
KEY = "station.key"
IDENTITY = "identity.txt"
PROBLEM = "PROBLEM.txt"

MOST_TEXT_BYTES = 64_000
MOST_FILE_BYTES = 16_000_000
"""The longest file that travels: a catalogue of known individuals has 1.5 MB."""

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""A file name that FAT, Windows and a shell take alike."""

_FOLDER_OF_MODELS = "models"
_HOSTNAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class Wifi(BaseModel):
    """A network that the station joins. Without a password file it is an open one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ssid: str = Field(min_length=1, max_length=32)
    password_file: str | None = None
    country: str | None = None
    """ISO 3166: which channels are lawful."""

    @field_validator("country")
    @classmethod
    def _country_is_a_code(cls, value: str | None) -> str | None:
        if value is not None and re.fullmatch("[A-Z]{2}", value) is None:
            raise ValueError("must be a country's two letters, as in NP")
        return value

    @field_validator("ssid")
    @classmethod
    def _ssid_is_printable(cls, value: str) -> str:
        if not value.isprintable() or len(value.encode()) > 32:
            raise ValueError("must be at most 32 printable letters")
        return value


class SystemSettings(BaseModel):
    """``system.toml``: what the operating system needs to know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hostname: str | None = None
    """Absent: made of the station's id."""
    own_key: bool = False
    """The station makes its own key when it has none, and tells the public half."""
    ssh_keys_file: str | None = None
    """Public keys that may log in, as in ``authorized_keys``."""
    updates_file: str | None = None
    """The certificate of whose updates the card takes (`irbis image keys`)."""
    wifi: Wifi | None = None

    @field_validator("hostname")
    @classmethod
    def _hostname_is_one(cls, value: str | None) -> str | None:
        if value is not None and _HOSTNAME.fullmatch(value) is None:
            raise ValueError("must be small letters, digits and -, up to 63")
        return value

    @model_validator(mode="after")
    def _files_have_plain_names(self) -> Self:
        password = self.wifi.password_file if self.wifi else None
        for name in (self.ssh_keys_file, self.updates_file, password):
            if name is not None and PLAIN_NAME.fullmatch(name) is None:
                raise ValueError(f"{name!r} must be the name of a file beside {SYSTEM}")
        return self


def parse_system(values: object) -> SystemSettings:
    """Raises ConfigError for what does not fit."""
    try:
        return SystemSettings.model_validate(values)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = "; ".join(
            f"{'.'.join(map(str, item['loc'])) or 'all of it'}:"
            f" {item['msg'].removeprefix('Value error, ')}"
            for item in found
        )
        raise ConfigError(f"{SYSTEM}: {problems}") from None


def parse_text(raw: bytes, origin: str) -> str:
    """Text as any editor leaves it: with or without a byte-order mark, lines ended either way.

    Windows' editors of old wrote UTF-16 where asked to save "Unicode"; its mark tells that.
    Raises ConfigError.
    """
    if len(raw) > MOST_TEXT_BYTES:
        raise ConfigError(f"{origin}: {len(raw)} bytes are too many for a text")
    marked_16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = raw.decode("utf-16" if marked_16 else "utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{origin}: is no text; save it as UTF-8") from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse_toml(text: str, origin: str) -> dict[str, Any]:
    """Raises ConfigError, with the line, for what is not TOML."""
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{origin}: cannot be read as TOML: {error}") from None


def files_named(values: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], str]]:
    """Every table and key in ``values`` that names a file: those that end in ``_file``, and the
    catalogue of known individuals."""
    for key, value in values.items():
        if isinstance(value, dict):
            yield from files_named(value)
        elif isinstance(value, str) and (key.endswith("_file") or key == "catalogue"):
            assert isinstance(values, dict)
            yield values, key


def is_text(key: str) -> bool:
    """Whether the file that the setting ``key`` names is read as text; all but a catalogue are."""
    return key != "catalogue"


def is_carried(value: str) -> bool:
    """Whether a file travels in the hand-over; what has a full path lies on the station already."""
    return not PurePosixPath(value).is_absolute()


def require_full_places(config: StationConfig, etc: Path, origin: str) -> None:
    """Raise ConfigError for a folder that would lie beside the configuration in ``etc``, where a
    station may not write."""
    places = {"spool": config.spool.path, "capture": config.capture.path}
    for section, path in places.items():
        if path is not None and path.is_relative_to(etc):
            raise ConfigError(
                f"{origin}: [{section}] path needs its full name; write path ="
                f' "/var/lib/irbis/{path.name}"'
            )


def hostname_for(station: str) -> str:
    """A station's id as a host name: RFC 1123 knows no underscore and no capital."""
    return station.lower().replace("_", "-").strip("-")
