"""The radio stage: what the scheduler gives to a LoRaWAN modem, one packet at a time.

A modem hears only after it spoke, and what basecamp answers to one frame comes with a later one. So
what was said is said again only after a long while, and any frame may bring the answers to many.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from edge.listener import Listener
from edge.spool.counters import CountersSpent
from edge.spool.errors import SpoolFull
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.hearing import Hearing
from edge.uplink.modem_watch import ModemWatch
from edge.uplink.radio.budget import NEVER_S, AirBudget
from edge.uplink.radio.consumption import TRANSMIT_W, WINDOWS_J
from edge.uplink.radio.crop_sender_rate import takes_crops
from edge.uplink.radio.sayings import (
    HEARTBEAT_ID,
    LONGEST_BYTES,
    NAME,
    RadioTerms,
    Saying,
    Sayings,
    is_narrow,
)
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Tariff
from edge.wire.air.beacon import BEACON_BYTES
from edge.wire.air.frame import OVERHEAD_BYTES
from firmware_bridge.errors import (
    BridgeError,
    JoinFailed,
    LinkLost,
    MustWait,
    NoReply,
    TooLong,
)
from firmware_bridge.modem import Capacity, Modem, Uplink

if TYPE_CHECKING:
    from edge.uplink.radio.crop_sender import CropSender

PORT = 1
PATIENCE_S = 900.0
"""News without an answer are said again after this time, then after twice as long, and so on."""
BROKEN_S = 60.0
"""Longest pause after a modem that does not do what it should: noise on its line passes in seconds,
a wire that broke does not."""
FIRST_BROKEN_S = 5.0
LONGEST_REST_S = 60.0
"""What the regulation forbids now something shorter, or more urgent, may be allowed soon."""
SPENT_S = 86_400.0
LOOK_S = 1.0
"""How often the scheduler is asked where it had nothing: each time it looks through the queue."""
_LEAST_REST_S = 5.0


class RadioStage:
    """A LoRaWAN modem: a Carrier. ``now`` is a clock in s that nobody sets.

    The scheduler plans with what the region leaves; nothing is said that ``budget`` does not
    reserve. ``crops`` answers basecamp's wants, None: no crops go this way. ``watch`` tells whether
    the modem is there. Once ``stopping`` is set, what the modem breaks off is no trouble.
    """

    name = NAME

    def __init__(
        self,
        spool: Spool,
        open_modem: Callable[[], Modem],
        budget: AirBudget,
        hearing: Hearing,
        dispatcher: Dispatcher,
        listener: Listener,
        terms: RadioTerms,
        crops: CropSender | None = None,
        stopping: threading.Event | None = None,
        now: Callable[[], float] = time.monotonic,
        watch: ModemWatch | None = None,
    ) -> None:
        self._watch = watch or ModemWatch(f"no-{NAME}", spool.ledger, 0.0, stopping, now)
        self._room, self._open_modem, self._budget = spool.room, open_modem, budget
        self._hearing, self._dispatcher, self._listener = hearing, dispatcher, listener
        self._sayings = Sayings(spool.news, hearing.sealer, terms, crops, now)
        self._stopping = stopping or threading.Event()
        self._now = now
        self._modem: Modem | None = None
        self._capacity = Capacity(LONGEST_BYTES)  # until a modem tells
        self._refused: frozenset[bytes] = frozenset()
        self._quiet_until_s = self._look_at_s = float("-inf")
        self._why = self._told = ""
        self._broken_s = 0.0
        self._speaking = False
        dispatcher.join(self)

    def step(self) -> bool:
        """Say one thing, if there is one and it may be said now; whether anything moved."""
        if self._now() < self._look_at_s or self._stopping.is_set():
            return False
        # Also while it rests, when nothing is ready for it: `irbis queue` shows what is seen then.
        decision = self._dispatcher.next_for(NAME)
        try:
            return self._seek() if decision is None else self._carry(decision)
        except TooLong:
            return True  # slower than a moment ago: the next step asks, and decides anew
        except JoinFailed as error:
            self._rest(error.wait_s, str(error))
        except MustWait as error:
            self._rest(error.wait_s)
        except BridgeError as error:
            self._watch.met(error)
            self._broken_s = min(max(FIRST_BROKEN_S, 2 * self._broken_s), BROKEN_S)
            self._rest(self._broken_s, str(error))
        except CountersSpent as error:
            self._hearing.spent(error)
            self._rest(SPENT_S)
        except SpoolFull:
            self._room.rescue()
            self._rest(_LEAST_REST_S)
        except Exception:
            self._rest(BROKEN_S)  # a key file that is missing, say: others may carry it meanwhile
            raise
        return False

    def close(self) -> None:
        if self._modem is not None:
            with suppress(BridgeError):
                self._modem.close()
            self._modem = None

    def link(self) -> LinkState:
        capacity = self._capacity
        narrow = is_narrow(capacity.payload_bytes)
        longest = BEACON_BYTES if narrow else LONGEST_BYTES
        rate = self._budget.rate(longest, capacity.data_rate)
        left = self._budget.left(longest, capacity.data_rate)
        rests_s = max(0.0, self._quiet_until_s - self._now())
        busy_s = max(self._budget.busy_s(), float(self._speaking))
        return LinkState(
            NAME,
            Form.RADIO,
            payload_bytes=capacity.payload_bytes,
            splits=self._takes_crops(),
            tariff=Tariff(0 if narrow else OVERHEAD_BYTES, rate, TRANSMIT_W, WINDOWS_J),
            budgets=() if left is None else (left,),
            down=self._why or None if rests_s else None,
            ready_in_s=max(rests_s, busy_s),
            refused=self._refused,
        )

    def own(self, now_s: float) -> Sequence[Candidate]:
        return self._sayings.own(now_s, self._capacity.payload_bytes, self._takes_crops())

    def _takes_crops(self) -> bool:
        """Whether pieces of crops are worth their airtime at the present data rate."""
        capacity = self._capacity
        if capacity.data_rate is None or is_narrow(capacity.payload_bytes):
            return False
        rate = self._budget.rate(capacity.payload_bytes, capacity.data_rate)
        return takes_crops(self._budget.region, rate.index)

    def _seek(self) -> bool:
        """Nothing is to be said; but whether a modem that was missing is back is worth to know."""
        self._look_at_s = self._now() + LOOK_S
        if self._watch.is_sought and self._now() >= self._quiet_until_s:
            self._connected()
        return False

    def _connected(self) -> Modem:
        if self._modem is None:
            self._modem = self._watch.connected(self._open_modem)
            self._listener.link("connected to the LoRaWAN network")
        return self._modem

    def _carry(self, decision: Decision) -> bool:
        modem, before = self._connected(), self._capacity
        now = modem.capacity()
        if not now.payload_bytes:
            self._rest(max(now.wait_s, _LEAST_REST_S))
            return False
        self._capacity = replace(now, wait_s=0.0)
        if self._capacity != before:
            self._refused = frozenset()
            return True  # the scheduler decided on another data rate
        item_id = decision.offer.candidate.item_id
        saying = self._sayings.of(item_id, now.payload_bytes)
        if saying is None:
            return False  # answered, or cancelled, just now
        wait_s = self._budget.reserve(saying.size_bytes, now.data_rate)
        if wait_s == NEVER_S:
            self._refused |= {item_id}
        elif wait_s > 0:
            self._rest(min(wait_s, LONGEST_REST_S))
        return wait_s == 0 and self._say(modem, decision, saying)

    def _say(self, modem: Modem, decision: Decision, saying: Saying) -> bool:
        frame = saying.seal()
        if frame is None:
            self._rest(_LEAST_REST_S)  # cancelled just now, by a word that another link heard
            return False
        self._speaking = True
        try:
            exchange = modem.exchange(Uplink(frame, PORT))
        except BridgeError as error:
            if error.unsent:
                self._budget.give_back()
            elif isinstance(error, NoReply | LinkLost):
                self._said(decision, saying, len(frame))  # it may be on the air
            raise
        finally:
            self._speaking = False
            self._budget.done()
        self._broken_s, self._told = 0.0, ""
        self._said(decision, saying, len(frame))
        self._hearing.take(NAME, exchange.downlinks)
        return True

    def _said(self, decision: Decision, saying: Saying, size_bytes: int) -> None:
        """Only basecamp's word tells that it arrived; until then there is time for that."""
        candidate = decision.offer.candidate
        self._dispatcher.carried(decision, PATIENCE_S)
        if candidate.item_id == HEARTBEAT_ID:
            self._sayings.heartbeat_said()
            self._dispatcher.answered([HEARTBEAT_ID])  # nobody answers it, and it is said once
        elif candidate.only is None:
            self._hearing.said(NAME, [candidate.item_id])
        self._listener.sent(saying.kind, candidate.burst_id, size_bytes)

    def _rest(self, wait_s: float, why: str = "") -> None:
        """Be quiet for a while; with ``why`` because the modem is in trouble."""
        self._quiet_until_s = self._now() + wait_s
        self._why = why
        self._dispatcher.put_back(NAME)
        if why:
            # Whatever it was, the next time begins with a modem that is asked what it still knows.
            self.close()
            if why != self._told and not self._stopping.is_set():
                self._told = why
                self._listener.trouble(f"radio: {why}")
