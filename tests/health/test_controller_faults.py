"""The controller stage while the line, the controller or the card fail."""

from __future__ import annotations

from contextlib import closing, suppress

import pytest

from edge.errors import IrbisError
from edge.health.controller import ControllerTerms
from edge.health.controller_events import Sensed
from edge.records import Vitals
from edge.spool.errors import SpoolFull
from firmware_bridge.mcu import PirEvent
from firmware_bridge.simulators.controller import Faults, SimulatedController
from firmware_bridge.simulators.pty_line import PtyLine
from tests.health.bench import Bench, step_until
from tests.health.test_controller import PATIENT

SPEED = 20.0


def test_a_brown_out_is_counted_and_the_watchdog_begins_anew(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, ControllerTerms(watchdog_s=60), now=device.now_s)
        with closing(bench.stage()) as stage:
            stage.step()
            device.brown_out()
            step_until(stage, lambda: bool(bench.told.troubles))
            assert "restarted (start 2)" in bench.told.troubles[0]
            assert ledgers.ledger.counters()["controller_restarts"] == 1
            assert stage.counters()["controller_boots"] == 2
            stage.step()
            bench.alive = False
            step_until(stage, lambda: not device.host_has_power)


def seen_in(bench: Bench) -> list[tuple[int, int, int]]:
    """Start, uptime and number of each event, in the order in which they came."""
    return [
        (event.event.boot, event.event.uptime_ms, event.event.number)
        for event in bench.events
        if isinstance(event.event, PirEvent)
    ]


@pytest.mark.parametrize("seed", range(2))
def test_over_a_bad_line_every_event_comes_once_and_in_order(ledgers, seed):
    faults = Faults(lose=0.1, double=0.1, flip=0.1, garbage=0.1)
    with SimulatedController(seed, faults, SPEED) as device:
        bench = Bench(ledgers, device.path, ControllerTerms(watchdog_s=0, reading_s=0.0))
        with closing(bench.stage()) as stage:
            for _ in range(12):
                device.pir()
                device.pir()
                step_until(stage, lambda: device.waiting < 8)
            step_until(stage, lambda: len(bench.events) == 24)
            assert stage.vitals() == Vitals(3900, -12.3, 5200)
    assert [number for _, _, number in seen_in(bench)] == list(range(24))
    assert ledgers.ledger.counters()["pir_events"] == 24


@pytest.mark.parametrize("seed", range(2))
def test_over_brown_outs_no_event_comes_twice_and_all_starts_are_counted(ledgers, seed):
    faults = Faults(lose=0.1, double=0.1, garbage=0.1, brown_out=0.03)
    with SimulatedController(seed, faults, SPEED) as device:
        bench = Bench(ledgers, device.path, ControllerTerms(watchdog_s=0, reading_s=0.0))
        with closing(bench.stage()) as stage:
            while device.boot < 4 or not bench.events:  # a slow machine may see none at first
                device.pir()
                stage.step()
            step_until(stage, lambda: stage.counters()["controller_boots"] == device.boot)
            counters = ledgers.ledger.counters()
    assert seen_in(bench) == sorted(set(seen_in(bench)))
    assert counters["pir_events"] == len(seen_in(bench)) > 0
    assert 1 <= counters["controller_restarts"] <= device.boot - 1


def test_a_line_full_of_garbage_changes_nothing_and_is_over_at_once(ledgers):
    with SimulatedController(3, speed=SPEED) as device:
        bench = Bench(ledgers, device.path, ControllerTerms(watchdog_s=0, reading_s=0.0))
        with closing(bench.stage()) as stage:
            stage.step()
            device.flood(500_000)
            step_until(stage, lambda: not device.noise_left)
            assert bench.events == []
            device.pir()
            step_until(stage, lambda: bool(bench.events))
            assert stage.vitals() == Vitals(3900, -12.3, 5200)


def test_a_pulled_plug_is_told_once_and_the_next_controller_is_found(ledgers):
    with SimulatedController(speed=SPEED) as first, SimulatedController(speed=SPEED) as second:
        bench = Bench(ledgers, first.path)
        with closing(bench.stage()) as stage:
            stage.step()
            first.unplug()
            step_until(stage, lambda: bool(bench.told.troubles))
            assert not stage.step()
            bench.path = second.path
            second.pir()
            step_until(stage, lambda: bool(bench.events))
    assert len(bench.told.troubles) == 1
    assert "gone" in bench.told.troubles[0]


def test_a_controller_that_is_not_there_is_sought_ever_more_rarely(ledgers, tmp_path):
    clock = [0.0]
    bench = Bench(ledgers, str(tmp_path / "nothing"), now=lambda: clock[0])
    with closing(bench.stage()) as stage:
        for second in range(600):
            clock[0] = float(second)
            assert not stage.step()
        assert len(bench.told.troubles) == 1
        assert "cannot be opened" in bench.told.troubles[0]
        # At 0, 1, 3, 7, 15, 31, 63 s, and then every minute.
        assert bench.opened == 7 + (599 - 63) // 60
        assert "cannot be opened" in ledgers.ledger.alarms()["controller"]
        with SimulatedController(speed=SPEED) as device:
            bench.path = device.path
            clock[0] += 60
            assert stage.step()
            assert ledgers.ledger.alarms() == {}


def test_one_whose_watchdog_bites_soon_is_sought_in_time(ledgers, tmp_path):
    clock = [0.0]
    terms = ControllerTerms(watchdog_s=20)
    bench = Bench(ledgers, str(tmp_path / "nothing"), terms, now=lambda: clock[0])
    with closing(bench.stage()) as stage:
        for second in range(100):
            clock[0] = float(second)
            stage.step()
    assert bench.opened >= 100 / 5


def test_a_controller_without_power_says_nothing_and_is_told_as_such(ledgers):
    with closing(PtyLine()) as nobody:
        bench = Bench(ledgers, nobody.path, tries=2)
        with closing(bench.stage()) as stage:
            assert not stage.step()
    assert "does it have power" in bench.told.troubles[0]


def test_what_fails_over_an_event_ends_neither_the_stage_nor_the_next_event(ledgers):
    seen: list[Sensed] = []

    def fail_first(event: Sensed) -> None:
        seen.append(event)
        if len(seen) == 1:
            raise IrbisError("no camera")

    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, on_event=fail_first)
        with closing(bench.stage()) as stage:
            device.pir()
            device.pir()
            with pytest.raises(IrbisError, match="no camera"):
                while True:
                    stage.step()
            step_until(stage, lambda: len(seen) == 2)
            step_until(stage, lambda: device.waiting == 0)
    assert [event.event.number for event in seen] == [0, 1]


class FullCard:
    """A memory on a card without a free byte."""

    def load(self) -> bytes | None:
        return None

    def save(self, state: bytes) -> None:
        raise SpoolFull("no room left on the card")


def test_a_full_card_does_not_make_the_watchdog_bite(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, PATIENT, now=device.now_s)
        with closing(bench.stage(memory=FullCard())) as stage:
            with pytest.raises(SpoolFull):
                stage.step()
            end_s = device.now_s() + 225
            while device.now_s() < end_s:
                with suppress(SpoolFull):
                    stage.step()
            assert device.host_has_power
            assert stage.vitals().battery_mv == 3900
