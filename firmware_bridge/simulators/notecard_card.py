"""A Notecard's inside: its settings, queues and syncs, without a line to it.

Time is handed in, in seconds. A power cut takes the sync that is under way and nothing else: the
settings and the queues lie in flash.
"""

from __future__ import annotations

import base64
import random
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from firmware_bridge.simulators.coverage import Coverage

Reply = dict[str, Any]
OnNote = Callable[[bytes], None]
_SYNC_S = (15.0, 45.0)
_SEARCH_S = 120.0
_PENALTY_S = 900
_MOST_NOTES = 100
_NOT_SUPPORTED = {"err": "request not supported {not-supported}{io}"}


class Cloud:
    """The card's cloud. For any thread; ``on_note`` runs in the thread of the card."""

    def __init__(self, on_note: OnNote) -> None:
        self.on_note = on_note
        self._lock = threading.Lock()
        self._queue: deque[bytes] = deque()

    def queue(self, payload: bytes) -> None:
        """Keep ``payload`` for the card's next sync."""
        with self._lock:
            self._queue.append(payload)

    def take_all(self) -> list[bytes]:
        """What waited for the card."""
        with self._lock:
            taken = list(self._queue)
            self._queue.clear()
            return taken


class Card:
    """Answers requests. For one thread."""

    def __init__(self, cloud: Cloud, rng: random.Random, coverage: Coverage) -> None:
        self.covered = True
        """False takes the cellular network away, whatever the coverage says."""
        self.fails_with: deque[str] = deque()
        """Codes with which the next syncs end."""
        self.failing_share = 0.0
        self.most_notes = _MOST_NOTES
        self.hub_sets = 0
        self._cloud = cloud
        self._coverage = coverage
        self._random = rng
        self._settings: dict[str, str] = {"product": "", "mode": "periodic"}
        self._out: dict[str, list[bytes]] = {}
        self._in: deque[bytes] = deque()
        self._inbox = "down.qi"
        self._status = "{idle}"
        self._alert = False
        self._requested_s: float | None = None
        self._completed_s: float | None = None
        self._ends_s: float | None = None
        self._penalty_until_s = 0.0

    def answer(self, request: Reply, now_s: float) -> Reply:
        """The reply to ``request``, without what is false or 0."""
        self.advance(now_s)
        handlers: dict[object, Callable[[Reply, float], Reply]] = {
            "card.version": lambda _, __: {"version": "notecard-8.1.3", "sku": "NOTE-WBNA"},
            "card.restart": lambda _, now: self.lose_power(now),
            "hub.get": lambda _, __: dict(self._settings),
            "hub.set": lambda fields, _: self._set(fields),
            "hub.sync": lambda _, now: self._begin(now),
            "hub.sync.status": lambda _, now: self._tell(now),
            "note.add": lambda fields, _: self._add(fields),
            "note.get": lambda fields, _: self._get(fields),
        }
        handler = handlers.get(request.get("req", request.get("cmd")))
        reply = handler(request, now_s) if handler is not None else dict(_NOT_SUPPORTED)
        return {name: value for name, value in reply.items() if value not in (False, 0, "", None)}

    def advance(self, now_s: float) -> None:
        """Let a sync end whose time has come."""
        if self._ends_s is not None and now_s >= self._ends_s:
            self._end(self._ends_s)

    def next_s(self) -> float | None:
        """When the sync that is under way ends."""
        return self._ends_s

    def lose_power(self, now_s: float) -> Reply:
        """Start anew."""
        self._ends_s = None
        self._requested_s = None
        self._status = "{idle}"
        return {}

    @property
    def queued(self) -> int:
        """How many notes wait for a sync."""
        return sum(len(notes) for notes in self._out.values())

    def _set(self, fields: Reply) -> Reply:
        self.hub_sets += 1
        for name in ("product", "mode"):
            if name in fields:
                self._settings[name] = str(fields[name])
        return {}

    def _add(self, fields: Reply) -> Reply:
        file = str(fields.get("file", "data.qo"))
        if not file.endswith((".qo", ".qos")):
            return {"err": "notefile must be a queue {notefile-bad-name}"}
        if self.queued >= self.most_notes:
            return {"err": "notecard storage is full {file-storage-full}"}
        try:
            payload = base64.b64decode(str(fields["payload"]), validate=True)
        except (KeyError, ValueError):
            return {"err": "note needs a payload {incompatible}"}
        self._out.setdefault(file, []).append(payload)
        return {"total": len(self._out[file])}

    def _get(self, fields: Reply) -> Reply:
        if fields.get("file") != self._inbox or not self._in:
            return {"err": "no notes available in queue {note-noexist}"}
        payload = self._in.popleft() if fields.get("delete") else self._in[0]
        return {"payload": base64.b64encode(payload).decode("ascii"), "time": 1_700_000_000}

    def _begin(self, now_s: float) -> Reply:
        self._requested_s = now_s
        if self._ends_s is None and now_s >= self._penalty_until_s:
            self._status = "starting {sync-begin}"
            found = self.covered and self._coverage.there(now_s)
            length_s = self._random.uniform(*_SYNC_S) if found else _SEARCH_S
            self._ends_s = now_s + length_s
        return {}

    def _end(self, now_s: float) -> None:
        self._ends_s = None
        failure = self._failure(now_s)
        self._alert = failure is not None
        if failure is not None:
            self._status = f"sync failed {{{failure}}}"
            if failure.startswith("extended-") or failure == "modem-power-failure":
                self._penalty_until_s = now_s + _PENALTY_S
            return
        self._completed_s = now_s
        self._status = "completed {sync-end}"
        for notes in self._out.values():
            for payload in notes:
                self._cloud.on_note(payload)
            notes.clear()
        self._in.extend(self._cloud.take_all())

    def _failure(self, now_s: float) -> str | None:
        if self.fails_with:
            return self.fails_with.popleft()
        if not self.covered or not self._coverage.there(now_s):
            return "extended-network-failure"
        if self._random.random() < self.failing_share:
            return self._random.choice(("network", "host-unreachable", "sync-error", "ticket"))
        return None

    def _tell(self, now_s: float) -> Reply:
        def ago(then_s: float | None) -> int | None:
            return None if then_s is None else int(now_s - then_s)

        return {
            "status": self._status,
            "mode": "{modem-on}" if self._ends_s is not None else "{modem-off}",
            "alert": self._alert,
            "sync": self.queued > 0,
            "requested": ago(self._requested_s),
            "completed": ago(self._completed_s),
            "seconds": max(0, int(self._penalty_until_s - now_s)),
        }
