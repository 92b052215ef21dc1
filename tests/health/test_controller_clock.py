"""The controller's RTC: set by a clock that is true, and believed by a station without one."""

from __future__ import annotations

import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.clock import ClockState
from edge.health.controller_clock import ControllerClock
from edge.records import ClockQuality
from edge.spool.spool import Spool
from edge.times import to_epoch_ms
from firmware_bridge.mcu import Controller
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController
from tests.health.bench import NTP, UNSET, Bench, Memory, step_until

AHEAD = timedelta(hours=1)
SLACK = timedelta(seconds=10)
"""For a busy machine; what must be told apart here is half a minute or an hour."""


def later(by: timedelta = AHEAD) -> datetime:
    """What a station's clock shows where this machine's lies behind by so much."""
    return datetime.now(UTC) + by


def set_by_network(ledgers: Spool, device: SimulatedController) -> None:
    """A station that hears the time from the network meets the controller."""
    bench = Bench(ledgers, device.path, system=NTP, host_now=later)
    with closing(bench.stage()) as stage:
        stage.step()


def test_the_system_s_clock_counts_while_the_network_sets_it(ledgers):
    with SimulatedController() as device:
        set_by_network(ledgers, device)
        bench = Bench(ledgers, device.path, system=NTP)
        with closing(bench.stage()) as stage:
            stage.step()
            assert stage.clock() == ClockState(ClockQuality.NTP)


def test_a_station_without_network_has_the_time_of_the_rtc(ledgers):
    with SimulatedController() as device:
        set_by_network(ledgers, device)
        bench = Bench(ledgers, device.path, system=UNSET)
        with closing(bench.stage()) as stage:
            assert stage.clock() == UNSET
            stage.step()
            clock = stage.clock()
            assert clock.quality is ClockQuality.RTC
            assert abs(clock.now() - later()) < SLACK
            device.pir()
            step_until(stage, lambda: bool(bench.events))
    (event,) = bench.events
    assert event.clock is ClockQuality.RTC
    assert event.at is not None and abs(event.at - later()) < SLACK


def test_an_rtc_that_was_never_set_says_nothing(ledgers):
    with SimulatedController() as device:
        bench = Bench(ledgers, device.path, system=UNSET)
        with closing(bench.stage()) as stage:
            device.pir()
            step_until(stage, lambda: bool(bench.events))
            assert stage.clock() == UNSET
    (event,) = bench.events
    assert event.clock is ClockQuality.UNSET
    assert event.at is not None and abs(event.at - datetime.now(UTC)) < timedelta(seconds=20)
    assert event.at_s is not None and abs(event.at_s - time.monotonic()) < 20


def test_a_brown_out_that_lost_the_time_has_it_set_again(ledgers):
    with SimulatedController() as device:
        bench = Bench(ledgers, device.path, system=NTP, host_now=later)
        with closing(bench.stage()) as stage:
            stage.step()
            device.brown_out()
            step_until(stage, lambda: bool(bench.told.troubles))
            stage.step()
        bench = Bench(ledgers, device.path, system=UNSET)
        with closing(bench.stage()) as stage:
            stage.step()
            assert stage.clock().quality is ClockQuality.RTC


def test_an_rtc_that_is_wrong_is_set_when_the_network_tells_the_time(ledgers):
    with SimulatedController() as device:
        set_by_network(ledgers, device)
        bench = Bench(ledgers, device.path, system=UNSET)
        with closing(bench.stage()) as stage:
            stage.step()
            bench.system = NTP
            stage.step()
            bench.system = UNSET
            stage.step()
            assert abs(stage.clock().offset) < SLACK


def pairs(gained_s: float, over: timedelta) -> bytes:
    """What is kept of an RTC that gained so much against the true time, until now."""
    now = datetime.now(UTC)
    rows = [
        [to_epoch_ms(now - over), to_epoch_ms(now - over), 0.01],
        [to_epoch_ms(now + timedelta(seconds=gained_s)), to_epoch_ms(now), 0.01],
    ]
    return str(rows).encode()


def told_by(memory: Memory, rtc_ahead: timedelta) -> ClockState:
    """The time of a station that hears of no network, from an RTC that is ahead."""
    with SimulatedController() as device, closing(SerialPort(device.path)) as port:
        Controller(port, tries=40, now=lambda: later(rtc_ahead)).set_clock()
        clock = ControllerClock(memory, 200.0, lambda: UNSET)
        clock.keep(Controller(port, tries=40), boot=1, may_set=True)
        return clock.state()


def test_the_drift_that_is_known_is_taken_out():
    # 40 microseconds a second make 35 seconds in ten days.
    gained = timedelta(seconds=34.56)
    told = told_by(Memory(pairs(34.56, timedelta(days=10))), gained)
    assert told.quality is ClockQuality.RTC
    assert abs(told.offset) < SLACK


def test_without_a_known_drift_the_rtc_is_believed_as_it_is():
    told = told_by(Memory(None), timedelta(seconds=34.56))
    assert told.quality is ClockQuality.RTC
    assert abs(told.offset - timedelta(seconds=34.56)) < SLACK


def test_an_rtc_that_runs_wild_is_not_believed():
    assert told_by(Memory(pairs(900, timedelta(days=10))), timedelta(seconds=900)) == UNSET


def test_what_is_known_of_the_drift_survives_a_setting_and_a_reboot():
    memory = Memory(pairs(34.56, timedelta(days=10)))
    with SimulatedController() as device, closing(SerialPort(device.path)) as port:
        Controller(port, tries=40, now=lambda: later(timedelta(seconds=34.56))).set_clock()
        ControllerClock(memory, 200.0, lambda: NTP).keep(Controller(port, tries=40), 1, True)
        assert abs(Controller(port, tries=40).clock().rtc - datetime.now(UTC)) < SLACK
    drift = ControllerClock(memory, 200.0, lambda: NTP).drift()
    assert drift is not None
    # An exchange that takes two seconds, on a busy machine, leaves a doubt of one.
    assert drift.ppm == pytest.approx(40, abs=5)


@given(st.binary(max_size=64) | st.from_regex(rb"\[\[[0-9eE.+-]{1,20},[0-9]{1,20},NaN\]\]"))
def test_a_damaged_memory_is_left_aside(state):
    assert ControllerClock(Memory(state), 200.0, lambda: UNSET).state() == UNSET
