"""What the region lets this station say: its ledger of air time, kept over reboots."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from edge.uplink.radio.duty import FairUse, Ledger
from edge.uplink.radio.duty_state import DamagedState
from edge.uplink.radio.regions import Region

NEVER_S = 3600.0
"""How soon to ask again for what the region never allows: the data rate may change."""


class Memory(Protocol):
    """A small value that survives a reboot."""

    def load(self) -> bytes | None: ...

    def save(self, state: bytes) -> None: ...


class AirBudget:
    """Air time, asked for before a frame is sent and durable before it is on the air."""

    def __init__(
        self,
        region: Region,
        memory: Memory,
        boot_id: bytes,
        fair_use: FairUse | None = None,
        now_ms: Callable[[], int] = lambda: time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000,
    ) -> None:
        self._region, self._memory, self._boot_id, self._now_ms = region, memory, boot_id, now_ms
        self._ledger = Ledger(region, fair_use=fair_use)
        state = memory.load()
        if state is not None:
            try:
                self._ledger.load(state, now_ms(), boot_id)
            except DamagedState:
                self._save()  # the whole budget counts as spent, and comes back with time

    def reserve(self, payload_bytes: int, data_rate: int | None) -> float:
        """0 when a frame with this payload may be sent now: it then counts as sent. Else how long
        to wait, in s.

        An unknown ``data_rate`` counts as the slowest one.
        """
        now_ms = self._now_ms()
        airtime_ms = self._airtime_ms(payload_bytes, data_rate)
        allowed_ms = self._ledger.next_allowed(airtime_ms, now_ms)
        if allowed_ms is None:
            return NEVER_S
        if allowed_ms > now_ms:
            return (allowed_ms - now_ms) / 1000
        self._ledger.spend(airtime_ms, now_ms)
        self._save()
        return 0.0

    def done(self) -> None:
        """The modem is done with what was reserved last."""
        self._ledger.sent(self._now_ms())
        self._save()

    def _airtime_ms(self, payload_bytes: int, data_rate: int | None) -> float:
        if data_rate is not None:
            return self._region.data_rate(data_rate).airtime_ms(payload_bytes)
        return max(
            rate.airtime_ms(payload_bytes)
            for rate in self._region.data_rates
            if rate.payload_bytes >= payload_bytes
        )

    def _save(self) -> None:
        self._memory.save(self._ledger.to_bytes(self._now_ms(), self._boot_id))
