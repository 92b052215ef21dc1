"""What a bootloader is told about two root slots, and what it does with it: pure values.

A slot that has proved itself is *good* and is started without counting, for a station that sleeps
between animals starts thousands of times a month. A new one has a few *trials*; each start takes
one. With none left it is *bad*, and the other slot starts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.errors import IrbisError

TRIALS = 3
SLOTS = ("A", "B")
GOOD, BAD = "good", "bad"


class SlotError(IrbisError, RuntimeError):
    """The state of the slots cannot be read or changed."""


@dataclass(frozen=True)
class Slots:
    """``order`` names the slots, the first choice first; each is good or has ``trials`` left."""

    order: tuple[str, str] = SLOTS
    good: frozenset[str] = frozenset({"A"})
    trials: tuple[tuple[str, int], ...] = (("A", 0), ("B", 0))

    def left(self, slot: str) -> int:
        """Starts that an unproved slot has left."""
        return dict(self.trials)[slot]

    def usable(self, slot: str) -> bool:
        return slot in self.good or self.left(slot) > 0

    @property
    def primary(self) -> str:
        """What starts next: the first that is usable. Where none is, the first of all is tried all
        the same: a board that starts nothing cannot be mended from afar."""
        return next((slot for slot in self.order if self.usable(slot)), self.order[0])

    def start(self) -> tuple[str, Slots]:
        """What a bootloader does: the slot it starts, and what it leaves written."""
        slot = self.primary
        if slot in self.good:
            return slot, self
        return slot, self._with(slot, max(0, self.left(slot) - 1))

    def activated(self, slot: str) -> Slots:
        """``slot`` was written anew and is tried next."""
        tried = replace(self, good=self.good - {slot}, order=(slot, _other(slot)))
        return tried._with(slot, TRIALS)

    def marked(self, slot: str, verdict: str) -> Slots:
        """``slot`` is good, or bad, from now on. One that is good already changes nothing: another
        may be about to be tried."""
        if verdict == GOOD:
            if slot in self.good:
                return self
            return replace(self, good=self.good | {slot}, order=(slot, _other(slot)))._with(slot, 0)
        return replace(self, good=self.good - {slot})._with(slot, 0)

    def _with(self, slot: str, count: int) -> Slots:
        return replace(self, trials=tuple((s, count if s == slot else n) for s, n in self.trials))


def check_slot(slot: str) -> str:
    """``slot`` if it is one. Raises SlotError."""
    if slot not in SLOTS:
        raise SlotError(f"there is no slot {slot}; slots are A and B")
    return slot


def _other(slot: str) -> str:
    return SLOTS[1 - SLOTS.index(slot)]
