"""Which frames were received already: a window for each key id, as values that can be stored.

A receiver stores the new state together with what the frame brought, in one transaction; then a
frame that comes again, even years later and after a crash of the receiver, is refused.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from edge.wire.air.frame import COUNTERS, KEY_IDS, FrameRefused, Number, Reason
from edge.wire.errors import WireError

WIDTH = 256
"""Frames may overtake each other by so many; what comes later still is refused as too old."""
_VERSION = 1
_ENTRY = struct.Struct(">BI32s")


@dataclass(frozen=True, slots=True)
class ReplayWindow:
    """The highest counter that was received under one key, -1 before any, and which of the
    ``WIDTH`` up to it: bit i of ``seen`` is the counter ``highest - i``."""

    highest: int = -1
    seen: int = 0

    def refusal(self, counter: int) -> Reason | None:
        """Why a frame with this counter is refused; None where it is new."""
        behind = self.highest - counter
        if behind < 0:
            return None
        if behind >= WIDTH:
            return Reason.TOO_OLD
        return Reason.REPLAYED if self.seen >> behind & 1 else None

    def marked(self, counter: int) -> ReplayWindow:
        """The window after a new, authentic frame with this counter."""
        behind = self.highest - counter
        if behind >= 0:
            return ReplayWindow(self.highest, self.seen | 1 << behind)
        seen = (self.seen << -behind | 1) if -behind < WIDTH else 1
        return ReplayWindow(counter, seen & ((1 << WIDTH) - 1))


@dataclass(frozen=True, slots=True)
class Seen:
    """What one receiver has had from one sender: a window for each key id that was used."""

    windows: Mapping[int, ReplayWindow] = field(default_factory=dict)

    def window(self, key_id: int) -> ReplayWindow:
        return self.windows.get(key_id, ReplayWindow())

    def check(self, number: Number) -> None:
        """Raises FrameRefused (REPLAYED, TOO_OLD)."""
        reason = self.window(number.key_id).refusal(number.counter)
        if reason is not None:
            raise FrameRefused(
                reason,
                f"radio frame {number.counter} under key id {number.key_id}"
                + (" came before" if reason is Reason.REPLAYED else " is too old to be told apart"),
            )

    def marked(self, number: Number) -> Seen:
        """The state after a new, authentic frame."""
        window = self.window(number.key_id).marked(number.counter)
        return Seen({**self.windows, number.key_id: window})

    def to_bytes(self) -> bytes:
        """At most 2369 bytes, whatever was received: the version, then 37 bytes for each key id."""
        return bytes((_VERSION,)) + b"".join(
            _ENTRY.pack(key_id, window.highest, window.seen.to_bytes(WIDTH // 8, "big"))
            for key_id, window in sorted(self.windows.items())
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> Seen:
        """What ``to_bytes`` wrote. Raises WireError."""
        if data[:1] != bytes((_VERSION,)) or len(data) % _ENTRY.size != 1:
            raise WireError("replay windows: not a state that this version stores")
        windows: dict[int, ReplayWindow] = {}
        for key_id, highest, seen in _ENTRY.iter_unpack(data[1:]):
            window = ReplayWindow(highest, int.from_bytes(seen, "big"))
            in_order = max(windows, default=-1) < key_id < KEY_IDS
            if not in_order or highest >= COUNTERS or not window.seen & 1:
                raise WireError(f"replay windows: the one of key id {key_id} is damaged")
            windows[key_id] = window
        return cls(windows)
