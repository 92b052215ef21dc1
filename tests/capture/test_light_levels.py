"""What a camera that sleeps remembers of the light."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edge.capture.light_levels import Lights, level_of_day
from edge.records import Exposure
from tests.capture.watching import Memory

DUSK = Exposure(20_000, 4.0)


class Full(Memory):
    """On a card without room."""

    def save(self, state: bytes) -> None:
        raise OSError(28, "No space left on device")


class Counting(Memory):
    saves = 0

    def save(self, state: bytes) -> None:
        self.saves += 1
        super().save(state)


@pytest.mark.parametrize(("at", "level"), [((0, 0), 0), ((0, 29), 0), ((0, 30), 1), ((23, 59), 47)])
def test_a_day_has_48_levels(at: tuple[int, int], level: int) -> None:
    assert level_of_day(datetime(2026, 1, 1, *at, tzinfo=UTC)) == level


def test_what_was_good_is_known_after_a_reboot() -> None:
    memory = Memory()
    lights = Lights(memory, lambda: 7)
    lights.saw(DUSK)
    lights.keep()
    assert lights.save()
    assert Lights(memory, lambda: 8).recall() == DUSK


def test_what_was_not_kept_is_forgotten() -> None:
    memory = Memory()
    Lights(memory, lambda: 7).saw(DUSK)
    assert Lights(memory, lambda: 7).recall() == Exposure()


def test_the_same_light_is_not_written_twice() -> None:
    memory = Counting()
    lights = Lights(memory, lambda: 7)
    for _ in range(3):
        lights.saw(DUSK)
        lights.keep()
        lights.save()
    assert memory.saves == 1


def test_a_full_card_costs_the_memory_alone() -> None:
    lights = Lights(Full(), lambda: 7)
    lights.saw(DUSK)
    lights.keep()
    assert lights.save()
    assert lights.recall() == DUSK
