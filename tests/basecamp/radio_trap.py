"""A station that has crops on its card, and the air between it and basecamp."""

from __future__ import annotations

import random
from collections.abc import Iterator

from edge.security.keys import BasecampToken, StationKey
from edge.uplink.radio.crop_sender import CropSender
from edge.wire.air.fragments import CropName
from edge.wire.air.want import Want

from .lorawan import RadioStation


class Trap(RadioStation):
    """A station with a card of crops, which it sends when it is asked."""

    def __init__(
        self, card: dict[CropName, bytes], station: StationKey, basecamp: BasecampToken
    ) -> None:
        super().__init__(station, basecamp)
        self.card = card
        self.memory: bytes | None = None
        self.reboot()

    def reboot(self) -> None:
        self._sender = CropSender(self, self)

    def content(self, name: CropName) -> bytes | None:
        return self.card.get(name)

    def load(self) -> bytes | None:
        return self.memory

    def save(self, state: bytes) -> None:
        self.memory = state

    def take_want(self, want: Want, number: int) -> None:
        super().take_want(want, number)
        self._sender.hear(want, number)

    def say(self, record: bytes) -> bytes:
        """``record`` in a frame."""
        return self.sealer.seal(record)

    def next_payload_bytes(self, payload_bytes: int) -> int | None:
        return self._sender.next_payload_bytes(payload_bytes)

    def next_frame(self, payload_bytes: int) -> bytes | None:
        record = self._sender.next_fragment(payload_bytes)
        return None if record is None else self.say(record)


class Air:
    """What happens to frames on the way, by chance."""

    def __init__(self, chance: random.Random, loss: float, trouble: float) -> None:
        self._chance = chance
        self._loss = loss
        self._trouble = trouble
        self._late: list[bytes] = []

    def lost(self) -> bool:
        return self._chance.random() < self._loss

    def carried(self, frame: bytes) -> Iterator[bytes]:
        """What arrives while ``frame`` is sent."""
        while self._late and self._bad_luck():
            yield self._late.pop(self._chance.randrange(len(self._late)))
        if self.lost():
            return
        if self._bad_luck():
            self._late.append(frame)
        else:
            yield frame
        if self._bad_luck():
            yield frame
        if self._bad_luck():
            place = self._chance.randrange(len(frame))
            yield frame[:place] + bytes((frame[place] ^ 1,)) + frame[place + 1 :]

    def _bad_luck(self) -> bool:
        return self._chance.random() < self._trouble
