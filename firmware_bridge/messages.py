"""Messages to bytes and back: one CBOR array ``[type, number, field, ...]``.

The codes that messages carry are enumerated here; the messages themselves in dictionary.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import cbor2

from firmware_bridge.dictionary import BY_NAME, BY_TYPE, SAFE, Kind, Value, is_value
from firmware_bridge.errors import FrameError
from firmware_bridge.framing import encode_frame

MOST_ITEMS = 16
NUMBERS = 256
"""Message numbers are modulo this."""
_FIRST_REPLY = 32


class WakeReason(IntEnum):
    """Why the host has power."""

    UNKNOWN = 0
    PIR = 1
    TIMER = 2
    BUTTON = 3
    RADIO = 4
    POWER_ON = 5
    WATCHDOG = 6

    @classmethod
    def _missing_(cls, value: object) -> WakeReason:
        return cls.UNKNOWN  # of a later version: the message itself never changes


class Charge(IntEnum):
    """What the charger does."""

    UNKNOWN = 0
    DISCHARGING = 1
    CHARGING = 2
    FULL = 3
    FAULT = 4

    @classmethod
    def _missing_(cls, value: object) -> Charge:
        return cls.UNKNOWN


class Refusal(IntEnum):
    """Why a controller does not do what it was asked."""

    NOT_GREETED = 1
    NOT_SAFE = 2
    UNKNOWN_MESSAGE = 3
    BAD_FIELD = 4
    RTC_UNSET = 5
    WRONG_LINK = 6
    EXHAUSTED = 7
    FAILED = 8
    NEVER_WAKES = 9


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it came: ``type`` and ``values`` may be unknown to this dictionary."""

    type: int
    number: int
    values: tuple[Value, ...] = ()

    @property
    def kind(self) -> Kind | None:
        """What the dictionary says of this type; None for a type that it does not know."""
        return BY_TYPE.get(self.type)

    @property
    def is_request(self) -> bool:
        """Whether a controller must answer it, known or not."""
        return 1 <= self.type < 16 and self.type != BY_NAME["acknowledge"].type

    @property
    def is_event(self) -> bool:
        """Whether the host must acknowledge it, known or not."""
        return 16 <= self.type < _FIRST_REPLY

    @property
    def is_safe(self) -> bool:
        """Whether it means the same in every version."""
        return self.kind is not None and self.kind.name in SAFE

    def fields(self) -> dict[str, Any]:
        """The values by their names.

        Raises FrameError where the dictionary does not know the type, or the values break it.
        """
        kind = self.kind
        if kind is None:
            raise FrameError(f"a message of the unknown type {self.type}")
        kind.check(self.values)
        names = [field.name for field in kind.fields]
        return dict(zip(names, self.values, strict=False))


def message(name: str, number: int, *values: Value) -> Message:
    """The message called ``name``. Raises FrameError where ``values`` are not its fields."""
    kind = BY_NAME[name]
    kind.check(values)
    return Message(kind.type, number % NUMBERS, values)


def reply_type(request_type: int) -> int:
    """The type of the reply to a request."""
    return request_type + _FIRST_REPLY


def encode(message: Message) -> bytes:
    """``message`` as a frame, zero byte included."""
    items = [message.type, message.number, *message.values]
    return encode_frame(cbor2.dumps(items, canonical=True))


def decode(payload: bytes) -> Message:
    """The message in a frame's payload.

    Raises FrameError for what is no array of a type, a number below NUMBERS and plain values, in
    shortest form. Whether the dictionary knows it is left to ``Message.fields``.
    """
    try:
        items = cbor2.loads(payload)
    except Exception as error:  # cbor2 lets builtin errors of many kinds through
        raise FrameError(f"no CBOR: {error}") from error
    if type(items) is not list or not 2 <= len(items) <= MOST_ITEMS:
        raise FrameError("no array of a type, a number and fields")
    if not all(map(is_value, items)):
        raise FrameError("an item that no message holds")
    if cbor2.dumps(items, canonical=True) != payload:
        # A decoder alone takes long integers, indefinite lengths and bytes left over.
        raise FrameError("not in shortest form, or followed by more")
    kind, number, *values = items
    if type(kind) is not int or type(number) is not int or kind < 0 or not 0 <= number < NUMBERS:
        raise FrameError("an array that does not begin with a type and a number")
    return Message(kind, number, tuple(values))
