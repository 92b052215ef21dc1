"""Whether a link's modem is there: one alarm while it is not, for basecamp hears of it otherwise.

What no network, no satellite or no permission is to blame for is no missing modem.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.ledger import Ledger
from edge.uplink.hearing import connected
from firmware_bridge.errors import BridgeError, LinkLost, MustWait, NoReply, Refused
from firmware_bridge.modem import Modem

NO_MODEM = "no-modem"
"""Of a cellular link; that of every other has its name, as ``no-lorawan``."""
MISSING_S = 180.0
"""For cellular: a modem that stumbles, or whose hub does, is back on its bus within a minute."""


class ModemWatch:
    """``alarm`` stands from when the modem has been missing for ``lasting_s``, found so twice or
    more, until it answers; 0: from the first time. For one thread, but for ``missing`` and
    ``was_heard``. An alarm that the card refuses is tried again. Once ``stopping`` is set, what the
    driver breaks off says nothing of the modem."""

    def __init__(
        self,
        alarm: str,
        ledger: Ledger,
        lasting_s: float = 0.0,
        stopping: threading.Event | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.alarm = alarm
        self._ledger, self._lasting_s, self._now = ledger, lasting_s, now
        self._stopping = stopping or threading.Event()
        self._since_s: float | None = None
        self._stands: bool | None = None  # an earlier run may have raised it
        self.missing: str | None = None
        """Why it does not answer; None while it does, or before it was asked."""
        self.was_heard = False
        """Whether it has answered since the start."""
        self.is_sought = False
        """Whether it is worth to open it although there is nothing to say."""

    def lost(self, why: str) -> None:
        """It does not answer, again or still."""
        now_s = self._now()
        if self._since_s is None:
            self._since_s = now_s
        self.missing, self.is_sought = why, True
        if not self._stands and now_s - self._since_s >= self._lasting_s:
            with suppress(SpoolFull, CardFailing):
                self._ledger.raise_alarm(self.alarm, why)
                self._stands = True

    def found(self) -> None:
        """It answers."""
        self.missing, self.was_heard, self._since_s = None, True, None
        self.is_sought = False
        if self._stands is not False:
            with suppress(SpoolFull, CardFailing):
                self._ledger.clear_alarm(self.alarm)
                self._stands = False

    def met(self, error: BridgeError) -> None:
        """Its driver raised this in the middle of things. A port that is gone is a modem that is
        gone; whether one that fell silent is there, the next try to open it tells."""
        if self._stopping.is_set():
            return
        if isinstance(error, LinkLost):
            self.lost(str(error))
        elif isinstance(error, NoReply):
            self.is_sought = True

    def connected(self, open_modem: Callable[[], Modem]) -> Modem:
        """A modem that is ready. Raises BridgeError."""
        try:
            modem = connected(open_modem)
        except (LinkLost, NoReply) as error:
            if not self._stopping.is_set():
                self.lost(str(error))
            raise
        except MustWait:
            raise  # that may be our own word
        except Refused:
            self.found()  # it says no: it is there
            raise
        self.found()
        return modem
