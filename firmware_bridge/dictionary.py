"""The controller's messages: one table, its hash, and the rules that each message keeps.

The table is text, the same in docs/firmware-protocol.md. Both ends compare its hash before they
talk (the idea is Klipper's), so a firmware of another time is found out instead of misread.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from firmware_bridge.errors import FrameError

VERSION = 1
"""Of the protocol: frames, greeting, repeats, events."""

TABLE = """\
irbis controller 1
1 hello version:uint dictionary:bytes link:uint
2 ping
3 wake-reason
4 acknowledge
5 rtc-get
6 rtc-set utc_s:uint utc_ms:uint
7 energy
8 temperature
9 watchdog period_s:uint
10 power-off link:uint off_after_s:uint? wake_at_s:uint? on_pir:uint
11 reserve counter:uint count:uint
12 counter counter:uint at_least:uint
16 pir-event uptime_ms:uint utc_s:uint?
17 wake-event uptime_ms:uint utc_s:uint? reason:uint
18 battery-event uptime_ms:uint utc_s:uint? battery_mv:uint
33 hello-reply version:uint dictionary:bytes boot:uint firmware:text
34 ping-reply uptime_ms:uint waiting:uint lost:uint
35 wake-reason-reply reason:uint uptime_ms:uint utc_s:uint?
37 rtc-get-reply uptime_ms:uint utc_s:uint? utc_ms:uint?
38 rtc-set-reply uptime_ms:uint utc_s:uint? utc_ms:uint?
39 energy-reply battery_mv:uint? solar_mv:uint? current_ma:int? charge:uint
40 temperature-reply decidegrees:int?
41 watchdog-reply
42 power-off-reply
43 reserve-reply first:uint
44 counter-reply next:uint
62 ready boot:uint
63 refusal code:uint
reason 0=unknown 1=pir 2=timer 3=button 4=radio 5=power-on 6=watchdog
charge 0=unknown 1=discharging 2=charging 3=full 4=fault
refusal 1=not-greeted 2=not-safe 3=unknown-message 4=bad-field 5=rtc-unset 6=wrong-link \
7=exhausted 8=failed 9=never-wakes
"""

HASH = hashlib.sha256(TABLE.encode()).digest()[:8]
"""What the two ends compare: the first 8 bytes of the table's SHA-256."""

SAFE = frozenset(
    {
        "hello",
        "hello-reply",
        "ping",
        "ping-reply",
        "wake-reason",
        "wake-reason-reply",
        "acknowledge",
        "rtc-get",
        "rtc-get-reply",
        "pir-event",
        "ready",
        "refusal",
    }
)
"""Messages that are the same in every version, and go on between ends that differ."""

_EXTENSIBLE = frozenset({"hello", "hello-reply"})
"""May carry further fields at their end, for a later version."""

LARGEST_UINT = 2**32 - 1
_INTS = range(-(2**31), 2**31)
_LONGEST_STRING_BYTES = 32

Value = int | bytes | str | None
"""What a field can hold."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message; ``kind`` is uint, int, bytes or text."""

    name: str
    kind: str
    nullable: bool

    def holds(self, value: Value) -> bool:
        """Whether ``value`` is of this field's kind."""
        return _kind_of(value, self.kind) or (value is None and self.nullable)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of message: its type on the line, its name, its fields in order."""

    type: int
    name: str
    fields: tuple[Field, ...]

    def check(self, values: Sequence[Value]) -> None:
        """Raises FrameError unless ``values`` are this kind's fields."""
        count = len(self.fields)
        too_many = len(values) > count and self.name not in _EXTENSIBLE
        if len(values) < count or too_many:
            raise FrameError(f"{self.name}: {len(values)} fields, expected {count}")
        for field, value in zip(self.fields, values, strict=False):
            if not field.holds(value):
                raise FrameError(f"{self.name}: {field.name} is {value!r}, not {field.kind}")


def is_value(value: object) -> bool:
    """Whether ``value`` is something that a field of some message can hold."""
    return value is None or any(_kind_of(value, kind) for kind in ("uint", "int", "bytes", "text"))


def _kind_of(value: object, kind: str) -> bool:
    if kind == "bytes":
        return isinstance(value, bytes) and len(value) <= _LONGEST_STRING_BYTES
    if kind == "text":
        return isinstance(value, str) and len(value.encode()) <= _LONGEST_STRING_BYTES
    if not isinstance(value, int) or isinstance(value, bool):
        return False
    return value in _INTS if kind == "int" else 0 <= value <= LARGEST_UINT


def _read_kind(line: str) -> Kind:
    number, name, *fields = line.split()
    return Kind(int(number), name, tuple(map(_read_field, fields)))


def _read_field(text: str) -> Field:
    name, kind = text.split(":")
    return Field(name, kind.removesuffix("?"), kind.endswith("?"))


KINDS = tuple(_read_kind(line) for line in TABLE.splitlines() if line[0].isdigit())
BY_TYPE = {kind.type: kind for kind in KINDS}
BY_NAME = {kind.name: kind for kind in KINDS}
