"""The satellite stage: one costly message for as much news as fits, the most urgent first.

A message costs the same full or empty, so it waits until it is full or its oldest news have waited
long enough; an alert goes at once and takes along what fits. A message that may have arrived is
sent again as it is, so that basecamp recognises it.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from edge.listener import Listener
from edge.records import ItemKind
from edge.spool.counters import CountersSpent
from edge.spool.news import News, Waiting
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing, connected, numbered
from edge.uplink.schedule.candidates import FRAME_BYTES
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Resource, Tariff
from edge.uplink.schedule.values import DAY_S, ValueClass
from edge.uplink.schedule.windows import Window
from edge.wire.air.kinds import LARGEST_RECORD_BYTES
from edge.wire.air.pack import SATELLITE_BYTES, chosen, packed
from firmware_bridge.errors import BridgeError, MustWait
from firmware_bridge.modem import Modem, Uplink

_LOOKED_AT = 64
"""News among which a message is filled; it holds about ten."""
_BROKEN_S = 300.0
_IDLE_S = 2.0
_UNANSWERED_S = 86_400.0
"""News without an answer go into a message again after a day."""
_JOULES = 60.0
"""Of a message: an assumption. A 9602 draws up to 0.19 A at 5 V on average while it sends, and a
session under open sky takes 10 to 60 s."""
_ALERTS_KEPT = 0.2


@dataclass(frozen=True, slots=True)
class SatelliteTerms:
    """``hold_s``: how long news wait for company; ``pause_s``: the least time between messages that
    hold no alert; ``most_bytes``: the longest message; ``day_messages``: the most in a day, a fifth
    of them for alerts alone, 0: no limit; ``heartbeat_s``: how often the station says how it is,
    0: never. ``name`` is what the link is called."""

    hold_s: float = 6 * 3600.0
    pause_s: float = 3600.0
    most_bytes: int = SATELLITE_BYTES
    day_messages: int = 0
    heartbeat_s: float = DAY_S
    name: str = "satellite"

    def windows(self) -> tuple[Window, ...]:
        """The messages of a day, as a budget."""
        if not self.day_messages:
            return ()
        kept = _ALERTS_KEPT * self.day_messages
        name = f"{self.name} messages"
        return (Window(name, Resource.MESSAGES, self.day_messages, DAY_S, kept),)


@dataclass(frozen=True, slots=True)
class _Letter:
    """A sealed message, and the items whose news are in it."""

    frame: bytes = field(repr=False)
    item_ids: tuple[bytes, ...]


class SatelliteStage:
    """A Carrier of news in packs. For one thread; ``now`` is a clock in s that nobody sets.

    ``heartbeat`` makes a record of how the station is: it goes along with a message when half of
    its time is over, and alone when all of it is. Once ``stopping`` is set, what the modem breaks
    off is no trouble.
    """

    def __init__(
        self,
        spool: Spool,
        open_modem: Callable[[], Modem],
        hearing: Hearing,
        heartbeat: Callable[[], bytes],
        terms: SatelliteTerms,
        listener: Listener,
        dispatcher: Dispatcher,
        stopping: threading.Event | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = terms.name
        self._beat_id = f"heartbeat {terms.name}".encode()
        self._news: News = spool.news
        self._hearing, self._open_modem, self._terms = hearing, open_modem, terms
        self._stopping = stopping or threading.Event()
        self._heartbeat = heartbeat
        # Not at once: a station that starts again and again must not spend a message each time.
        self._heartbeat_due_s = now() + (terms.heartbeat_s / 2 or math.inf)
        self._modem: Modem | None = None
        self._listener, self._dispatcher, self._now = listener, dispatcher, now
        self._letter: _Letter | None = None
        self._given_back = False
        self._since_s: dict[bytes, float] = {}
        self._takes = ValueClass.ALERT
        self._busy = False
        self._quiet_until_s = 0.0
        self._last_s: float | None = None
        dispatcher.join(self, terms.windows())

    def link(self) -> LinkState:
        wait_s = max(0.0, self._quiet_until_s - self._now())
        return LinkState(
            self.name,
            Form.RADIO,
            payload_bytes=self._terms.most_bytes,
            takes=self._takes,
            tariff=Tariff(FRAME_BYTES, joules=_JOULES),
            ready_in_s=max(wait_s, float(self._busy)),
        )

    def own(self, now_s: float) -> Sequence[Candidate]:
        late_s = self._now() - self._heartbeat_due_s
        if late_s < 0:
            return ()
        since_s = now_s - late_s
        sizes = {Form.RADIO: LARGEST_RECORD_BYTES}
        kind, value = ItemKind.HEARTBEAT, ValueClass.TELEMETRY
        beat = Candidate(self._beat_id, kind, value, since_s, since_s, sizes, only=self.name)
        return (beat,)

    def step(self) -> bool:
        """Send one message, if it is time for one; whether it was sent."""
        if self._now() < self._quiet_until_s:
            return False
        try:
            self._letter = self._kept() or self._written()
            if self._letter is None:
                self._quiet_until_s = self._now() + _IDLE_S
                return False
            self._busy = True
            self._exchange(self._letter)
        except MustWait as error:
            self._rest(error.wait_s)
        except BridgeError as error:
            # Whatever it was, the next time begins with a modem that is asked what it still knows.
            self.close()
            if not self._stopping.is_set():
                self._listener.trouble(f"{self.name}: {error}")
            self._rest(_BROKEN_S)
        except CountersSpent as error:
            self._hearing.spent(error)
            self._rest(DAY_S)
        else:
            return True
        finally:
            self._busy = False
        return False

    def close(self) -> None:
        if self._modem is not None:
            with suppress(BridgeError):
                self._modem.close()
            self._modem = None

    def _kept(self) -> _Letter | None:
        """The message that did not leave, while basecamp lacks any of it."""
        letter = self._letter
        if letter is None or self._beat_id in letter.item_ids:
            return letter
        return letter if any(map(self._news.of, letter.item_ids)) else None

    def _written(self) -> _Letter | None:
        """The next message, sealed; None where it is worth to wait for more."""
        open_news = self._open_news()
        self._takes = self._least_worth(open_news)
        decision = self._dispatcher.next_for(self.name)
        if decision is None:
            return None
        first_id = decision.offer.candidate.item_id
        contents = {one.item_id: numbered(one) for one in open_news}
        if self._now() >= self._heartbeat_due_s - self._terms.heartbeat_s / 2:
            contents[self._beat_id] = self._heartbeat()
        if first_id not in contents:  # told just now
            return None
        item_ids = sorted(contents, key=lambda item_id: item_id != first_id)
        records = [contents[item_id] for item_id in item_ids]
        places = chosen(records, self._terms.most_bytes)
        frame = self._hearing.sealer.seal(packed([records[place] for place in places]))
        letter = _Letter(frame, tuple(item_ids[place] for place in places))
        self._dispatcher.carried(decision, _UNANSWERED_S)
        self._dispatcher.rode_along(self.name, letter.item_ids[1:], _UNANSWERED_S)
        if self._terms.day_messages:
            self._dispatcher.save()  # what a message costs must not be forgotten
        return letter

    def _open_news(self) -> list[Waiting]:
        """News that are in nobody's hands, most urgent first."""
        under_way = self._dispatcher.under_way()
        found = self._news.waiting(_LOOKED_AT + len(under_way))
        waiting = [one for one in found if one.item_id not in under_way][:_LOOKED_AT]
        since_s, now_s = self._since_s, self._now()
        self._since_s = {one.item_id: since_s.get(one.item_id, now_s) for one in waiting}
        return waiting

    def _least_worth(self, waiting: Sequence[Waiting]) -> ValueClass:
        """The least valuable thing that is worth a message now."""
        now_s, terms = self._now(), self._terms
        if self._last_s is not None and now_s < self._last_s + terms.pause_s:
            return ValueClass.ALERT
        if now_s >= self._heartbeat_due_s:
            return ValueClass.TELEMETRY
        if not waiting:
            return ValueClass.ALERT
        is_full = len(chosen([one.record for one in waiting], terms.most_bytes)) < len(waiting)
        is_late = now_s >= min(self._since_s.values()) + terms.hold_s
        return ValueClass.KNOWN_CAT if is_full or is_late else ValueClass.ALERT

    def _exchange(self, letter: _Letter) -> None:
        if self._modem is None:
            self._modem = connected(self._open_modem)
        exchange = self._modem.exchange(Uplink(letter.frame))
        self._letter = None
        if self._given_back:
            self._dispatcher.rode_along(self.name, letter.item_ids, _UNANSWERED_S)
            self._given_back = False
        self._last_s = self._now()
        told = [item_id for item_id in letter.item_ids if item_id != self._beat_id]
        if len(told) < len(letter.item_ids):
            self._heartbeat_due_s = self._last_s + self._terms.heartbeat_s
            self._dispatcher.answered([self._beat_id])
        kind = ItemKind.SIGHTING if told else ItemKind.HEARTBEAT
        self._listener.sent(kind, None, len(letter.frame))
        self._hearing.said(self.name, told)
        self._hearing.take(self.name, exchange.downlinks)

    def _rest(self, wait_s: float) -> None:
        """The message stays in hand, and what is in it may go over another link meanwhile."""
        self._quiet_until_s = self._now() + wait_s
        if self._letter is not None:
            self._dispatcher.lost(self._letter.item_ids)
            self._given_back = True
