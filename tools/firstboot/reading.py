"""The hand-over on the boot partition, read and held against everything a station needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.config import StationConfig, parse_config
from edge.errors import ConfigError
from edge.security.errors import KeyFileError
from edge.security.keys import BasecampToken, StationKey, StationToken
from tools.firstboot.errors import HandoverError
from tools.firstboot.places import Places
from tools.firstboot.settings import ssh_lines, updates_certificate, wifi_profile
from tools.handover import (
    CONFIG,
    IDENTITY,
    KEY,
    MOST_FILE_BYTES,
    PLAIN_NAME,
    PROBLEM,
    SYSTEM,
    SystemSettings,
    files_named,
    hostname_for,
    is_carried,
    is_text,
    parse_system,
    parse_text,
    parse_toml,
    require_full_places,
)

_OURS = {IDENTITY.lower(), PROBLEM.lower()}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the station is: its id and its public key."""

    station: str
    token: StationToken


@dataclass(frozen=True, slots=True)
class Taken:
    """What is to be installed: ``station`` below /etc/irbis, ``system`` by kind (``hostname``,
    ``wifi``, ``ssh_keys``, ``updates``). ``names`` are the files on the boot partition that it came
    from."""

    station: Mapping[str, bytes]
    system: Mapping[str, bytes]
    names: tuple[str, ...]


def is_waiting(folder: Path) -> bool:
    """Whether a hand-over lies in ``folder``: a configuration, or settings of the system."""
    return any(name.startswith((CONFIG, SYSTEM)) for name in _files(folder))


def read_handover(places: Places) -> Taken:
    """Read and check everything, and change nothing.

    Raises HandoverError, with a sentence for a technician, for the first thing that is wrong.
    """
    files = _files(places.folder)
    for name in (CONFIG, SYSTEM):
        if name not in files and f"{name}.txt" in files:
            raise HandoverError(f"{name}.txt must be called {name}; Windows hides the .txt")
    try:
        station, origin = _station_files(places, files)
        settings = _system_settings(files)
        system = _system_files(places, files, settings, origin)
        if origin is not None:
            _require_key(places, station, origin, settings)
    except (ConfigError, KeyFileError) as error:
        raise HandoverError(str(error)) from None
    except OSError as error:
        raise HandoverError(f"{error.filename}: cannot be read: {error.strerror}") from None
    return Taken(station, system, tuple(sorted(path.name for path in files.values())))


def identity_of(etc: Path) -> Identity:
    """Who the station is by what is installed. Raises HandoverError."""
    try:
        values = parse_toml(parse_text((etc / CONFIG).read_bytes(), CONFIG), CONFIG)
        config = parse_config(values, base=etc)
        if config.station.key_file is None:
            raise HandoverError(f"{CONFIG}: [station] key_file is missing")
        return Identity(config.station.id, StationKey.load(config.station.key_file).token)
    except (ConfigError, KeyFileError, OSError) as error:
        raise HandoverError(str(error)) from None


def _files(folder: Path) -> dict[str, Path]:
    """By small letters, for FAT knows no others; without what macOS and Windows leave behind."""
    if not folder.is_dir():
        return {}
    found = {path.name.lower(): path for path in folder.iterdir() if path.is_file()}
    droppings = {"thumbs.db", "desktop.ini"}
    return {
        name: path
        for name, path in found.items()
        if not name.startswith((".", "~")) and name not in droppings | _OURS
    }


def _station_files(
    places: Places, files: Mapping[str, Path]
) -> tuple[dict[str, bytes], StationConfig | None]:
    """The new configuration with the files it names; the configuration, if there is a new one."""
    if CONFIG not in files:
        return {}, None
    text = parse_text(files[CONFIG].read_bytes(), CONFIG)
    values = parse_toml(text, CONFIG)
    config = parse_config(values, base=places.etc, origin=CONFIG)
    _require_complete(config, places)
    taken: dict[str, bytes] = {}
    for table, key in files_named(values):
        name = _beside(table[key], places.etc)
        if not is_carried(name):
            _require_there(Path(name), f"{key} = {name!r}")
            continue
        if PLAIN_NAME.fullmatch(name) is None or name.lower() in (CONFIG, SYSTEM):
            raise ConfigError(f"{CONFIG}: {key} = {name!r} must be the name of a file beside it")
        if name.lower() in files:
            taken[name] = _content(files[name.lower()], text=is_text(key))
        elif key != "key_file":
            _require_there(places.etc / name, f"{key} = {name!r}")
    taken[CONFIG] = text.encode()
    return taken, config


def _beside(name: str, etc: Path) -> str:
    """The plain name of a file that is named by its full path below the station's own folder."""
    return Path(name).name if Path(name).parent == etc else name


def _require_complete(config: StationConfig, places: Places) -> None:
    if config.station.basecamp is None:
        raise ConfigError(
            f"{CONFIG}: [station] basecamp is missing; `irbis basecamp init` prints it"
        )
    BasecampToken.parse(config.station.basecamp)
    if config.station.key_file is None:
        raise ConfigError(f'{CONFIG}: [station] key_file is missing; write key_file = "{KEY}"')
    require_full_places(config, places.etc, CONFIG)


def _require_there(path: Path, what: str) -> None:
    if not path.is_file() or path.stat().st_size == 0:
        raise ConfigError(f"{CONFIG}: {what} names a file that is missing or empty; put it beside")


def _require_key(
    places: Places, station: dict[str, bytes], config: StationConfig, settings: SystemSettings
) -> None:
    """A key must come along, be there, or may be made; it is put into ``station`` then."""
    assert config.station.key_file is not None
    name = config.station.key_file.name
    if name in station:
        StationKey.parse(station[name].decode(), name)
    elif config.station.key_file.exists():
        StationKey.load(config.station.key_file)
    elif settings.own_key:
        station[name] = f"{StationKey.generate().secret}\n".encode()
    else:
        raise ConfigError(
            f"{name} is missing: put the station's key beside {CONFIG}, or write own_key = true"
            f" into {SYSTEM} to let the station make one"
        )


def _system_settings(files: Mapping[str, Path]) -> SystemSettings:
    if SYSTEM not in files:
        return SystemSettings()
    return parse_system(parse_toml(parse_text(files[SYSTEM].read_bytes(), SYSTEM), SYSTEM))


def _system_files(
    places: Places,
    files: Mapping[str, Path],
    settings: SystemSettings,
    config: StationConfig | None,
) -> dict[str, bytes]:
    def beside(name: str) -> str:
        if name.lower() not in files:
            raise ConfigError(f"{SYSTEM} names {name}, which is missing; put it beside")
        return parse_text(files[name.lower()].read_bytes(), name)

    made: dict[str, bytes] = {}
    values: dict[str, Any] = settings.model_dump()
    hostname = values["hostname"] or (hostname_for(config.station.id) if config else None)
    if hostname is not None:
        made["hostname"] = f"{hostname}\n".encode()
    if settings.ssh_keys_file is not None:
        made["ssh_keys"] = ssh_lines(beside(settings.ssh_keys_file)).encode()
    if settings.updates_file is not None:
        made["updates"] = updates_certificate(beside(settings.updates_file)).encode()
    if settings.wifi is not None:
        if places.wifi is None:
            raise ConfigError(f"{SYSTEM}: this system has no NetworkManager to join a WiFi with")
        word = settings.wifi.password_file
        password = None if word is None else beside(word).split("\n")[0]
        made["wifi"] = wifi_profile(settings.wifi, password, places.wifi).encode()
    return made


def _content(path: Path, *, text: bool) -> bytes:
    if path.stat().st_size > MOST_FILE_BYTES:
        raise ConfigError(f"{path.name}: is too large for a hand-over")
    content = path.read_bytes()
    if not content:
        raise ConfigError(f"{path.name}: is empty; was it copied in full?")
    return parse_text(content, path.name).encode() if text else content
