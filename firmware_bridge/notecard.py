"""Blues Notecard, a cellular modem with a store of its own, over a UART at 9600 baud: the driver.

A note is added to an outgoing queue in the card's flash; a sync carries the queue to the cloud and
brings what waited there into an incoming queue. A note that was added stays in the card until a
sync takes it, whatever happens to the host, so the driver never adds one twice that it knows there.
The card calls nobody by itself (mode *minimum*): the host decides when energy is spent.

After a NoReply from ``exchange`` the note may be in the card, or not; the same uplink given again
may then arrive twice.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from firmware_bridge.errors import LinkLost, MustWait, NoReply, NotJoined, Refused, TooLong
from firmware_bridge.modem import Capacity, Delivery, Downlink, Exchange, Uplink
from firmware_bridge.notecard_codes import DOCUMENTED, Advice, Tag
from firmware_bridge.notecard_link import NotecardLink, NotecardTiming
from firmware_bridge.notecard_sync import Progress, judge_sync
from firmware_bridge.port import Port

__all__ = ["Notecard", "NotecardSettings", "NotecardState", "NotecardTiming"]

BAUD = 9600
# What a note without a template carries, by Blues' reference.
MOST_PAYLOAD_BYTES = 250
_MOST_QUEUED = 32
_MOST_DOWNLINKS = 16
_FIRST_WAIT_S = 60.0
_LONGEST_WAIT_S = 3600.0
# Looks at a sync of which the card knows nothing: it has started anew meanwhile.
_FORGOTTEN = 2
# A sync makes room again.
_FULL = {"full", "file-storage-full", "file-write-failure", "note-max"}


class NotecardState(Enum):
    """Where the card stands, as far as the driver knows."""

    OFFLINE = "offline"
    """Not connected, or the port was lost. ``connect`` leads to READY."""
    READY = "ready"
    """No note of ours waits in the card. A new uplink leads to QUEUED."""
    QUEUED = "queued"
    """Notes wait in the card's flash for the next sync. A sync that took them leads to READY."""
    SYNCING = "syncing"
    """A sync is under way, or was when the card fell silent. Its end leads to READY or QUEUED."""


@dataclass(frozen=True, slots=True)
class NotecardSettings:
    """Which project of the cloud the card belongs to, and which queues carry the payloads."""

    product: str
    """The project's ProductUID, such as ``org.example.ridge:traps``."""
    outbox: str = "up.qo"
    inbox: str = "down.qi"


class Notecard:
    """A Modem on cellular. For one thread. A MustWait leaves the note in the card."""

    def __init__(
        self,
        port: Port,
        settings: NotecardSettings,
        *,
        timing: NotecardTiming | None = None,
        rng: random.Random | None = None,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """``clock`` measures the back-off, ``pause`` waits, both in seconds."""
        self._settings = settings
        self._timing = timing or NotecardTiming()
        self._clock = clock
        self._pause = pause
        self._link = NotecardLink(port, self._timing, rng or random.Random(), pause)
        self.state = NotecardState.OFFLINE
        self._queued: list[bytes] = []
        self._arrived: list[bytes] = []
        self._heard: list[Downlink] = []
        self._failures = 0
        self._until_s = clock()

    def connect(self) -> None:
        """Make the card ready; one that is set up already is left as it is. See Modem."""
        with self._noticing_loss():
            self._link.reset()
            self._meet()
            self._set_up()
            self.state = NotecardState.QUEUED if self._queued else NotecardState.READY

    def capacity(self) -> Capacity:
        """What can be sent now. See Modem."""
        with self._noticing_loss():
            self._ready()
            wait_s = max(self._until_s - self._clock(), self._sync_status().penalty_s)
            if wait_s > 0:
                return Capacity(0, wait_s)
            return Capacity(MOST_PAYLOAD_BYTES)

    def exchange(self, uplink: Uplink | None) -> Exchange:
        """Add a note and sync. See Modem. Refused and NotJoined name the card's own code.

        After MustWait give the same uplink again to hear what became of it.
        """
        _check_length(uplink)
        with self._noticing_loss():
            self._ready()
            if uplink is not None and uplink.payload in self._arrived:
                # It went with a sync that was meant for another.
                self._arrived.remove(uplink.payload)
                return Exchange(Delivery.CONFIRMED, self._downlinks())
            wait_s = self._until_s - self._clock()
            if wait_s > 0:
                raise MustWait(f"the last sync failed: try again in {wait_s:.0f} s", wait_s)
            if uplink is not None:
                self._add(uplink.payload)
            self._sync()
            self._settle(uplink)
            delivery = Delivery.NOTHING if uplink is None else Delivery.CONFIRMED
            return Exchange(delivery, self._downlinks())

    def close(self) -> None:
        """Release the port; what is queued in the card stays there."""
        self.state = NotecardState.OFFLINE
        self._link.close()

    def _ready(self) -> None:
        if self.state is NotecardState.OFFLINE:
            self.connect()

    def _meet(self) -> None:
        """Hear the card say what it is, with one restart if it only answers empty lines."""
        with contextlib.suppress(NoReply):
            self._link.transact({"req": "card.version"}, retries=2)
            return
        # Blues warns of the data that restarts cost: so it comes last, and once.
        self._link.command({"cmd": "card.restart"})
        self._pause(self._timing.restart_s)
        self._link.reset()
        self._link.transact({"req": "card.version"})

    def _set_up(self) -> None:
        wanted = {"product": self._settings.product, "mode": "minimum"}
        now = self._link.transact({"req": "hub.get"})
        # A setting that is written again costs the card a write to its flash, and a session.
        if any(now.get(name) != value for name, value in wanted.items()):
            self._link.transact({"req": "hub.set", **wanted})

    def _add(self, payload: bytes) -> None:
        if payload in self._queued:
            return
        if len(self._queued) >= _MOST_QUEUED or not self._found_room(payload):
            self._sync()
            self._settle(None)
            if not self._found_room(payload):
                self._refuse("full", "the card has no room for a note, not even after a sync")
        self._queued.append(payload)
        self.state = NotecardState.QUEUED

    def _found_room(self, payload: bytes) -> bool:
        """Add a note; False where the card is full."""
        text = base64.b64encode(payload).decode("ascii")
        try:
            self._link.transact({"req": "note.add", "file": self._settings.outbox, "payload": text})
        except Refused as error:
            if error.code in _FULL:
                return False
            self._refuse(error.code, str(error))
        return True

    def _sync(self) -> None:
        """Ask for a sync and see it through. Raises MustWait, NotJoined, Refused, NoReply."""
        try:
            self._link.transact({"req": "hub.sync"})
            self.state = NotecardState.SYNCING
            progress = self._watch_sync()
        except Refused as error:
            self._refuse(error.code, str(error))
        except NoReply:
            self._fail(0.0)
            raise
        if progress.failure is not None:
            self.state = NotecardState.QUEUED if self._queued else NotecardState.READY
            self._refuse(progress.failure, f"the sync failed: {progress.text}", progress.penalty_s)

    def _watch_sync(self) -> Progress:
        deadline_s = time.monotonic() + self._timing.sync_s
        unasked = 0
        while time.monotonic() < deadline_s:
            self._pause(self._timing.poll_s)
            progress = self._sync_status()
            if progress.over:
                return progress
            unasked = 0 if progress.asked else unasked + 1
            if unasked >= _FORGOTTEN:
                self._link.transact({"req": "hub.sync"})
                unasked = 0
        raise NoReply(
            f"a sync did not end in {self._timing.sync_s:.0f} s ({progress.text}): the card goes"
            " on by itself and keeps its notes, try again later"
        )

    def _sync_status(self) -> Progress:
        return judge_sync(self._link.transact({"req": "hub.sync.status"}))

    def _settle(self, uplink: Uplink | None) -> None:
        """Note what a sync took."""
        self._failures = 0
        self._until_s = self._clock()
        self.state = NotecardState.READY
        others = [one for one in self._queued if uplink is None or one != uplink.payload]
        self._arrived = (self._arrived + others)[-_MOST_QUEUED:]
        self._queued = []

    def _refuse(self, code: str, message: str, penalty_s: float = 0.0) -> None:
        tag = DOCUMENTED.get(code, Tag(code, "a code that Blues has not documented", Advice.PERSON))
        text = f"{message} ({tag.meaning})"
        if tag.advice is Advice.ACCOUNT:
            raise NotJoined(text, code)
        if tag.advice is Advice.WAIT:
            wait_s = self._fail(max(tag.wait_s, penalty_s))
            raise MustWait(f"{text}; try again in {wait_s:.0f} s", wait_s, code)
        raise Refused(text, code)

    def _fail(self, least_s: float) -> float:
        """A sync failed: the wait that follows doubles with each, up to an hour."""
        wait_s = min(_FIRST_WAIT_S * 2.0**self._failures, _LONGEST_WAIT_S)
        self._failures = min(self._failures + 1, 10)
        wait_s = max(wait_s, least_s)
        self._until_s = self._clock() + wait_s
        return wait_s

    def _downlinks(self) -> tuple[Downlink, ...]:
        """What the incoming queue holds. A delivery stands, whatever fails here."""
        look = {"req": "note.get", "file": self._settings.inbox}
        with contextlib.suppress(NoReply, Refused):
            while len(self._heard) < _MOST_DOWNLINKS:
                payload = _payload(self._link.transact(look))
                if payload is not None:
                    self._heard.append(Downlink(payload))
                # First looked at, then taken out, and that only once: a reply that is lost on the
                # way doubles a downlink at worst.
                self._link.transact({**look, "delete": True}, retries=0)
        heard, self._heard = self._heard, []
        return tuple(heard)

    @contextlib.contextmanager
    def _noticing_loss(self) -> Iterator[None]:
        try:
            yield
        except LinkLost:
            self.state = NotecardState.OFFLINE
            raise


def _payload(note: dict[str, Any]) -> bytes | None:
    """The note's payload; None where it has none, or none that can be read."""
    try:
        return base64.b64decode(str(note["payload"]), validate=True)
    except (KeyError, ValueError, binascii.Error):
        return None


def _check_length(uplink: Uplink | None) -> None:
    if uplink is None:
        return
    size = len(uplink.payload)
    if size > MOST_PAYLOAD_BYTES:
        raise TooLong(
            f"{size} bytes: a Notecard carries {MOST_PAYLOAD_BYTES} in a note", MOST_PAYLOAD_BYTES
        )
    if size == 0:
        raise Refused("a note needs a payload: exchange None to look for downlinks", "empty")
