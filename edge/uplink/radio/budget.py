"""What the region lets this station say: its ledger of air time, kept over reboots."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Protocol

from edge.spool.errors import SpoolFull
from edge.uplink.radio.duty import FairUse, Ledger
from edge.uplink.radio.duty_state import DamagedState
from edge.uplink.radio.regions import DataRate, Region, UnknownRegion
from edge.uplink.schedule.airtime import airtime_budget, busy_s
from edge.uplink.schedule.situation import Budget

NEVER_S = math.inf
"""What the region never allows at this data rate."""


class Memory(Protocol):
    """A small value that survives a reboot."""

    def load(self) -> bytes | None: ...

    def save(self, state: bytes) -> None: ...


class AirBudget:
    """Air time, asked for before a frame is sent and durable before it is on the air.

    An unknown data rate counts as the slowest one. Safe to share between threads.
    """

    def __init__(
        self,
        region: Region,
        memory: Memory,
        boot_id: bytes,
        fair_use: FairUse | None = None,
        now_ms: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
    ) -> None:
        self.region = region
        self._memory, self._boot_id, self._now_ms = memory, boot_id, now_ms
        self._fair_use = fair_use
        self._lock = threading.Lock()
        self._ledger = Ledger(region, fair_use=fair_use)
        self._before: Ledger | None = None
        """As it was before what was reserved last; None once that may be on the air."""
        state = memory.load()
        if state is not None:
            try:
                self._ledger.load(state, now_ms(), boot_id)
            except DamagedState:
                self._save()  # the whole budget counts as spent, and comes back with time

    def reserve(self, payload_bytes: int, data_rate: int | None) -> float:
        """0 when a frame with this payload may be sent now: it then counts as sent. Else how long
        to wait, in s; NEVER_S where waiting does not help. Raises SpoolFull, and nothing counts."""
        airtime_ms = self.rate(payload_bytes, data_rate).airtime_ms(payload_bytes)
        with self._lock:
            now_ms = self._now_ms()
            allowed_ms = self._ledger.next_allowed(airtime_ms, now_ms)
            if allowed_ms is None:
                return NEVER_S
            if allowed_ms > now_ms:
                return (allowed_ms - now_ms) / 1000
            before = deepcopy(self._ledger)
            self._ledger.spend(airtime_ms, now_ms)
            try:
                self._save()
            except SpoolFull:
                # It is not sent: a card that stays full must not use up the hour.
                self._ledger = before
                raise
            self._before = before
        return 0.0

    def give_back(self) -> None:
        """What was reserved last never was on the air, nor a request to join: a modem is sure."""
        with self._lock:
            if self._before is not None:
                self._ledger, self._before = self._before, None
                with suppress(SpoolFull):  # what was saved before says that it was sent
                    self._save()

    def done(self) -> None:
        """The modem is done with what was reserved last, or nobody knows whether it is."""
        with self._lock:
            self._ledger.sent(self._now_ms())
            self._before = None
            with suppress(SpoolFull):  # what was saved before says that it is still on the air
                self._save()

    def join_wait_s(self, airtime_s: float) -> float:
        """How long a request to join must wait, in s; 0 where the region sets no hourly limit."""
        with self._lock:
            now_ms = self._now_ms()
            allowed_ms = self._ledger.next_allowed(airtime_s * 1000, now_ms)
        return 0.0 if allowed_ms is None else (allowed_ms - now_ms) / 1000

    def joins(self, airtime_s: float) -> None:
        """A modem is about to send a request to join. Raises SpoolFull: then it must not."""
        with self._lock:
            before, self._before = deepcopy(self._ledger), None
            self._ledger.charge(airtime_s * 1000, self._now_ms())
            try:
                self._save()
            except SpoolFull:
                self._ledger = before
                raise
            self._before = before

    def rate(self, payload_bytes: int, data_rate: int | None) -> DataRate:
        """The data rate with this index, or the slowest one that carries ``payload_bytes``."""
        if data_rate is not None:
            with suppress(UnknownRegion):
                return self.region.data_rate(data_rate)
        rates = self.region.data_rates
        carrying = [rate for rate in rates if rate.payload_bytes >= payload_bytes]
        return max(carrying or rates, key=lambda rate: rate.airtime_ms(payload_bytes))

    def left(self, payload_bytes: int, data_rate: int | None) -> Budget | None:
        """What may be said now in frames of ``payload_bytes``, for the scheduler; None where
        nothing limits it. A plan: the law is ``reserve``."""
        frame_ms = self.rate(payload_bytes, data_rate).airtime_ms(payload_bytes)
        with self._lock:
            return airtime_budget(
                self._ledger, self.region, self._now_ms(), frame_ms, self._fair_use
            )

    def busy_s(self) -> float:
        """How long the present transmission still lasts, as far as is known."""
        with self._lock:
            return busy_s(self._ledger, self._now_ms())

    def _save(self) -> None:
        self._memory.save(self._ledger.to_bytes(self._now_ms(), self._boot_id))
