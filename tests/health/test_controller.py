"""The controller stage with a simulated controller on a real pty."""

from __future__ import annotations

import threading
from contextlib import closing, nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from edge.health.controller import ControllerStage, ControllerTerms
from edge.health.controller_events import SensedKind
from edge.health.controller_orders import NoController, Orders
from edge.health.power import PowerModel, PowerTerms
from edge.health.power_battery import Chemistry
from edge.health.vitals import preferring
from edge.records import ClockQuality, Vitals
from firmware_bridge.mcu import PirEvent, WakeEvent, WakeReason
from firmware_bridge.simulators.controller import SimulatedController
from firmware_bridge.simulators.controller_core import Language
from tests.health.bench import NTP, Bench, step_until

SPEED = 20.0
WATCHED = ControllerTerms(watchdog_s=60)
PATIENT = ControllerTerms(watchdog_s=180)
"""Nine seconds here, within which a busy machine has fed it again."""
LATER_S, SLACK_S = 3.0, 1.0
"""An event is told so much later. When it was, is known to what one exchange takes."""


def test_it_reads_battery_panel_and_temperature(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path)
        with closing(bench.stage()) as stage:
            assert stage.vitals() == Vitals()
            assert stage.step()
            assert stage.vitals() == Vitals(3900, -12.3, 5200)
            assert stage.wake is not None and stage.wake.reason is WakeReason.POWER_ON


def test_what_was_measured_too_long_ago_is_not_told(ledgers):
    with SimulatedController(speed=SPEED) as device:
        clock = [0.0]
        bench = Bench(ledgers, device.path, now=lambda: clock[0])
        with closing(bench.stage()) as stage:
            stage.step()
            clock[0] = 300.0
            assert stage.vitals().battery_mv == 3900
            clock[0] = 301.0
            assert stage.vitals() == Vitals()
            stage.step()
            assert stage.vitals().battery_mv == 3900


def test_the_board_tells_what_the_controller_does_not(ledgers):
    board = Vitals(battery_mv=1, temperature_c=48.0)
    assert preferring(lambda: Vitals(3900, None, 5200), lambda: board)() == Vitals(3900, 48.0, 5200)
    assert preferring(Vitals, lambda: board)() == board


def test_the_battery_s_model_learns_from_it(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path)
        terms = PowerTerms(Chemistry.LI_ION, 40, cells=1)
        model = PowerModel(terms, bench.memory("power"), bench.now())
        with closing(bench.stage(power=model)) as stage:
            assert stage.power() is None
            stage.step()
            outlook = stage.power()
    assert outlook is not None
    assert 0.5 < outlook.battery_j / outlook.capacity_j < 0.8
    assert outlook.capacity_j < 0.7 * 40 * 3600  # at -12.3 degrees


def test_a_station_that_works_keeps_its_power(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, PATIENT, now=device.now_s)
        with closing(bench.stage()) as stage:
            end_s = device.now_s() + 225
            step_until(stage, lambda: device.now_s() > end_s)
            assert device.host_has_power
            assert bench.told.troubles == []


def test_a_station_that_does_nothing_any_more_loses_it_for_a_moment(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, WATCHED, now=device.now_s)
        with closing(bench.stage()) as stage:
            stage.step()
            bench.alive = False
            step_until(stage, lambda: not device.host_has_power)
            step_until(stage, lambda: device.host_has_power)


def test_the_watchdog_does_not_begin_before_the_station_works(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, WATCHED, now=device.now_s, alive=False)
        with closing(bench.stage()) as stage:
            end_s = device.now_s() + 90
            step_until(stage, lambda: device.now_s() > end_s)
            assert device.host_has_power


def test_a_station_that_was_stopped_keeps_its_power(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, WATCHED, now=device.now_s)
        stage = bench.stage()
        stage.step()
        stage.close()
        bench.terms = ControllerTerms(watchdog_s=0)
        with closing(bench.stage()) as watching:
            end_s = device.now_s() + 90
            step_until(watching, lambda: device.now_s() > end_s)
            assert device.host_has_power


def test_a_pir_event_comes_with_the_time_at_which_it_happened(ledgers):
    with SimulatedController() as device:
        bench = Bench(ledgers, device.path, system=NTP)
        with closing(bench.stage()) as stage:
            stage.step()
            before = datetime.now(UTC)
            device.pir()
            after = datetime.now(UTC)
            threading.Event().wait(LATER_S)
            step_until(stage, lambda: bool(bench.events))
    (event,) = bench.events
    assert (event.kind, event.clock) == (SensedKind.PIR, ClockQuality.NTP)
    assert isinstance(event.event, PirEvent)
    slack = timedelta(seconds=SLACK_S)
    assert event.at is not None and before - slack <= event.at <= after + slack
    assert ledgers.ledger.counters()["pir_events"] == 1


def test_what_happened_before_the_station_had_power_has_its_time_too(ledgers):
    with SimulatedController() as device:
        device.pir()
        happened = datetime.now(UTC)
        threading.Event().wait(LATER_S)
        bench = Bench(ledgers, device.path, system=NTP)
        with closing(bench.stage()) as stage:
            step_until(stage, lambda: bool(bench.events))
    (event,) = bench.events
    assert event.at is not None
    assert abs((event.at - happened).total_seconds()) < SLACK_S


def test_a_button_is_told_and_counted_as_well(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path)
        with closing(bench.stage()) as stage:
            stage.step()
            device.call(WakeReason.BUTTON)
            step_until(stage, lambda: bool(bench.events))
    (event,) = bench.events
    assert isinstance(event.event, WakeEvent) and event.event.reason is WakeReason.BUTTON
    assert ledgers.ledger.counters()["wake_events"] == 1


def test_a_low_battery_stands_as_an_alarm_until_it_has_recovered(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path, ControllerTerms(watchdog_s=0, reading_s=0.0))
        with closing(bench.stage()) as stage:
            device.battery_low(3100)
            step_until(stage, lambda: "battery-low" in ledgers.ledger.alarms())
            assert ledgers.ledger.alarms()["battery-low"].startswith("3100 mV")
            device.sensors.battery_mv = 3150
            stage.step()
            assert "battery-low" in ledgers.ledger.alarms()
            device.sensors.battery_mv = 3300
            stage.step()
            assert "battery-low" not in ledgers.ledger.alarms()


def test_starts_of_the_controller_and_events_it_lost_are_counted(ledgers):
    with SimulatedController(speed=SPEED) as device:
        for _ in range(20):
            device.pir()
        bench = Bench(ledgers, device.path)
        with closing(bench.stage()) as stage:
            assert stage.counters() == {}
            stage.step()
            assert stage.counters() == {"controller_boots": 1, "controller_events_lost": 4}


def test_a_controller_of_another_dictionary_is_told_plainly_and_still_sees(ledgers):
    strange = Language(version=9, dictionary=b"another!")
    with SimulatedController(speed=SPEED, language=strange) as device:
        bench = Bench(ledgers, device.path, ControllerTerms())
        with closing(bench.stage()) as stage:
            stage.step()
            device.pir()
            step_until(stage, lambda: bool(bench.events))
            assert stage.vitals() == Vitals()
    (told,) = bench.told.troubles
    assert "protocol 9" in told and "flash the firmware" in told
    assert "protocol 9" in ledgers.ledger.alarms()["controller"]
    assert bench.events[0].kind is SensedKind.PIR


def test_the_right_firmware_ends_the_alarm(ledgers):
    ledgers.ledger.raise_alarm("controller", "speaks protocol 9")
    with (
        SimulatedController(speed=SPEED) as device,
        closing(Bench(ledgers, device.path).stage()) as stage,
    ):
        stage.step()
    assert ledgers.ledger.alarms() == {}


def beside(stage: ControllerStage, work: threading.Event) -> threading.Thread:
    def run() -> None:
        while not work.is_set():
            stage.step()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_another_thread_has_the_power_taken_away(ledgers):
    with SimulatedController(speed=SPEED) as device:
        stage, stop = Bench(ledgers, device.path).stage(), threading.Event()
        thread = beside(stage, stop)
        stage.power_off(after_s=3600, wake_at=None, on_pir=True)
        stage.call_off_power_off()
        with pytest.raises(NoController, match="its clock was never set"):
            stage.power_off(0, datetime(2099, 1, 1, tzinfo=UTC), on_pir=False)
        with pytest.raises(NoController, match="its clock was never set"):
            stage.power_off(0, datetime(2099, 1, 1, tzinfo=UTC), on_pir=True)
        assert device.host_has_power
        stage.power_off(after_s=0, wake_at=None, on_pir=True)
        stop.set()
        thread.join()
        stage.close()
        assert not device.host_has_power


@pytest.mark.parametrize(("off_s", "is_taken"), [(0, True), (20, True), (-7200, False)])
def test_a_controller_whose_clock_is_wrong_keeps_its_motion_sensor(ledgers, off_s, is_taken):
    """Its clock alone would end a sleep without one."""
    with SimulatedController() as device:
        stage, stop = Bench(ledgers, device.path, system=NTP).stage(), threading.Event()
        thread = beside(stage, stop)
        try:
            stage.hold_events(False)  # it is reached, and was told the time
            shown = datetime.now(UTC) + timedelta(seconds=off_s)
            device._ask(lambda: device._core.rtc.set(round(shown.timestamp() * 1000)))
            wake_at = datetime.now(UTC) + timedelta(minutes=10)
            with nullcontext() if is_taken else pytest.raises(NoController, match="is off by"):
                stage.power_off(3600, wake_at, on_pir=False)
        finally:
            stop.set()
            thread.join()
            stage.close()


def test_an_order_that_nobody_took_is_never_carried_out_later():
    carried_out = []
    orders = Orders(patience_s=0.01)
    with pytest.raises(NoController, match="nothing was asked"):
        orders.carry_out(carried_out.append)
    orders.serve(None)  # type: ignore[arg-type]
    assert carried_out == []


def test_one_start_of_the_controller_counts_on_and_another_is_known_as_such(ledgers):
    with SimulatedController(speed=SPEED) as device:
        bench = Bench(ledgers, device.path)
        with closing(bench.stage()) as stage:
            assert stage.guard() is None
            stage.step()
            before = stage.guard()
        with closing(bench.stage()) as stage:
            stage.step()
            after = stage.guard()
        assert before is not None and after is not None
        assert after[0] == before[0]
        assert after[1] >= before[1]
        device.brown_out()
        with closing(bench.stage()) as stage:
            step_until(stage, lambda: stage.guard() is not None)
            anew = stage.guard()
    assert anew is not None and anew[0] > after[0]
