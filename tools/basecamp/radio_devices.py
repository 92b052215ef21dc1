"""Which LoRaWAN device speaks for which station."""

from __future__ import annotations

import re

from edge.errors import ConfigError
from tools.basecamp.database import Database
from tools.basecamp.errors import AlreadyEnrolled, NotEnrolled

_EUI = re.compile("[0-9a-f]{16}")


def parse_eui(text: str) -> str:
    """A device EUI as 16 lower-case hexadecimal digits; networks and labels print it with colons,
    dashes or spaces, too. Raises ConfigError."""
    eui = re.sub("[:. -]", "", text).lower()
    if _EUI.fullmatch(eui) is None:
        raise ConfigError(f"device EUI {text!r}: expected 16 hexadecimal digits")
    return eui


class RadioDevices:
    """A table from device EUI to station. A station may have several: modems are exchanged."""

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
                    f"device {dev_eui} is that of {found[0]}; if its modem was moved: --replace"
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
        """Whether there is a device at all."""
        return bool(self._database.read("SELECT 1 FROM radio_devices LIMIT 1"))
