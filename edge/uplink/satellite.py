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
from datetime import UTC, datetime

from edge.listener import Listener
from edge.records import ItemKind
from edge.spool.counters import CountersSpent
from edge.spool.errors import SpoolFull
from edge.spool.items import Priority
from edge.spool.news import Waiting
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing, numbered
from edge.uplink.modem_watch import ModemWatch
from edge.uplink.satellite_letter import Desk, Letter
from edge.uplink.satellite_terms import SatelliteTerms
from edge.uplink.schedule.candidates import FRAME_BYTES
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Tariff
from edge.uplink.schedule.values import DAY_S, ValueClass
from edge.wire.air.kinds import LARGEST_RECORD_BYTES
from edge.wire.air.pack import chosen, packed
from firmware_bridge.errors import BridgeError, MustWait
from firmware_bridge.modem import Modem, Uplink

__all__ = ["SatelliteStage", "SatelliteTerms"]

_LOOKED_AT = 64
"""News among which a message is filled; it holds about ten."""
_BROKEN_S = 300.0
_FULL_S = 5.0
_LOOK_S = 2.0
"""How often it is looked whether a message is due."""
_UNANSWERED_S = 86_400.0
"""News without an answer go into a message again after a day."""
_JOULES = 60.0
"""Of a message: an assumption. A 9602 draws up to 0.19 A at 5 V on average while it sends, and a
session under open sky takes 10 to 60 s."""


class SatelliteStage:
    """A Carrier of news in packs. For one thread.

    ``now`` is a clock in s that nobody sets, ``wall`` the calendar's.
    ``heartbeat`` makes a record of how the station is: it goes along with a message when half of
    its time is over, and alone when all of it is. ``watch`` tells whether the modem is there. Once
    ``stopping`` is set, what the modem breaks off is no trouble.
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
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
        watch: ModemWatch | None = None,
    ) -> None:
        self.name = terms.name
        self._watch = watch or ModemWatch(f"no-{self.name}", spool.ledger, 0.0, stopping, now)
        self._beat_id = f"heartbeat {terms.name}".encode()
        self._news, self._queue, self._room = spool.news, spool.queue, spool.room
        self._hearing, self._open_modem, self._terms = hearing, open_modem, terms
        self._stopping = stopping or threading.Event()
        self._heartbeat = heartbeat
        # Not at once: a station that starts again and again must not spend a message each time.
        self._heartbeat_due_s = now() + (terms.heartbeat_s / 2 or math.inf)
        self._modem: Modem | None = None
        self._listener, self._dispatcher, self._now, self._wall = listener, dispatcher, now, wall
        self._desk = Desk(spool.keepsake(f"letter {terms.name}"))
        self._given_back = False
        self._since_s: dict[bytes, float] = {}
        self._takes = ValueClass.ALERT
        self._busy = False
        self._quiet_until_s = self._look_at_s = float("-inf")
        self._why = ""
        self._last_s: float | None = None
        dispatcher.join(self, terms.windows())
        self._give_back()

    def link(self) -> LinkState:
        wait_s = max(0.0, self._quiet_until_s - self._now())
        return LinkState(
            self.name,
            Form.RADIO,
            payload_bytes=self._terms.most_bytes,
            takes=self._takes,
            tariff=Tariff(FRAME_BYTES, joules=_JOULES),
            budgets=self._terms.price(),
            down=self._why or None if wait_s else None,
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
        if self._now() < max(self._quiet_until_s, self._look_at_s):
            return False
        try:
            modem = self._connected()
            letter = self._due()
            if letter is None:
                self._look_at_s = self._now() + _LOOK_S
                return False
            self._busy = True
            self._exchange(modem, letter)
        except MustWait as error:
            self._rest(error.wait_s)
        except BridgeError as error:
            # Whatever it was, the next time begins with a modem that is asked what it still knows.
            self.close()
            self._watch.met(error)
            if not self._stopping.is_set():
                self._listener.trouble(f"{self.name}: {error}")
            self._rest(_BROKEN_S, str(error))
        except CountersSpent as error:
            self._hearing.spent(error)
            self._rest(DAY_S, str(error))
        except SpoolFull:
            self._room.rescue()
            self._rest(_FULL_S)
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

    def _connected(self) -> Modem:
        """The modem, also before there is anything to send: one that is missing should be known
        while somebody stands beside it. Raises BridgeError."""
        if self._modem is None:
            self._modem = self._watch.connected(self._open_modem)
            self._listener.link(f"connected to the {self.name} modem")
        return self._modem

    def _due(self) -> Letter | None:
        """The message to send now: the one that did not leave, or a new one."""
        open_news = self._open_news()
        kept = self._desk.letter
        if kept is not None:
            lacking = self._lacking(kept)
            if not lacking or len(kept.frame) > self._terms.most_bytes:
                self._desk.clear()
            elif self._is_less_than(open_news, lacking):
                return self._written(open_news) or kept
            else:
                # While another link has all of it in hand, this one may yet be spared.
                elsewhere = self._given_back and lacking <= self._dispatcher.under_way()
                return None if elsewhere else kept
        return self._written(open_news)

    def _lacking(self, letter: Letter) -> set[bytes]:
        """What basecamp still lacks of it."""
        lacking = {item_id for item_id in letter.item_ids if self._news.of(item_id) is not None}
        if self._beat_id in letter.item_ids and self._now() >= self._heartbeat_due_s:
            lacking.add(self._beat_id)
        return lacking

    def _is_less_than(self, open_news: Sequence[Waiting], lacking: set[bytes]) -> bool:
        """Whether an alert came after a message that holds none."""
        alerts = {one.item_id for one in open_news if one.priority is Priority.ALERT}
        return bool(alerts) and not alerts & lacking

    def _written(self, open_news: Sequence[Waiting]) -> Letter | None:
        """The next message, sealed; None where it is worth to wait for more."""
        self._takes = self._least_worth(open_news)
        decision = self._dispatcher.next_for(self.name)
        if decision is None:
            return None
        try:
            letter = self._sealed(decision.offer.candidate.item_id, open_news)
            if letter is not None:
                self._desk.lay(letter)
                self._pay(decision, letter)
        finally:
            self._dispatcher.put_back(self.name)
        return letter

    def _sealed(self, first_id: bytes, open_news: Sequence[Waiting]) -> Letter | None:
        """A message with what was picked first, and all that fits; None where it was told just
        now."""
        contents = {one.item_id: numbered(one) for one in open_news}
        if self._now() >= self._heartbeat_due_s - self._terms.heartbeat_s / 2:
            contents[self._beat_id] = self._heartbeat()
        if first_id not in contents:
            # What has waited longest need not be among the most urgent.
            first = self._news.of(first_id)
            if first is None:
                return None
            contents[first_id] = numbered(first)
        item_ids = sorted(contents, key=lambda item_id: item_id != first_id)
        records = [contents[item_id] for item_id in item_ids]
        places = chosen(records, self._terms.most_bytes)
        frame = self._hearing.sealer.seal(packed([records[place] for place in places]))
        return Letter(frame, tuple(item_ids[place] for place in places))

    def _pay(self, decision: Decision, letter: Letter) -> None:
        self._given_back = False
        self._dispatcher.carried(decision, _UNANSWERED_S)
        self._dispatcher.rode_along(self.name, letter.item_ids[1:], _UNANSWERED_S)
        # What a message costs must not be forgotten; but a full card holds back no alert.
        with suppress(SpoolFull):
            self._dispatcher.save()

    def _open_news(self) -> list[Waiting]:
        """News that are in nobody's hands, most urgent first."""
        under_way = self._dispatcher.under_way()
        found = self._news.waiting(_LOOKED_AT + len(under_way))
        waiting = [one for one in found if one.item_id not in under_way][:_LOOKED_AT]
        known = self._since_s
        ages_s = {} if all(one.item_id in known for one in waiting) else self._ages_s(under_way)
        now_s = self._now()
        self._since_s = {
            one.item_id: known.get(one.item_id, now_s - ages_s.get(one.item_id, 0.0))
            for one in waiting
        }
        return waiting

    def _ages_s(self, under_way: set[bytes]) -> dict[bytes, float]:
        """How long news have waited: also before a reboot, if a clock knows."""
        wall = self._wall()
        queued = self._queue.tellable(_LOOKED_AT, 0, under_way)
        return {one.item_id: max(0.0, (wall - one.queued_at).total_seconds()) for one in queued}

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

    def _exchange(self, modem: Modem, letter: Letter) -> None:
        exchange = modem.exchange(Uplink(letter.frame))
        self._desk.clear()
        if self._given_back:
            self._dispatcher.rode_along(self.name, letter.item_ids, _UNANSWERED_S)
            self._given_back = False
        self._last_s = self._now()
        told = [item_id for item_id in letter.item_ids if item_id != self._beat_id]
        if len(told) < len(letter.item_ids):
            self._heartbeat_due_s = self._last_s + (self._terms.heartbeat_s or math.inf)
            self._dispatcher.answered([self._beat_id])
        kind = ItemKind.SIGHTING if told else ItemKind.HEARTBEAT
        self._listener.sent(kind, None, len(letter.frame))
        self._hearing.said(self.name, told)
        self._hearing.take(self.name, exchange.downlinks)

    def _rest(self, wait_s: float, why: str = "") -> None:
        """The message stays in hand, and what is in it may go over another link meanwhile."""
        self._quiet_until_s, self._why = self._now() + wait_s, why
        self._give_back()

    def _give_back(self) -> None:
        if self._desk.letter is not None:
            self._dispatcher.lost(self._desk.letter.item_ids)
            self._given_back = True
