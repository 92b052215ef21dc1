"""What a service tells systemd: that it is ready, alive, how it is, and that it stops.

The protocol is sd_notify(3): one datagram of ``NAME=value`` lines to the socket that the
environment names. Where nothing listens, on a desk or in a test, all of it comes to nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from typing import Self

_SEND_S = 1.0
"""A service manager that takes nothing for so long must not hold up a station."""
_STATUS_CHARACTERS = 500
"""systemd drops a datagram of more than 4096 bytes, which these never fill."""


class ServiceManager:
    """The one that started this process, at ``address`` (a path, or ``@name`` for an abstract one).

    Every method says whether the datagram was handed over; none raises, for a station does not end
    because nobody listens. ``watchdog_s`` is how long the manager waits between two signs of life
    before it ends the process; None: it does not wait for any.
    """

    def __init__(self, address: str | None = None, watchdog_s: float | None = None) -> None:
        self._address = address
        self.watchdog_s = watchdog_s

    @classmethod
    def of(cls, environment: Mapping[str, str], pid: int | None = None) -> Self:
        """As systemd told this process: ``NOTIFY_SOCKET``, ``WATCHDOG_USEC``, ``WATCHDOG_PID``.

        Sockets of other kinds (``vsock:``) belong to virtual machines and are not spoken to.
        """
        address = environment.get("NOTIFY_SOCKET", "")
        watched = environment.get("WATCHDOG_PID", "") in ("", str(pid or os.getpid()))
        return cls(
            address if address.startswith(("/", "@")) else None,
            _seconds(environment.get("WATCHDOG_USEC", "")) if watched else None,
        )

    @property
    def present(self) -> bool:
        """Whether a service manager started this process: then nobody reads its words, and it is
        started anew when it ends."""
        return self._address is not None

    def ready(self) -> bool:
        """The station is armed. Until then systemd counts it as starting."""
        return self._tell("READY=1")

    def alive(self) -> bool:
        """A sign of life; due more often than every ``watchdog_s``."""
        return self._tell("WATCHDOG=1")

    def status(self, text: str) -> bool:
        """One line for whoever asks ``systemctl status``."""
        return self._tell(_status(text))

    def stopping(self) -> bool:
        """The station closes, on purpose."""
        return self._tell("STOPPING=1")

    def hung(self, text: str) -> bool:
        """Something hangs for good, as ``text`` says: end this process now and start it anew."""
        return self._tell(_status(text), "WATCHDOG=trigger")

    def _tell(self, *assignments: str) -> bool:
        if self._address is None:
            return False
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.settimeout(_SEND_S)
            line.sendto("\n".join(assignments).encode("utf-8", "replace"), address)
            return True
        return False


def _status(text: str) -> str:
    # A line break would begin an assignment of its own.
    return f"STATUS={' '.join(text.split())[:_STATUS_CHARACTERS]}"


def _seconds(microseconds: str) -> float | None:
    if not (microseconds.isascii() and microseconds.isdecimal()):
        return None
    return int(microseconds) / 1e6 or None
