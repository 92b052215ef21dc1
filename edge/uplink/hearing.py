"""A station's end of its radio channel: one for all links that carry sealed frames.

Whichever link brings it, basecamp's word counts once and for all of them: acknowledgements release
news and tell the scheduler, wants go to whoever sends crops.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.radio_key import RadioKeys
from edge.spool.counters import CountersSpent
from edge.spool.errors import SpoolError, SpoolFull
from edge.spool.keepsake import Keepsake
from edge.spool.news import Waiting
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.wire.air.acknowledgement import decode_radio_acknowledgement
from edge.wire.air.answers import parted
from edge.wire.air.channel import Sealer, open_down
from edge.wire.air.downlink import told_by
from edge.wire.air.frame import FrameRefused
from edge.wire.air.kinds import SEQUENCE_BYTES, RecordKind, kind_of
from edge.wire.air.want import Want, decode_want
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from firmware_bridge.errors import BridgeError
from firmware_bridge.modem import Downlink, Modem

TOLD_EVERY_S = 3600.0
"""Refused downlinks are told once in this time: who sends forgeries must not fill the log."""
_MOST_SAID = 1024
HEARTBEAT_NUMBER = 0
"""Of every heartbeat: none is said again, so none needs a number of its own. News begin at 1."""

KEYS_SPENT = "radio-keys"
"""The alarm that stands once no number of a frame is left under the station's key."""

Result = TypeVar("Result")

WantHeard = Callable[[Want, int], None]
"""Takes basecamp's want and the counter of the downlink that brought it."""


class Hearing:
    """Seals what a station says, and takes basecamp's word. Safe to share between threads.

    ``on_want`` takes what basecamp wants of the crops, ``on_time`` a time that it was not before
    when basecamp spoke; ``now`` is a clock in s that nobody sets.
    """

    def __init__(
        self,
        spool: Spool,
        keys: RadioKeys,
        dispatcher: Dispatcher,
        listener: Listener,
        on_want: WantHeard | None = None,
        now: Callable[[], float] = time.monotonic,
        on_time: Callable[[datetime], None] = lambda _: None,
    ) -> None:
        self._spool, self._keys, self._dispatcher = spool, keys, dispatcher
        self._listener, self._on_want, self._now = listener, on_want, now
        self._on_time = on_time
        self._counters = spool.radio_counters(keys.fingerprint)
        self._memory: Keepsake = spool.keepsake(f"radio-heard-{keys.fingerprint.hex()}")
        self.sealer = Sealer(keys, self._counters)
        self._lock = threading.Lock()
        self._said: OrderedDict[bytes, str] = OrderedDict()  # what is unanswered, and its last link
        self._refused = 0
        self._tell_from_s = float("-inf")
        self._forget_spent()

    def said(self, link: str, item_ids: Iterable[bytes]) -> None:
        """``link`` carried news of these. What it or another said before of them came to nothing,
        or to no answer."""
        with self._lock:
            ids = list(item_ids)
            lost = [before for one in ids if (before := self._said.pop(one, None)) is not None]
            self._said.update(dict.fromkeys(ids, link))
            while len(self._said) > _MOST_SAID:  # some were acknowledged over other links
                self._said.popitem(last=False)
        for before in lost:
            self._dispatcher.outcome(before, arrived=False)

    def take(self, link: str, downlinks: Iterable[Downlink]) -> None:
        """Take what ``link`` received. What is forged, came before or is not understood changes
        nothing; what came with a record that is not understood counts. Raises SpoolFull where the
        card has no room to release anything: basecamp says it again."""
        for downlink in downlinks:
            strange: list[FrameRefused | WireError] = []
            try:
                self._take(downlink.payload, strange)
            except (FrameRefused, WireError) as error:
                strange.append(error)
            for one in strange:
                self._tell_of_refusal(link, one)

    def spent(self, error: CountersSpent) -> None:
        """No number is left to say anything with: an alarm, and a line."""
        with suppress(SpoolFull):
            self._spool.ledger.raise_alarm(KEYS_SPENT, str(error))
        self._listener.trouble(str(error))

    def _forget_spent(self) -> None:
        """The alarm of a station key before the present one."""
        ledger = self._spool.ledger
        with suppress(SpoolError, SpoolFull):
            if KEYS_SPENT in ledger.alarms() and not self._counters.are_spent:
                ledger.clear_alarm(KEYS_SPENT)

    def _take(self, payload: bytes, strange: list[FrameRefused | WireError]) -> None:
        released: list[bytes] = []
        try:
            with self._lock:
                opened = open_down(payload, self._keys, self._seen())
                with suppress(SpoolFull):
                    self._on_time(told_by(opened.number.counter))
                for record in parted(opened.content):
                    try:
                        released += self._follow(record, opened.number.counter)
                    except WireError as error:
                        strange.append(error)
                # Only now: what a frame says may be done twice, but must not be forgotten. So a
                # card without room to note that it came does no harm.
                with suppress(SpoolFull):
                    self._memory.save(opened.seen.to_bytes())
        finally:
            self._answered(released)

    def _answered(self, released: list[bytes]) -> None:
        """Basecamp has the news of these. Outside of the lock: the scheduler asks links, and a link
        may be about to speak to us."""
        if not released:
            return
        with self._lock:
            links = [link for one in released if (link := self._said.pop(one, None)) is not None]
        self._dispatcher.answered(released)
        for item in map(self._spool.outbox.item, released):
            self._listener.acknowledged(ItemKind.SIGHTING, None if item is None else item.burst_id)
        for link in links:
            self._dispatcher.outcome(link, arrived=True)

    def _follow(self, record: bytes, counter: int) -> list[bytes]:
        """Do what a record says; the items whose news basecamp has now."""
        kind = kind_of(record)
        if kind is RecordKind.ACKNOWLEDGEMENT:
            word = decode_radio_acknowledgement(record)
            if self._counters.began(word.key_id):
                if HEARTBEAT_NUMBER in word.sequences:
                    self._listener.acknowledged(ItemKind.HEARTBEAT, None)
                return self._with_room(lambda: self._spool.news.told(word.sequences))
        elif kind is RecordKind.WANT and (on_want := self._on_want) is not None:
            want = decode_want(record)
            self._with_room(lambda: on_want(want, counter))
        return []

    def _with_room(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except SpoolFull:
            # Too full even to delete: give up the reserve, and try once more.
            self._spool.room.rescue()
            return work()

    def _seen(self) -> Seen:
        state = self._memory.load()
        return Seen() if state is None else Seen.from_bytes(state)

    def _tell_of_refusal(self, link: str, error: Exception) -> None:
        with self._lock:
            self._refused += 1
            now_s = self._now()
            if now_s < self._tell_from_s:
                return
            self._tell_from_s = now_s + TOLD_EVERY_S
            count, self._refused = self._refused, 0
        text = "a downlink was refused" if count == 1 else f"{count} downlinks were refused, one"
        self._listener.trouble(f"{link}: {text}: {error}")


def numbered(item: Waiting) -> bytes:
    """The record with its number, which stands in the same place in every record."""
    number = item.number.to_bytes(SEQUENCE_BYTES, "big")
    return item.record[:1] + number + item.record[1 + SEQUENCE_BYTES :]


def connected(open_modem: Callable[[], Modem]) -> Modem:
    """A modem that is ready; closed again where it is not. Raises BridgeError."""
    modem = open_modem()
    try:
        modem.connect()
    except BaseException:
        with suppress(BridgeError):
            modem.close()
        raise
    return modem
