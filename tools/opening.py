"""Which station can be armed: the configured one in full, or whatever still catches.

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
from edge.safe import ALARM as SAFE
from edge.safe import SECONDS, TIMES, SafeStation
from edge.spool.errors import SpoolBusy
from edge.spool.ledger import Ledger
from edge.spool.rescue import Told, rescue_path, take_back, told_in_rescue
from edge.station import Station

_log = logging.getLogger("irbis")

OLD_CONFIG = "config-refused"
"""The alarm that stands while the station runs with the configuration it had armed with before."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A station that is armed: close it. ``alarms`` are to stand while it runs, by name; ``head``
    begins its status line."""

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
    """What there is to arm a station with.

    ``config`` is what the file says, or the error with which it was refused; ``kept`` gives the
    last good one, or raises ConfigError. ``safe`` says why only safe mode comes into question;
    ``speaks_first`` that the start before this one did not last, and its alarms are to go out
    before anything that may end this one too.
    """

    config: StationConfig | IrbisError
    kept: Callable[[], StationConfig]
    unattended: bool
    safe: str | None = None
    speaks_first: bool = False


def open_station(choice: Choice, listener: Listener) -> Opened:
    """The first that opens and arms, of those that ``choice`` leaves. Raises what the first of them
    raised when none does, and SpoolBusy where another process is at work.

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
            _log.exception("the station cannot be armed so")
            refused = refused or NotOpened(f"the station cannot be armed: {error!r}")
    assert refused is not None
    raise refused


class NotOpened(IrbisError, RuntimeError):
    """Something that nobody thought of kept a station from being armed."""


Attempt = Callable[[IrbisError | None], Opened]
"""Opens and arms a station, told of what was refused before."""


def _attempts(choice: Choice, listener: Listener) -> Iterator[Attempt]:
    configs = [(choice.config, False)] if isinstance(choice.config, StationConfig) else []
    if choice.unattended:
        with suppress(IrbisError):  # what was refused first is what a person must hear of
            if (kept := choice.kept()) != choice.config:
                configs.append((kept, True))
    if choice.safe is None:
        for config, old in configs:
            yield _full(config, old, listener, choice.speaks_first)
    if choice.safe is not None or choice.unattended:
        for config, old in configs:
            yield _safe(config, old, listener, choice.safe)
    if choice.unattended:
        for config, old in configs:
            yield _safe(_rescuing(config), old, listener, choice.safe)


def _full(config: StationConfig, old: bool, listener: Listener, speaks_first: bool) -> Attempt:
    is_woken = config.power is not None and config.power.mode == "woken"  # up for its budget alone
    first_s = config.daemon.speak_first_s if speaks_first and not is_woken else 0.0

    def attempt(refused: IrbisError | None) -> Opened:
        told = told_in_rescue(config.spool.path)
        try:
            take_back(config.spool.path)
        except OSError as error:
            listener.trouble(f"what was rescued cannot be taken back yet: {error}")
            told = None
        head = "armed with the last good configuration" if old else "armed"
        station = Station(config, listener, speak_first_s=first_s)
        if told is not None:
            with suppress(IrbisError):  # an alarm less is no reason not to arm
                _pass_on(told, station.spool.ledger)
        _arm(station)
        return Opened(config, station, head, _alarm_of(old, refused))

    return attempt


def _safe(config: StationConfig, old: bool, listener: Listener, why: str | None) -> Attempt:
    def attempt(refused: IrbisError | None) -> Opened:
        text = why or f"safe mode: {refused}"
        station = SafeStation(config, listener, text)
        _arm(station)
        return Opened(config, station, text, _alarm_of(old, refused))

    return attempt


def _pass_on(told: Told, ledger: Ledger) -> None:
    """What a safe mode that could not write into the spool has to tell basecamp."""
    ledger.count({name: told.counters.get(name, 0) for name in (TIMES, SECONDS)})
    if SAFE in told.alarms:
        ledger.raise_alarm(SAFE, told.alarms[SAFE])


def _arm(station: Station | SafeStation) -> None:
    """Raises what arming raises, and leaves nothing of the station behind then."""
    try:
        station.arm()
    except BaseException:
        try:
            station.close()
        except Exception:  # what kept it from being armed is the news
            _log.exception("it cannot be closed either")
        raise


def _alarm_of(old: bool, refused: IrbisError | None) -> dict[str, str]:
    if not old:
        return {}
    return {OLD_CONFIG: f"the last good configuration is in force, for: {refused}"}


def _rescuing(config: StationConfig) -> StationConfig:
    spool = config.spool.model_copy(update={"path": rescue_path(config.spool.path)})
    return config.model_copy(update={"spool": spool})
