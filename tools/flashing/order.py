"""What a station is to become, and the files that tell it so."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import tomli_w

from edge.config import STATION_ID, parse_config
from edge.errors import ConfigError
from edge.security.keys import BasecampToken, StationKey, StationToken
from tools.firstboot.settings import ssh_lines, updates_certificate, wifi_profile
from tools.flashing.errors import StampError
from tools.handover import (
    CONFIG,
    IDENTITY,
    KEY,
    MOST_FILE_BYTES,
    PLAIN_NAME,
    PROBLEM,
    SYSTEM,
    Wifi,
    files_named,
    is_carried,
    is_text,
    parse_system,
    parse_text,
    parse_toml,
)

STATE = PurePosixPath("/var/lib/irbis")
"""Where an installed station writes; relative places of a template come to lie below it."""

_SSH_KEYS, _UPDATES, _PASSWORD = "authorized_keys", "updates.pem", "wifi.password"
_RESERVED = {
    name.lower()
    for name in (CONFIG, SYSTEM, KEY, IDENTITY, PROBLEM, _SSH_KEYS, _UPDATES, _PASSWORD)
}
_WORD = re.compile(r"[a-z_]+(\.[a-z_]+)*")


@dataclass(frozen=True, slots=True)
class WifiOrder:
    ssid: str
    password_file: Path | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """What one station is to become.

    ``template`` is a configuration to start from; ``settings`` are keys with dots
    (``uplink.username``) and their values as text. Files are looked for beside ``folder``. A key is
    given; or ``own_key``: the station makes its own; or ``keep_key``: it has one and keeps it.
    """

    station: str
    template: Path | None = None
    basecamp: str | None = None
    settings: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    key: StationKey | None = None
    own_key: bool = False
    keep_key: bool = False
    hostname: str | None = None
    ssh_keys: Path | None = None
    updates: Path | None = None
    wifi: WifiOrder | None = None


@dataclass(frozen=True, slots=True)
class Handover:
    """The files of ``irbis/``, ``station.toml`` last: it makes the others count. ``token`` is the
    public key, None where the station makes its own."""

    station: str
    files: Mapping[str, bytes]
    token: StationToken | None


def make_handover(order: Order) -> Handover:
    """Raises StampError or ConfigError for anything that no station could arm with."""
    if re.fullmatch(STATION_ID, order.station) is None:
        raise StampError(
            f"station {order.station!r}: a name of letters, digits, - and _, up to 32, never a"
            " place"
        )
    files: dict[str, bytes] = {}
    values = _values(order, files)
    system = _system(order, files)
    if order.key is not None:
        files[KEY] = _text(f"{order.key.secret}\n")
    elif not (order.own_key or order.keep_key):
        raise StampError(f"{order.station}: has no key; give one, or let the station make its own")
    if system:
        files[SYSTEM] = _text(tomli_w.dumps(system))
    head = f"# Station {order.station}, for its first boot. See docs/technician.md of Irbis.\n\n"
    files[CONFIG] = _text(head + tomli_w.dumps(values))
    return Handover(order.station, files, order.key.token if order.key else None)


def _values(order: Order, files: dict[str, bytes]) -> dict[str, Any]:
    """The configuration; files that it names are put into ``files`` under plain names."""
    values: dict[str, Any] = {}
    if order.template is not None:
        values = parse_toml(_read_text(order.template), str(order.template))
        _carry(values, order.template.parent, files)
    given: dict[str, Any] = {}
    for key, text in order.settings.items():
        _set(given, key, text)
    _carry(given, order.folder, files)
    _merge(values, given)
    _put_name(values, order.station)
    station = values.setdefault("station", {})
    station |= {"id": order.station, "key_file": KEY}
    station["basecamp"] = _basecamp(order.basecamp or station.get("basecamp"))
    _place(values, "capture", "path", "incoming")
    _place(values, "spool", "path", "spool")
    parse_config(values, base=Path("/etc/irbis"), origin=f"the configuration of {order.station}")
    return values


def _basecamp(word: object) -> str:
    if not word:
        raise StampError(
            "no basecamp to seal the pictures to: --basecamp TOKEN, the word that"
            " `irbis basecamp init` printed"
        )
    return str(BasecampToken.parse(str(word)))


def _set(values: dict[str, Any], key: str, text: str) -> None:
    """``uplink.lorawan.dev_eui`` = text, in tables that are made where missing."""
    if _WORD.fullmatch(key) is None or "." not in key:
        raise StampError(f"{key!r}: name a setting with its section, as in uplink.broker")
    *sections, last = key.split(".")
    table = values
    for section in sections:
        table = table.setdefault(section, {})
    table[last] = _typed(text)


def _typed(text: str) -> object:
    """Numbers, truth values and lists as TOML writes them; everything else, long runs of digits
    (device numbers) among it, is text."""
    if text.isdigit() and len(text) > 11:
        return text
    try:
        value: object = tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text
    return value if isinstance(value, bool | int | float | list) else text.strip("\"'")


def _merge(values: dict[str, Any], given: Mapping[str, Any]) -> None:
    for key, value in given.items():
        if isinstance(value, dict):
            _merge(values.setdefault(key, {}), value)
        else:
            values[key] = value


def _carry(values: dict[str, Any], folder: Path, files: dict[str, bytes]) -> None:
    """Read the files that ``values`` names and let it name them as they will lie on the station."""
    if "models" in values.get("triage", {}):
        raise StampError("[triage] models: a folder of models belongs into the image, not here")
    for table, key in files_named(values):
        if table is values.get("station") or not is_carried(table[key]):
            continue
        table[key] = _add(files, folder / table[key], text=is_text(key))


def _add(files: dict[str, bytes], path: Path, *, text: bool) -> str:
    """As the first boot reads it: what it would refuse is refused while it can be mended."""
    content = _read(path)
    if not content:
        raise StampError(f"{path}: is empty")
    if text:
        parse_text(content, str(path))
    name = path.name
    if PLAIN_NAME.fullmatch(name) is None:
        raise StampError(f"{path}: rename it; a boot partition takes letters, digits, . - and _")
    if name.lower() in _RESERVED:
        raise StampError(f"{path}: rename it; the boot partition has a {name} of its own")
    # FAT knows no capitals.
    namesake = next((known for known in files if known.lower() == name.lower()), name)
    if namesake != name or files.get(name, content) != content:
        raise StampError(f"{path}: another file is also called {namesake}; rename one of them")
    files[name] = content
    return name


def _put_name(values: dict[str, Any], station: str) -> None:
    """``{station}`` in a template's text becomes the station's id."""
    for key, value in values.items():
        if isinstance(value, dict):
            _put_name(value, station)
        elif isinstance(value, str):
            values[key] = value.replace("{station}", station)


def _place(values: dict[str, Any], section: str, key: str, default: str) -> None:
    """The service writes below its state folder alone."""
    table = values.setdefault(section, {})
    if section == "capture" and table.get("camera", "folder") != "folder" and key not in table:
        return
    path = PurePosixPath(str(table.get(key, default)))
    table[key] = str(path if path.is_absolute() else STATE / path.name)


def _system(order: Order, files: dict[str, bytes]) -> dict[str, Any]:
    system: dict[str, Any] = {}
    if order.hostname is not None:
        system["hostname"] = order.hostname
    if order.own_key:
        system["own_key"] = True
    if order.ssh_keys is not None:
        system["ssh_keys_file"] = _SSH_KEYS
        files[_SSH_KEYS] = _text(ssh_lines(_read_text(order.ssh_keys)))
    if order.updates is not None:
        system["updates_file"] = _UPDATES
        files[_UPDATES] = _text(updates_certificate(_read_text(order.updates)))
    if order.wifi is not None:
        wifi: dict[str, Any] = {"ssid": order.wifi.ssid}
        if order.wifi.password_file is not None:
            wifi["password_file"] = _PASSWORD
            files[_PASSWORD] = _wifi_password(order.wifi.password_file)
        if order.wifi.country is not None:
            wifi["country"] = order.wifi.country.upper()
        system["wifi"] = wifi
    parse_system(system)
    return system


def _wifi_password(path: Path) -> bytes:
    word = _read_text(path).split("\n")[0]
    wifi_profile(Wifi(ssid="any", password_file=str(path)), word, Path())
    return _text(word + "\n")


def _text(text: str) -> bytes:
    """Lines ended as every editor, that of Windows too, shows them."""
    return text.replace("\n", "\r\n").encode()


def _read_text(path: Path) -> str:
    return parse_text(_read(path), str(path))


def _read(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StampError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > MOST_FILE_BYTES:
        raise ConfigError(f"{path}: {len(content)} bytes are too many for the boot partition")
    return content
