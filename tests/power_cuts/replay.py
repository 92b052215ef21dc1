"""What a card holds after the power went: every write before its last flush, and of those after it
whichever had reached it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.power_cuts.write_log import SECTOR, Entry

_TRIES = 50
"""How often chance is asked for each point, at most."""


@dataclass(frozen=True, slots=True, order=True)
class CrashPoint:
    """The power goes when the card has taken the first ``cut`` entries. With a ``seed``, chance
    says which of the unflushed ones are on it; without, none is."""

    cut: int
    seed: int = 0


def crash_points(
    entries: Sequence[Entry], wanted: int, seed: int, first: int = 1
) -> list[CrashPoint]:
    """After every flush (a sample of them where fewer points are ``wanted``), and for the rest at
    random moments with random subsets of what was not flushed; in the order of the log, none
    before ``first`` entries. Each leaves another card; there are fewer than ``wanted`` where the
    log has not so many that differ."""
    chance = random.Random(seed)
    flushes = [number for number, entry in enumerate(entries, 1) if entry.flush and number >= first]
    # Where few are wanted, half of them are random subsets: those find the most.
    prefixes = flushes if 2 * len(flushes) <= wanted else chance.sample(flushes, wanted // 2)
    points = {_left_by(entries, point): point for point in map(CrashPoint, prefixes)}
    for _ in range(_TRIES * wanted):
        if len(points) >= wanted:
            break
        point = CrashPoint(chance.randint(first, len(entries)), chance.getrandbits(32) | 1)
        points.setdefault(_left_by(entries, point), point)
    return sorted(points.values())


def _left_by(entries: Sequence[Entry], point: CrashPoint) -> tuple[int, ...]:
    """What tells this point's card from all others: what was flushed, and how much there is of each
    later write."""
    flushed = _last_flush(entries, point.cut)
    chance = random.Random(point.seed) if point.seed else None
    unflushed = entries[flushed : point.cut]
    left = [len(_survives(entry, chance)) for entry in unflushed]
    ahead = entries[point.cut] if point.cut < len(entries) else Entry()
    if ahead.flush and left == [len(entry.data) for entry in unflushed]:
        return (point.cut,)  # all of it: as if the flush ahead had come
    while left and not left[-1]:
        left.pop()
    return (flushed, *left)


def crash_images(
    base: bytes, entries: Sequence[Entry], points: Sequence[CrashPoint]
) -> Iterator[tuple[CrashPoint, bytearray]]:
    """The card's bytes after each of ``points``, which must come in order."""
    durable = bytearray(base)
    applied = 0
    for point in points:
        flushed = _last_flush(entries, point.cut)
        for entry in entries[applied:flushed]:
            _write(durable, entry.offset, entry.data)
        applied = max(applied, flushed)
        image = bytearray(durable)
        chance = random.Random(point.seed) if point.seed else None
        for entry in entries[flushed : point.cut]:
            _write(image, entry.offset, _survives(entry, chance))
        yield point, image


def _last_flush(entries: Sequence[Entry], cut: int) -> int:
    """How many of the first ``cut`` entries stand before the last flush among them."""
    return next((number for number in range(cut - 1, -1, -1) if entries[number].flush), 0)


def _survives(entry: Entry, chance: random.Random | None) -> bytes:
    """What of an unflushed write is on the card: all of it, nothing, or its first sectors."""
    if entry.fua:
        return entry.data
    if chance is None:
        return b""
    sectors = len(entry.data) // SECTOR
    kept = chance.choice((0, sectors, chance.randint(0, sectors)))
    return entry.data[: kept * SECTOR]


def _write(image: bytearray, offset: int, data: bytes) -> None:
    image[offset : offset + len(data)] = data
