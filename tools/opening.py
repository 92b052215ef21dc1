"""Which station can be opened: the configured one in full, or whatever still catches.

At a desk an error is for the person who sits there, and ends the command. Under a service manager
nobody reads it, and a leopard does not wait for somebody who does: then what cannot be used is done
without, with one alarm that says so.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from edge.config import StationConfig
from edge.errors import IrbisError
from edge.listener import Listener
from edge.safe import SafeStation
from edge.spool.errors import SpoolBusy
from edge.spool.rescue import rescue_path, take_back
from edge.station import Station

_log = logging.getLogger("irbis")

OLD_CONFIG = "config-refused"
"""The alarm that stands while the station runs with the configuration it had armed with before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A station that was opened, and not armed yet. ``alarms`` are to stand while it runs, by name;
    ``head`` is the beginning of its status line."""

    config: StationConfig
    station: Station | SafeStation
    head: str
    alarms: dict[str, str]

    @property
    def full(self) -> bool:
        """Whether it judges and sends, too."""
        return isinstance(self.station, Station)

    @property
    def as_configured(self) -> bool:
        """Whether the file as it stands is what armed it in full."""
        return self.full and not self.alarms


@dataclass(frozen=True, slots=True)
class Choice:
    """What there is to open a station with.

    ``config`` is what the file says, or the error with which it was refused; ``kept`` gives the
    last good one, or raises ConfigError. ``safe`` says why only safe mode comes into question.
    """

    config: StationConfig | IrbisError
    kept: Callable[[], StationConfig]
    unattended: bool
    safe: str | None = None


def open_station(choice: Choice, listener: Listener) -> Opened:
    """The first that opens, of those that ``choice`` leaves. Raises what the first of them raised
    when none does, and SpoolBusy where another process is at work.

    Whatever is raised, unattended the next is tried: after a check of the card even a folder may
    stand where a file was.
    """
    refused: IrbisError | None = choice.config if isinstance(choice.config, IrbisError) else None
    for attempt in _attempts(choice, listener):
        try:
            return attempt(refused)
        except SpoolBusy:
            raise
        except IrbisError as error:
            refused = refused or error
        except Exception as error:
            if not choice.unattended:
                raise
            _log.exception("the station cannot be opened so")
            refused = refused or NotOpened(f"the station cannot be opened: {error!r}")
    assert refused is not None
    raise refused


class NotOpened(IrbisError, RuntimeError):
    """Something that nobody thought of kept a station from being opened."""


Attempt = Callable[[IrbisError | None], Opened]
"""Opens a station, told of what was refused before."""


def _attempts(choice: Choice, listener: Listener) -> Iterator[Attempt]:
    configs = [(choice.config, False)] if isinstance(choice.config, StationConfig) else []
    if choice.unattended:
        with suppress(IrbisError):  # what was refused first is what a person must hear of
            if (kept := choice.kept()) != choice.config:
                configs.append((kept, True))
    if choice.safe is None:
        for config, old in configs:
            yield _full(config, old, listener)
    if choice.safe is not None or choice.unattended:
        for config, old in configs:
            yield _safe(config, old, listener, choice.safe)
    if choice.unattended:
        for config, old in configs:
            yield _safe(_rescuing(config), old, listener, choice.safe)


def _full(config: StationConfig, old: bool, listener: Listener) -> Attempt:
    def attempt(refused: IrbisError | None) -> Opened:
        try:
            take_back(config.spool.path)
        except OSError as error:
            listener.trouble(f"what was rescued cannot be taken back yet: {error}")
        head = "armed with the last good configuration" if old else "armed"
        return Opened(config, Station(config, listener), head, _alarm_of(old, refused))

    return attempt


def _safe(config: StationConfig, old: bool, listener: Listener, why: str | None) -> Attempt:
    def attempt(refused: IrbisError | None) -> Opened:
        text = why or f"safe mode: {refused}"
        station = SafeStation(config, listener, text)
        return Opened(config, station, text, _alarm_of(old, refused))

    return attempt


def _alarm_of(old: bool, refused: IrbisError | None) -> dict[str, str]:
    if not old:
        return {}
    return {OLD_CONFIG: f"the last good configuration is in force, for: {refused}"}


def _rescuing(config: StationConfig) -> StationConfig:
    spool = config.spool.model_copy(update={"path": rescue_path(config.spool.path)})
    return config.model_copy(update={"spool": spool})
