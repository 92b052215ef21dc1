"""Tells in a few lines what happens to each burst, and adds up what it cost."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field

from edge.listener import Listener
from edge.records import Burst, ItemKind, Judgement


@dataclass
class Tally:
    """What one run added up to."""

    frames: int = 0
    picture_bytes: int = 0
    fates: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    sent_bytes: int = 0


class Narrator(Listener):
    """Prints one line a burst, and one more when basecamp has all of a burst that goes on air.

    ``name_of`` gives the burst's name by its id.
    """

    def __init__(self, name_of: dict[str, str]) -> None:
        self._name_of = name_of
        self._lock = threading.Lock()  # three stages speak, each from a thread of its own
        self._bytes_of: Counter[str] = Counter()
        self._open_items: dict[str, int] = {}
        self._early: Counter[str] = Counter()
        self.tally = Tally()

    def captured(self, burst: Burst) -> None:
        with self._lock:
            self.tally.frames += len(burst.frames)
            self.tally.picture_bytes += sum(len(frame.data) for frame in burst.frames)

    def settled(
        self, burst_id: str, judgement: Judgement, kept: bool, audited: bool, items: int
    ) -> None:
        fate = _fate(judgement, kept, audited)
        frames = len(judgement.frames)
        with self._lock:
            self.tally.fates[fate] += 1
            self._open_items[burst_id] = items - self._early.pop(burst_id, 0)
            print(
                f"  {self._name(burst_id):<22} {frames} frame{'s' if frames != 1 else ' '}"
                f"  {fate:<22} {judgement.verdict.reason}",
                flush=True,
            )
            self._tell_if_delivered(burst_id)

    def sent(self, kind: ItemKind, burst_id: str | None, size_bytes: int) -> None:
        with self._lock:
            self.tally.sent_bytes += size_bytes
            if burst_id is not None:
                self._bytes_of[burst_id] += size_bytes

    def acknowledged(self, kind: ItemKind, burst_id: str | None) -> None:
        with self._lock:
            self.tally.items[kind.value] += 1
            if burst_id is None:
                return
            if burst_id not in self._open_items:  # basecamp was faster than our own next line
                self._early[burst_id] += 1
                return
            self._open_items[burst_id] -= 1
            self._tell_if_delivered(burst_id)

    def link(self, state: str) -> None:
        self._print(f"  uplink: {state}")

    def trouble(self, text: str) -> None:
        self._print(f"  ! {text}")

    def _print(self, line: str) -> None:
        with self._lock:
            print(line, flush=True)

    def _tell_if_delivered(self, burst_id: str) -> None:
        if self._open_items[burst_id] == 0 and self._bytes_of[burst_id]:
            print(
                f"  {self._name(burst_id):<22} -> sealed, sent, acknowledged by basecamp:"
                f" {self._bytes_of[burst_id]:,} bytes on air",
                flush=True,
            )

    def _name(self, burst_id: str) -> str:
        return self._name_of.get(burst_id, burst_id[:8])


def _fate(judgement: Judgement, kept: bool, audited: bool) -> str:
    kind = judgement.verdict.observation_type.value
    if judgement.verdict.target:
        return "LEOPARD, kept"
    if audited:
        return f"{kind}, kept for audit"
    return f"{kind}, kept" if kept else f"{kind}, dropped"
