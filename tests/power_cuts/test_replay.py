"""A flush makes durable what was written before it; what came after it may be there or not."""

from __future__ import annotations

from collections.abc import Sequence

from tests.power_cuts.replay import CrashPoint, crash_images, crash_points
from tests.power_cuts.write_log import SECTOR, Entry

FLUSH = Entry(flush=True)
EMPTY = bytes(4 * SECTOR)


def write(sector: int, letter: bytes, sectors: int = 1, fua: bool = False) -> Entry:
    return Entry(sector * SECTOR, letter * SECTOR * sectors, fua=fua)


def after(entries: Sequence[Entry], *points: CrashPoint) -> list[str]:
    """The card after each of ``points``, a letter a sector."""
    images = (image for _, image in crash_images(EMPTY, entries, points))
    return [
        "".join(chr(image[at] or 46) for at in range(0, len(image), SECTOR)) for image in images
    ]


LOG = [write(0, b"a"), write(1, b"b"), FLUSH, write(0, b"c", 2), write(3, b"d"), FLUSH]


def test_what_was_flushed_is_there_and_the_rest_may_be_missing() -> None:
    cuts = [CrashPoint(cut) for cut in range(1, 7)]
    assert after(LOG, *cuts) == ["....", "....", "ab..", "ab..", "ab..", "cc.d"]


def test_by_chance_any_unflushed_write_is_there_whole_or_torn_or_not_at_all() -> None:
    seen = set(after(LOG, *(CrashPoint(5, seed) for seed in range(1, 100))))
    assert seen == {first + last for first in ("ab.", "cb.", "cc.") for last in (".", "d")}


def test_the_same_seed_leaves_the_same_card() -> None:
    (alone,) = after(LOG, CrashPoint(5, 7))
    assert after(LOG, CrashPoint(3), CrashPoint(5, 7), CrashPoint(6))[1] == alone


def test_a_forced_write_is_there_without_a_flush() -> None:
    assert after([write(2, b"f", fua=True)], CrashPoint(1)) == ["..f."]


def test_there_is_a_point_after_every_flush_and_as_many_more_as_wanted() -> None:
    points = crash_points(LOG, 8, seed=1)
    assert {3, 6} <= {point.cut for point in points}
    assert len(points) == 8
    assert points == sorted(points)


def test_no_two_points_leave_the_same_card_and_chance_finds_all_cards_there_are() -> None:
    cards = after(LOG, *crash_points(LOG, 100, seed=1))
    assert len(cards) == len(set(cards)) == 2 * 2 + 3 * 2 - 1


def test_few_points_are_half_flushes_and_half_chance() -> None:
    log = [write(number % 4, b"a", 4 - number % 4) for number in range(100)]
    log = [entry for written in log for entry in (written, FLUSH)]
    points = crash_points(log, 10, seed=1)
    assert sum(not point.seed for point in points) == 5
    assert len(points) == 10
