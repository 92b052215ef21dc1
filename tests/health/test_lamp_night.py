"""The lamp's joules are those of a night, however often the station is switched off in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.capture.light.lamp import Lamp, LampTerms
from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.health.lamp_night import PATIENCE_S, LampNight
from edge.health.memory_file import MemoryFile
from edge.records import ClockQuality
from tests.capture.light.outputs import on_wire
from tests.capture.light.scene_camera import Clock
from tests.capture.trigger.wires import Wire

WATTS, MOST_J = 2.0, 100.0
HOUR_S = 3600.0


class Trap:
    """A station that sleeps without power between two wakes."""

    def __init__(self, folder: Path, quality: ClockQuality = ClockQuality.RTC) -> None:
        self._file, self._quality = MemoryFile(folder / "lamp"), quality
        self._true, self._run = datetime.now(UTC), 0
        self.sleep(0)

    def sleep(self, seconds: float) -> None:
        """Switched off for so long, and on again."""
        self._true += timedelta(seconds=seconds)
        self._run += 1
        run, self.clock = self._run, Clock()
        woke_s, offset = self.clock(), self._true - datetime.now(UTC)
        elapsed = Elapsed(
            lambda: ClockState(self._quality, offset),
            lambda: run.to_bytes(16),
            lambda: self.clock() - woke_s,
        )
        self.lamp = Lamp(on_wire(Wire()), LampTerms(WATTS, most_j_a_night=MOST_J), self.clock)
        self.lamp.open()
        self.night = LampNight(self.lamp, MOST_J, self._file, elapsed, self.clock)
        self.night.restore()

    def burn(self, seconds: float) -> bool:
        """A burst of so many seconds in lamplight; whether there was any."""
        self.lamp.begin()
        burns = self.lamp.burn()
        self.clock.now_s += seconds
        self.lamp.rest()
        self.night.keep()
        return burns

    def end(self) -> None:
        self.night.keep(at_end=True)


@pytest.fixture
def trap(tmp_path: Path) -> Trap:
    return Trap(tmp_path)


@pytest.mark.parametrize("ends", [True, False], ids=["in order", "by a power cut"])
def test_a_night_has_its_joules_once_however_often_it_is_woken(trap: Trap, ends: bool) -> None:
    lit = 0
    for _ in range(30):
        lit += trap.burn(5.0)
        if ends:
            trap.end()
        trap.sleep(600)
    assert lit == MOST_J / WATTS / 5.0
    assert trap.lamp.spent


def test_the_next_night_has_all_of_them_again(trap: Trap) -> None:
    for _ in range(10):
        trap.burn(5.0)
    trap.end()
    trap.sleep(6 * HOUR_S)
    trap.night.keep()
    assert trap.lamp.spent
    trap.sleep(15 * HOUR_S)
    trap.night.keep()
    assert not trap.lamp.spent


def test_a_day_that_was_seen_brings_them_back_after_a_restart_as_well(trap: Trap) -> None:
    for _ in range(10):
        trap.burn(5.0)
    trap.lamp.day_came()
    trap.end()
    trap.sleep(60)
    assert not trap.lamp.spent


def test_without_a_clock_they_come_back_all_the_same_in_the_end(tmp_path: Path) -> None:
    trap = Trap(tmp_path, ClockQuality.UNSET)
    for _ in range(10):
        trap.burn(5.0)
    wakes = 0
    while trap.lamp.spent and wakes < 200:
        trap.end()
        trap.sleep(600)
        assert trap.lamp.spent or wakes > 20
        trap.clock.now_s += PATIENCE_S
        trap.night.keep()
        wakes += 1
    assert 20 < wakes < 200


def test_few_writes_are_spent_on_it(trap: Trap) -> None:
    writes = 0
    for _ in range(500):
        trap.lamp.begin()
        trap.lamp.burn()
        trap.clock.now_s += 0.1
        trap.lamp.rest()
        writes += trap.night.keep()
    assert 15 <= writes <= 21


@given(st.binary() | st.sampled_from([b"[]", b'[["a", 1, null], 1e999, 2]', b"[1, 2, 3]"]))
def test_a_damaged_file_is_none(tmp_path_factory: pytest.TempPathFactory, state: bytes) -> None:
    folder = tmp_path_factory.mktemp("trap")
    MemoryFile(folder / "lamp").save(state)
    assert Trap(folder).burn(1.0)
