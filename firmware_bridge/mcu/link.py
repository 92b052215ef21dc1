"""Messages over a port: one request at a time, sent again until it is answered."""

from __future__ import annotations

import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from firmware_bridge.dictionary import BY_NAME, Value
from firmware_bridge.errors import FrameError, NoReply, Refused
from firmware_bridge.framing import END, FrameDecoder
from firmware_bridge.messages import (
    NUMBERS,
    Message,
    Refusal,
    decode,
    encode,
    message,
    reply_type,
)
from firmware_bridge.port import Port

READY = BY_NAME["ready"].type
_REFUSAL = BY_NAME["refusal"].type
_READ_BYTES = 4096

_WAYS_OUT = {
    Refusal.UNKNOWN_MESSAGE: "its firmware does not know this message",
    Refusal.BAD_FIELD: "a value is out of the range that docs/firmware-protocol.md gives",
    Refusal.RTC_UNSET: "its clock was never set: set it first",
    Refusal.WRONG_LINK: "it was greeted by another program meanwhile: connect again",
    Refusal.EXHAUSTED: "the counter is at its end: take another one",
    Refusal.FAILED: "its hardware did not do it",
    Refusal.NEVER_WAKES: "nothing would ever wake the host: give a time, or wake on PIR",
}


class NotGreeted(Refused):
    """The controller does not know this host: it has restarted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The fields of a reply, and when its request went out and it came in, monotonic seconds."""

    fields: dict[str, Any]
    sent_s: float
    received_s: float


class Link:
    """One end of the protocol. For one thread."""

    def __init__(self, port: Port, resend_s: float = 0.25, tries: int = 8) -> None:
        self._port = port
        self._resend_s = resend_s
        self._tries = tries
        self._decoder = FrameDecoder()
        self._arrived: deque[Message] = deque()
        # Not always from 0: an answer that a former program did not fetch may still be under way.
        self._number = secrets.randbelow(NUMBERS)
        self._strange = 0

    @property
    def damaged(self) -> int:
        """Frames that were dropped as damaged, or as no message."""
        return self._decoder.damaged + self._strange

    def discard(self) -> None:
        """Forget what has arrived so far. Raises LinkLost."""
        self._port.discard_input()
        self._decoder.reset()
        self._arrived.clear()

    def send(self, message: Message) -> None:
        """Send ``message`` once. Raises LinkLost."""
        # The zero byte ends whatever garbage lies on the line before it.
        self._port.write(END + encode(message))

    def receive(self, until_s: float) -> Message | None:
        """The next message; None when none came before ``until_s``, monotonic. Raises LinkLost."""
        while not self._arrived:
            left_s = until_s - time.monotonic()
            if left_s <= 0:
                return None
            for payload in self._decoder.feed(self._port.read(_READ_BYTES, left_s)):
                try:
                    self._arrived.append(decode(payload))
                except FrameError:
                    self._strange += 1
        return self._arrived.popleft()

    def ask(
        self, name: str, make: Callable[[], tuple[Value, ...]] = tuple, anew: bool = False
    ) -> Answer:
        """Ask for what the message ``name``, with the fields that ``make`` gives, asks for.

        The same bytes are sent again until an answer comes, and the controller does nothing twice.
        With ``anew``, for what tells a time, each try is a request of its own. Events that come
        meanwhile are left: the controller repeats them.
        Raises NotGreeted, Refused, NoReply, LinkLost.
        """
        request, sent_s = self._new(name, make), time.monotonic()
        for attempt in range(self._tries):
            if anew and attempt:
                request, sent_s = self._new(name, make), time.monotonic()
            self.send(request)
            fields = self._wait_for_reply(request, name)
            if fields is not None:
                return Answer(fields, sent_s, time.monotonic())
        raise NoReply(
            f"the controller did not answer {name!r} in {self._tries * self._resend_s:.1f} s: does"
            " it have power, is this its port, and does its firmware speak this protocol?"
        )

    def _new(self, name: str, make: Callable[[], tuple[Value, ...]]) -> Message:
        self._number = (self._number + 1) % NUMBERS
        return message(name, self._number, *make())

    def _wait_for_reply(self, request: Message, name: str) -> dict[str, Any] | None:
        until_s = time.monotonic() + self._resend_s
        while (came := self.receive(until_s)) is not None:
            if came.type == READY and name != "hello":
                raise NotGreeted("the controller has restarted: connect again", "not-greeted")
            if came.number != request.number:
                continue
            if came.type == _REFUSAL and len(came.values) == 1:
                raise _refused(name, came.values[0])
            if came.type == reply_type(request.type):
                try:
                    return came.fields()
                except FrameError:
                    self._strange += 1
        return None


def _refused(name: str, code: Value) -> Refused:
    if code == Refusal.NOT_GREETED:
        return NotGreeted("the controller has restarted: connect again", "not-greeted")
    try:
        refusal = Refusal(code)  # type: ignore[arg-type]
    except ValueError:
        return Refused(f"the controller refused {name!r} with the unknown code {code!r}", str(code))
    word = refusal.name.lower().replace("_", "-")
    way_out = _WAYS_OUT.get(refusal, "")
    return Refused(f"the controller refused {name!r} ({word}): {way_out}", word)
