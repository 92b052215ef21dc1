"""A Blues Notecard on a pty, and its cloud.

    python -m firmware_bridge.simulators.notecard --seed 1 --lost-reply 0.1

prints the pty's path on its first line, then each payload that the cloud got, and queues each line
of its input, in hexadecimal, as a payload for the card.

A line with a wrong checksum is refused with ``{io}``; one with the number and checksum of the last
is a repeat, and gets the last reply again without being done twice; an empty line gets an empty
line. The memory of the last request is lost in a power cut.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from typing import Any

from firmware_bridge.errors import FrameError
from firmware_bridge.notecard_json import decode, encode
from firmware_bridge.simulators.coverage import Coverage
from firmware_bridge.simulators.notecard_card import Card, Cloud, OnNote
from firmware_bridge.simulators.pty_device import PtyDevice, run_program

_BAUD = 9600
_START_S = 4.0
_REPLY_S = 0.05
_MOST_LINE_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, from 0 to 1, something goes wrong."""

    lost_reply: float = 0.0
    """A request is done, and its reply does not arrive."""
    flipped_bit: float = 0.0
    """A bit of a reply is another."""
    garbage: float = 0.0
    """Noise comes before a reply."""
    heartbeat: float = 0.0
    """A reply takes long, and the card says that it lives."""
    brown_out: float = 0.0
    """The card starts anew on a request, before it does it or after."""
    failed_sync: float = 0.0
    """A sync fails."""
    no_signal: float = 0.0
    """Of the time, in periods of minutes, there is no network."""


class _PowerCut(Exception):
    pass


class NotecardSimulator(PtyDevice):
    """The card; ``card`` is its inside, and for the device's thread alone once it runs."""

    def __init__(
        self,
        on_note: OnNote = lambda payload: None,
        *,
        seed: int = 0,
        speed: float = 1.0,
        faults: Faults | None = None,
        checks: bool = True,
    ) -> None:
        """``checks`` False is a card of old firmware, which knows no checksum."""
        super().__init__(speed, _BAUD)
        self._random = random.Random(seed)
        self._faults = faults or Faults()
        self._checks = checks
        self.cloud = Cloud(on_note)
        coverage = Coverage(seed, self._faults.no_signal)
        self.card = Card(self.cloud, self._random, coverage)
        self.card.failing_share = self._faults.failed_sync
        self.requests: list[str] = []
        """Names of what was asked, repeats left out; the last thousand."""
        self._input = bytearray()
        self._last: tuple[bytes, bytes] = (b"", b"")

    def send_downlink(self, payload: bytes) -> None:
        """Queue ``payload`` in the cloud for the card's next sync."""
        self.cloud.queue(payload)

    def cut_power(self) -> None:
        """Brown-out: flash stays, a sync under way and a half line are gone."""
        self.order(self._brown_out)

    def play(self) -> None:
        """See PtyDevice."""
        while True:
            try:
                self._input += self.read(self._until_next())
                self.card.advance(self.now_s())
                self._read_lines()
            except _PowerCut:
                self._input.clear()
                self._last = (b"", b"")
                self.card.lose_power(self.now_s())
                self.be_off(_START_S)

    def _until_next(self) -> float | None:
        next_s = self.card.next_s()
        return None if next_s is None else max(0.0, next_s - self.now_s())

    def _read_lines(self) -> None:
        while b"\n" in self._input:
            line, _, rest = bytes(self._input).partition(b"\n")
            self._input = bytearray(rest)
            if line.strip():
                self._obey(line)
            else:
                self.write(b"\r\n")
        del self._input[:-_MOST_LINE_BYTES]

    def _obey(self, line: bytes) -> None:
        try:
            request = decode(line)
        except FrameError as error:
            self._send(self._encode({"err": f"{error} {{io}}"}, None), None)
            return
        if self._checks and line == self._last[0]:
            self._send(self._last[1], request.sequence)
            return
        if "cmd" in request.fields:
            self._note(str(request.fields["cmd"]))
            self.card.answer(request.fields, self.now_s())
            if request.fields["cmd"] == "card.restart":
                raise _PowerCut
            return
        self._maybe_cut()
        self._note(str(request.fields.get("req")))
        reply = self._encode(self.card.answer(request.fields, self.now_s()), request.sequence)
        self._last = (line, reply) if request.sequence is not None else (b"", b"")
        self._maybe_cut()
        self._send(reply, request.sequence)

    def _encode(self, reply: dict[str, Any], sequence: int | None) -> bytes:
        return encode(reply, sequence if self._checks else None)[:-1] + b"\r\n"

    def _send(self, reply: bytes, sequence: int | None) -> None:
        self.rest(_REPLY_S)
        if self._chance(self._faults.heartbeat):
            self.write(self._encode({"err": "still at it {heartbeat}"}, sequence))
        if self._chance(self._faults.lost_reply):
            return
        if self._chance(self._faults.garbage):
            self.write(self._random.randbytes(self._random.randint(1, 60)) + b"\n")
        if self._chance(self._faults.flipped_bit):
            at = self._random.randrange(len(reply) - 2)
            reply = (
                reply[:at] + bytes([reply[at] ^ 1 << self._random.randrange(8)]) + reply[at + 1 :]
            )
        self.write(reply)

    def _note(self, name: str) -> None:
        self.requests = [*self.requests, name][-1000:]

    def _maybe_cut(self) -> None:
        if self._chance(self._faults.brown_out / 2):
            raise _PowerCut

    def _brown_out(self) -> None:
        raise _PowerCut

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="notecard", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="draws the faults")
    parser.add_argument("--speed", type=float, default=1.0, help="10: ten times as fast")
    parser.add_argument("--no-coverage", action="store_true", help="there is no network")
    for name in Faults.__slots__:
        parser.add_argument(f"--{name.replace('_', '-')}", type=float, default=0.0, metavar="SHARE")
    given = parser.parse_args()
    faults = Faults(**{name: getattr(given, name) for name in Faults.__slots__})
    notecard = NotecardSimulator(
        lambda payload: print(payload.hex(), flush=True),
        seed=given.seed,
        speed=given.speed,
        faults=faults,
    )
    notecard.card.covered = not given.no_coverage
    run_program(notecard, notecard.send_downlink)


if __name__ == "__main__":
    main()
