"""Which modem speaks for which station.

A LoRaWAN device is known by its EUI, 16 hexadecimal digits; a Notecard by its DeviceUID,
``dev:...``; an Iridium modem by ``imei:`` and 15 digits. All of them lie in one column.
"""

from __future__ import annotations

import re

from edge.errors import ConfigError
from tools.basecamp.database import Database
from tools.basecamp.errors import AlreadyEnrolled, NotEnrolled

_EUI = re.compile("[0-9a-f]{16}")
NOTECARD_PREFIX = "dev:"
_IMEI_PREFIX = "imei:"
_NOTECARD = re.compile(r"dev:[0-9A-Za-z][0-9A-Za-z_.:-]{0,63}")
_IMEI = re.compile("[0-9]{15}")
_HOOKED = "(dev_eui LIKE 'dev:%' OR dev_eui LIKE 'imei:%')"


class DeviceRefused(ConfigError):
    """What was given is no such device's number."""


def parse_eui(text: str) -> str:
    """A device EUI as 16 lower-case hexadecimal digits; networks and labels print it with colons,
    dashes or spaces, too. Raises DeviceRefused."""
    eui = re.sub("[:. -]", "", text).lower()
    if _EUI.fullmatch(eui) is None:
        raise DeviceRefused(f"device EUI {text!r}: expected 16 hexadecimal digits")
    return eui


def parse_notecard(text: str) -> str:
    """A Notecard's DeviceUID, as Notehub shows it. Raises DeviceRefused."""
    if _NOTECARD.fullmatch(text) is None:
        raise DeviceRefused(
            f"Notecard {text!r}: expected its DeviceUID, such as dev:860322068012345"
        )
    return text


def parse_imei(text: str) -> str:
    """An Iridium modem's IMEI, ``imei:`` before its 15 digits. Raises DeviceRefused."""
    digits = re.sub("[ -]", "", text)
    if _IMEI.fullmatch(digits) is None:
        raise DeviceRefused(f"IMEI {text!r}: expected 15 digits")
    return _IMEI_PREFIX + digits


def number_of(device: str) -> str:
    """A device's number as its carrier knows it."""
    return device.removeprefix(_IMEI_PREFIX)


def option_of(device: str) -> str:
    """How `irbis basecamp radio` is told of this device."""
    if device.startswith(_IMEI_PREFIX):
        return f"--imei {number_of(device)}"
    return f"--notecard {device}" if device.startswith(NOTECARD_PREFIX) else f"--dev-eui {device}"


class RadioDevices:
    """A table from device to station. A station may have several: modems are exchanged."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def assign(self, dev_eui: str, station: str, *, replace: bool = False) -> None:
        """Take what the device sends for ``station``'s. Raises NotEnrolled, and AlreadyEnrolled
        where the device is another station's."""
        with self._database.transaction() as connection:
            known = connection.execute("SELECT 1 FROM stations WHERE id = ?", (station,)).fetchone()
            if known is None:
                raise NotEnrolled(
                    f"station {station} is not enrolled: irbis basecamp enrol {station} TOKEN"
                )
            found = connection.execute(
                "SELECT station FROM radio_devices WHERE dev_eui = ?", (dev_eui,)
            ).fetchone()
            if found is not None and found[0] != station and not replace:
                raise AlreadyEnrolled(
                    f"device {number_of(dev_eui)} is that of {found[0]}; if its modem was moved:"
                    " --replace"
                )
            connection.execute(
                "INSERT INTO radio_devices VALUES (?, ?)"
                " ON CONFLICT (dev_eui) DO UPDATE SET station = excluded.station",
                (dev_eui, station),
            )

    def station_of(self, dev_eui: str) -> str | None:
        """Whose device this is; None for a stranger's."""
        rows = self._database.read(
            "SELECT station FROM radio_devices WHERE dev_eui = ?", (dev_eui,)
        )
        return rows[0][0] if rows else None

    def any(self) -> bool:
        """Whether there is a LoRaWAN device at all."""
        return bool(self._database.read(f"SELECT 1 FROM radio_devices WHERE NOT {_HOOKED} LIMIT 1"))

    def any_hooked(self) -> bool:
        """Whether there is a device at all whose cloud posts what it sends."""
        return bool(self._database.read(f"SELECT 1 FROM radio_devices WHERE {_HOOKED} LIMIT 1"))
