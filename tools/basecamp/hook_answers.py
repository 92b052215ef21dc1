"""Sending basecamp's answers back through the carriers, beside the hooks and never in their way.

A carrier waits seconds for its post to be taken, and its own interface may be slow or down, so a
thread sends the answers. It waits a moment first: a Notecard's sync brings several posts, and one
answer tells of all of them. Nothing is lost where an answer is: the next one names its records
again, or the station repeats them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from edge.security.radio_key import RadioKeys
from tools.basecamp.errors import StoreError
from tools.basecamp.hook_client import SendError
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_inbox import Heard
from tools.basecamp.refusals import Refusals

log = logging.getLogger(__name__)

GATHER_S = 5.0
MOST_WAITING = 256
LEAVE_S = 2.0


class Sender(Protocol):
    """Hands downlinks to a carrier. For one thread."""

    def send(self, device: str, frame: bytes) -> None:
        """Have ``frame`` sent to ``device`` when it next listens. Raises SendError."""


@dataclass(frozen=True, slots=True)
class Way:
    """How stations behind one carrier are answered."""

    sender: Sender
    answers: RadioAnswers


@dataclass(frozen=True, slots=True)
class _Call:
    """Somebody who is to be answered."""

    carrier: str
    device: str
    key_id: int


class HookAnswers:
    """Answers from ``start`` to ``stop``, once. ``ask`` is safe from any thread.

    Answers that could not be sent are counted among ``refusals``.
    """

    def __init__(
        self, ways: Mapping[str, Way], refusals: Refusals, gather_s: float = GATHER_S
    ) -> None:
        self._ways = ways
        self._refusals = refusals
        self._gather_s = gather_s
        self._changed = threading.Condition()
        self._waiting: OrderedDict[_Call, tuple[float, RadioKeys]] = OrderedDict()
        self._stopping = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="hook-answers", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let go of what waits. The answer that is being sent may end by itself: nothing is kept of
        it any more."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(LEAVE_S)
            self._thread = None

    def ask(self, carrier: str, device: str, heard: Heard) -> None:
        """Answer ``device`` soon, where there is a way to."""
        if carrier not in self._ways:
            return
        call = _Call(carrier, device, heard.key_id)
        with self._changed:
            if call not in self._waiting and len(self._waiting) < MOST_WAITING:
                self._waiting[call] = (time.monotonic() + self._gather_s, heard.keys)
                self._changed.notify()

    @property
    def waiting(self) -> int:
        """How many are to be answered."""
        with self._changed:
            return len(self._waiting)

    def _run(self) -> None:
        while (found := self._next()) is not None:
            call, keys = found
            try:
                self._answer(call, keys)
            except Exception:
                # Whatever it is, a thread that died of it would leave all stations unanswered.
                log.exception("an answer to %s broke", keys.station)

    def _next(self) -> tuple[_Call, RadioKeys] | None:
        """Wait for whom to answer; None when it is time to stop."""
        with self._changed:
            while not self._stopping:
                if not self._waiting:
                    self._changed.wait()
                    continue
                call, (at_s, keys) = next(iter(self._waiting.items()))
                if (left_s := at_s - time.monotonic()) > 0:
                    self._changed.wait(left_s)
                    continue
                del self._waiting[call]
                return call, keys
        return None

    def _answer(self, call: _Call, keys: RadioKeys) -> None:
        way = self._ways[call.carrier]
        try:
            frame = way.answers.due(keys, call.key_id)
            if frame is None:
                return
            way.sender.send(call.device, frame)
        except (OverflowError, SendError, StoreError) as error:
            reason = f"its answer could not be sent through {call.carrier}"
            if self._refusals.add(keys.station, reason, str(error)):
                log.warning("%s: %s: %s", keys.station, reason, error)
        else:
            log.info("%s: answered through %s (%d bytes)", keys.station, call.carrier, len(frame))
