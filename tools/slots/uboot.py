"""The state of the slots as U-Boot reads and writes it: two copies of a small environment on the
boot partition, each with a checksum (`env import -c`).

Each is overwritten in place, the second after the first is on the card: whatever a power cut
leaves, one of them is whole, and says what was or what shall be.
"""

from __future__ import annotations

import os
import zlib
from pathlib import Path

from tools.slots.state import BAD, GOOD, SLOTS, SlotError, Slots, check_slot

COPIES = ("slots-0.env", "slots-1.env")
SIZE_BYTES = 4096
"""Checksum and padding included; the boot script names it as 0x1000."""


def to_env(slots: Slots) -> bytes:
    """U-Boot's form: CRC-32 of the rest, little endian; ``name=value`` ended by zeros."""
    values = {"slot_order": " ".join(slots.order)}
    for slot in SLOTS:
        values[f"slot_{slot}"] = GOOD if slot in slots.good else str(slots.left(slot))
    text = b"".join(f"{name}={value}\0".encode() for name, value in values.items())
    data = text.ljust(SIZE_BYTES - 4, b"\0")
    return zlib.crc32(data).to_bytes(4, "little") + data


def from_env(raw: bytes) -> Slots:
    """Raises SlotError for what was not written whole, or is no such state."""
    if len(raw) != SIZE_BYTES or zlib.crc32(raw[4:]) != int.from_bytes(raw[:4], "little"):
        raise SlotError("the state of the slots was not written whole")
    try:
        values = _values(raw[4:])
        first, second = (check_slot(name) for name in values["slot_order"].split())
        if first == second:
            raise SlotError("a slot stands twice in the order")
        said = {slot: values[f"slot_{slot}"] for slot in SLOTS}
        trials = tuple((slot, 0 if s == GOOD else _count(s)) for slot, s in said.items())
    except (KeyError, ValueError) as error:
        raise SlotError(f"the state of the slots makes no sense: {error}") from error
    good = frozenset(slot for slot, s in said.items() if s == GOOD)
    return Slots((first, second), good, trials)


class UBootSlots:
    """The slots of a board that starts by U-Boot; ``boot`` is its boot partition."""

    def __init__(self, boot: Path) -> None:
        self._boot = boot

    def load(self) -> Slots:
        """The first copy that is whole; what a new card has where there is none."""
        for name in COPIES:
            try:
                return from_env((self._boot / name).read_bytes())
            except (OSError, SlotError):
                continue
        return Slots()

    def save(self, slots: Slots) -> None:
        """Durable once it returns. Raises SlotError."""
        raw = to_env(slots)
        try:
            for name in COPIES:
                _overwrite(self._boot / name, raw)
        except OSError as error:
            raise SlotError(f"the boot partition cannot be written: {error}") from error

    def obstacle(self) -> str:
        """None: whatever kernel runs, U-Boot counts the trials."""
        return ""

    def primary(self) -> str:
        return self.load().primary

    def activate(self, slot: str) -> None:
        """Start ``slot`` next, on trial."""
        self.save(self.load().activated(slot))

    def verdict(self, slot: str) -> str:
        return GOOD if self.load().usable(slot) else BAD

    def mark(self, slot: str, verdict: str) -> None:
        slots = self.load()
        marked = slots.marked(slot, verdict)
        if marked != slots:
            self.save(marked)

    def on_trial(self, slot: str) -> bool:
        """Whether ``slot`` has yet to prove itself."""
        return slot not in self.load().good

    def reboot_argument(self) -> str:
        return ""


def _values(data: bytes) -> dict[str, str]:
    text = data.split(b"\0\0", 1)[0].decode("ascii")
    return dict(part.split("=", 1) for part in text.split("\0") if part)


def _count(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 9:
        raise ValueError(f"{number} trials")
    return number


def _overwrite(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(handle, "r+b") as file:
        file.write(raw)
        file.truncate()
        file.flush()
        os.fsync(handle)
