"""Requests to a Notecard over a port: handshake, segments, retries.

Why not Blues' note-python: it opens the line itself, prints what went wrong and raises plain
``Exception``, so that a caller cannot tell a full card from a lost one; it retries every request,
also those that must not be done twice; and it brings a lock file under a fixed path. What it knows
about the protocol's timing is used here, with its numbers.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from firmware_bridge.errors import FrameError, NoReply, Refused
from firmware_bridge.notecard_codes import HEARTBEAT, Advice, gravest, tags
from firmware_bridge.notecard_json import SEQUENCE_MODULUS, decode, encode
from firmware_bridge.port import Port

SEGMENT_BYTES = 250
_READ_BYTES = 512
_MOST_LINE_BYTES = 16_384
_HANDSHAKES = 10
_RETRIES = 5
# As many as a UART's and an operating system's buffers can hold; then something floods the line.
_MOST_STALE_READS = 64
# Heartbeats of a long request, late replies, empty lines: after so many the card only babbles.
_MOST_OTHER_LINES = 256


@dataclass(frozen=True, slots=True)
class NotecardTiming:
    """How long the driver waits, in seconds. The first three are note-python's."""

    reply_s: float = 30.0
    """For the first byte of a reply."""
    line_s: float = 1.0
    """For the next byte of a line that has begun."""
    segment_s: float = 0.25
    """After 250 bytes: the card's input buffer is small, and has no flow control."""
    quiet_s: float = 0.25
    """Silence that ends a handshake in which anything else was heard."""
    noise_s: float = 0.1
    """For the next byte of what is no reply; and silence after a clean handshake."""
    retry_s: float = 0.5
    """Before a request is said again."""
    poll_s: float = 2.0
    """Between two looks at a sync."""
    sync_s: float = 300.0
    """For a sync: a modem without coverage searches for minutes."""
    restart_s: float = 10.0
    """For a card to restart."""


class NotecardLink:
    """The line to one card. For one thread."""

    def __init__(
        self,
        port: Port,
        timing: NotecardTiming,
        rng: random.Random,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._port = port
        self._timing = timing
        self._pause = pause
        # Not 0: a card knows a repeated request by its number, and may remember one of the
        # program that ran here before.
        self._sequence = rng.randrange(SEQUENCE_MODULUS)
        self._in_step = False
        self._checks = False

    def reset(self) -> None:
        """Bring both ends in step: an empty line is answered by an empty line alone.

        Raises NoReply, LinkLost.
        """
        self._in_step = False
        for _ in range(_HANDSHAKES):
            self._port.write(b"\n")
            heard = self._drain()
            if heard and not heard.strip(b"\r\n"):
                self._in_step = True
                return
        raise NoReply(
            f"the Notecard did not answer {_HANDSHAKES} empty lines: is it switched on, and does"
            " the line run at 9600 baud?"
        )

    def command(self, fields: Mapping[str, object]) -> None:
        """Say what the card does not answer. Raises LinkLost, NoReply."""
        if not self._in_step:
            self.reset()
        self._send(encode(fields))

    def transact(self, fields: Mapping[str, object], retries: int = _RETRIES) -> dict[str, Any]:
        """Say a request and return its reply.

        A garbled request or reply is repeated up to ``retries`` times, under the same sequence
        number, by which a card knows that it has done it already. Raises Refused, whose code is
        the gravest tag of the card's ``err``, NoReply (it may have been done) and LinkLost.
        """
        sequence = self._sequence
        self._sequence = (sequence + 1) % SEQUENCE_MODULUS
        request, name = encode(fields, sequence), fields.get("req", "?")
        trouble: Exception | str = "no reply"
        for attempt in range(retries + 1):
            if attempt and self._in_step:  # else the handshake is the pause
                self._pause(self._timing.retry_s)
            try:
                if not self._in_step:
                    self.reset()
                self._send(request)
                reply = self._reply(sequence)
            except (NoReply, FrameError) as error:
                self._in_step, trouble = False, error
                continue
            message = str(reply.get("err", ""))
            if not message:
                return reply
            tag = gravest(message)
            if tag is None or tag.advice is not Advice.RETRY:
                code = tag.name if tag is not None else next(iter(tags(message)), "")
                raise Refused(f"the Notecard refused {name}: {message[:200]}", code)
            trouble = message[:200]
        raise NoReply(f"the Notecard did not answer {name} in {retries + 1} attempts ({trouble})")

    def close(self) -> None:
        """Release the port."""
        self._port.close()

    def _send(self, line: bytes) -> None:
        self._discard()
        for start in range(0, len(line), SEGMENT_BYTES):
            if start:
                self._pause(self._timing.segment_s)
            self._port.write(line[start : start + SEGMENT_BYTES])

    def _reply(self, sequence: int) -> dict[str, Any]:
        """The reply to ``sequence``, past heartbeats and replies to earlier requests."""
        for _ in range(_MOST_OTHER_LINES):
            raw = self._line()
            if not raw.strip():
                continue
            line = decode(raw)
            if HEARTBEAT in tags(str(line.fields.get("err", ""))):
                continue
            if line.sequence is None and self._checks:
                raise FrameError("a reply without its checksum, which this card always gives")
            if line.sequence not in (None, sequence):
                continue
            self._checks = line.sequence is not None
            return line.fields
        raise FrameError(f"{_MOST_OTHER_LINES} lines, and no reply among them: noise?")

    def _line(self) -> bytes:
        line = bytearray()
        wait_s = self._timing.reply_s
        while True:
            byte = self._port.read(1, wait_s)
            if not byte:
                raise NoReply("no reply" if not line else "a reply without an end")
            if byte == b"\n":
                return bytes(line)
            line += byte
            if len(line) > _MOST_LINE_BYTES:
                raise FrameError(f"a line of more than {_MOST_LINE_BYTES} bytes: noise?")
            # A reply is a JSON object; noise need not be waited for.
            wait_s = self._timing.line_s if line[:1] == b"{" else self._timing.noise_s

    def _drain(self) -> bytes:
        """What comes until the line is quiet, its start."""
        heard = b""
        for _ in range(_MOST_STALE_READS):
            is_clean = bool(heard) and not heard.strip(b"\r\n")
            wait_s = self._timing.noise_s if is_clean else self._timing.quiet_s
            data = self._port.read(_READ_BYTES, wait_s)
            if not data:
                break
            heard = (heard + data)[:_READ_BYTES]
        return heard

    def _discard(self) -> None:
        for _ in range(_MOST_STALE_READS):
            if not self._port.read(_READ_BYTES, 0.0):
                return
