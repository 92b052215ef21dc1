"""The satellite stage: one costly message for as much news as fits, the most urgent first.

A message costs the same full or empty, so it waits until it is full or its oldest news have waited
long enough; an alert goes at once and takes along what fits. A message that may have arrived is
sent again as it is, so that basecamp recognises it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from edge.listener import Listener
from edge.records import ItemKind
from edge.security.radio_key import RadioKeys
from edge.spool.counters import CountersSpent
from edge.spool.items import Priority
from edge.spool.keepsake import Keepsake
from edge.spool.news import Waiting
from edge.spool.spool import Spool
from edge.wire.air.acknowledgement import decode_radio_acknowledgement
from edge.wire.air.channel import Sealer, open_down
from edge.wire.air.frame import FrameRefused
from edge.wire.air.kinds import SEQUENCE_BYTES, RecordKind, kind_of
from edge.wire.air.pack import SATELLITE_BYTES, chosen, packed
from edge.wire.air.window import Seen
from edge.wire.errors import WireError
from firmware_bridge.errors import BridgeError, MustWait
from firmware_bridge.modem import Downlink, Modem, Uplink

_LOOKED_AT = 64
"""News among which a message is filled; it holds about ten."""
_BROKEN_S = 300.0
_IDLE_S = 60.0
_UNANSWERED_S = 86_400.0
"""News without an answer go into a message again after a day."""


@dataclass(frozen=True, slots=True)
class SatelliteTerms:
    """``hold_s``: how long news wait for company; ``pause_s``: the least time between messages that
    hold no alert; ``most_bytes``: the longest message."""

    hold_s: float = 6 * 3600.0
    pause_s: float = 3600.0
    most_bytes: int = SATELLITE_BYTES


@dataclass(frozen=True, slots=True)
class _Letter:
    """A sealed message, and the numbers of the news in it."""

    frame: bytes = field(repr=False)
    numbers: tuple[int, ...]


class SatelliteStage:
    """For one thread; ``now`` is a clock in s that nobody sets."""

    def __init__(
        self,
        spool: Spool,
        open_modem: Callable[[], Modem],
        keys: RadioKeys,
        terms: SatelliteTerms,
        listener: Listener,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._news, self._ledger = spool.news, spool.ledger
        self._counters = spool.radio_counters(keys.fingerprint)
        self._heard: Keepsake = spool.keepsake(f"radio-heard-{keys.fingerprint.hex()}")
        self._sealer = Sealer(keys, self._counters)
        self._open_modem, self._keys, self._terms = open_modem, keys, terms
        self._modem: Modem | None = None
        self._listener, self._now = listener, now
        self._letter: _Letter | None = None
        self._waiting_since: dict[int, float] = {}
        self._sent_at: dict[int, float] = {}
        self._quiet_until_s = 0.0
        self._last_s: float | None = None

    def step(self) -> bool:
        """Send one message, if it is time for one; whether it was sent."""
        if self._now() < self._quiet_until_s:
            return False
        try:
            letter = self._letter or self._written()
            if letter is None:
                self._quiet_until_s = self._now() + _IDLE_S
                return False
            self._letter = letter
            self._exchange(letter)
        except MustWait as error:
            self._quiet_until_s = self._now() + error.wait_s
        except BridgeError as error:
            self._rest(str(error))
        except CountersSpent as error:
            self._ledger.raise_alarm("radio-keys", str(error))
            self._rest(str(error))
        else:
            return True
        return False

    def close(self) -> None:
        if self._modem is not None:
            with suppress(BridgeError):
                self._modem.close()
            self._modem = None

    def _written(self) -> _Letter | None:
        """The next message, sealed; None where it is worth to wait for more."""
        waiting = self._open_news()
        records = [_numbered(one) for one in waiting]
        places = chosen(records, self._terms.most_bytes)
        picked = [waiting[place] for place in places]
        if not picked or not self._is_due(picked, is_full=len(places) < len(records)):
            return None
        frame = self._sealer.seal(packed([records[place] for place in places]))
        return _Letter(frame, tuple(one.number for one in picked))

    def _open_news(self) -> list[Waiting]:
        """News that were not sent, or so long ago that they may be lost."""
        now_s = self._now()
        sent = {number for number, at_s in self._sent_at.items() if now_s < at_s + _UNANSWERED_S}
        waiting = self._news.waiting(_LOOKED_AT, sent)
        since = self._waiting_since
        self._waiting_since = {one.number: since.get(one.number, now_s) for one in waiting}
        return waiting

    def _is_due(self, picked: list[Waiting], is_full: bool) -> bool:
        if any(one.priority is Priority.ALERT for one in picked):
            return True
        now_s = self._now()
        if self._last_s is not None and now_s < self._last_s + self._terms.pause_s:
            return False
        oldest_s = min(self._waiting_since[one.number] for one in picked)
        return is_full or now_s >= oldest_s + self._terms.hold_s

    def _exchange(self, letter: _Letter) -> None:
        exchange = self._connected().exchange(Uplink(letter.frame))
        self._letter = None
        self._last_s = self._now()
        self._sent_at.update(dict.fromkeys(letter.numbers, self._last_s))
        self._listener.sent(ItemKind.SIGHTING, None, len(letter.frame))
        for downlink in exchange.downlinks:
            self._hear(downlink)

    def _connected(self) -> Modem:
        if self._modem is None:
            modem = self._open_modem()
            try:
                modem.connect()
            except BaseException:
                with suppress(BridgeError):
                    modem.close()
                raise
            self._modem = modem
        return self._modem

    def _hear(self, downlink: Downlink) -> None:
        """Take basecamp's word, and nobody else's; what is not understood changes nothing."""
        try:
            state = self._heard.load()
            seen = Seen() if state is None else Seen.from_bytes(state)
            opened = open_down(downlink.payload, self._keys, seen)
            self._heard.save(opened.seen.to_bytes())
            if kind_of(opened.content) is not RecordKind.ACKNOWLEDGEMENT:
                return
            word = decode_radio_acknowledgement(opened.content)
        except (FrameRefused, WireError) as error:
            self._listener.trouble(f"satellite: a downlink was refused: {error}")
            return
        if self._counters.began(word.key_id) and self._news.told(word.sequences):
            self._listener.acknowledged(ItemKind.SIGHTING, None)
        for number in word.sequences:
            self._sent_at.pop(number, None)

    def _rest(self, why: str) -> None:
        self._quiet_until_s = self._now() + _BROKEN_S
        # Whatever it was, the next time begins with a modem that is asked what it still knows.
        self.close()
        self._listener.trouble(f"satellite: {why}")


def _numbered(item: Waiting) -> bytes:
    """The record with its number, which stands in the same place in every record."""
    number = item.number.to_bytes(SEQUENCE_BYTES, "big")
    return item.record[:1] + number + item.record[1 + SEQUENCE_BYTES :]
