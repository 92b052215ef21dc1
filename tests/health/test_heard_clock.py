"""The time that was heard, and how long it is believed."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from edge.health.clock import ClockState
from edge.health.controller_clock import ControllerClock
from edge.health.heard_clock import HOLD_S, MADE, HeardClock
from edge.records import ClockQuality
from edge.wire.air.moment import Anchor, Uptime
from firmware_bridge.gnss import WEEKS_ANEW
from firmware_bridge.mcu import Controller
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController
from tests.health.bench import NTP, UNSET, Memory

SLACK = timedelta(seconds=10)
"""For a busy machine; what must be told apart here is more than a minute."""
RTC = ClockState(ClockQuality.RTC, timedelta(hours=5))


def later(hours: int = 1) -> datetime:
    """The true time of a station whose system's clock is slow by so much."""
    return datetime.now(UTC) + timedelta(hours=hours)


class Machine:
    def __init__(self) -> None:
        self.now_s = 500.0
        self.heard = HeardClock(lambda: self.now_s)


@pytest.mark.parametrize("board", [UNSET, RTC, NTP])
def test_satellites_count_most(board: ClockState) -> None:
    machine = Machine()
    machine.heard.satellites(later(), machine.now_s)
    state = machine.heard.over(board)
    assert state.quality is ClockQuality.GPS
    assert abs(state.now() - later()) < SLACK


def test_after_hours_they_are_as_good_as_a_board_s_clock_and_are_not_forgotten() -> None:
    machine = Machine()
    machine.heard.satellites(later(), machine.now_s)
    machine.now_s += HOLD_S + 1
    for board in (UNSET, RTC):
        state = machine.heard.over(board)
        assert state.quality is ClockQuality.RTC
        assert abs(state.now() - later() - timedelta(seconds=HOLD_S + 1)) < SLACK
    assert machine.heard.over(NTP) == NTP


def test_a_cell_counts_where_nothing_else_is_known() -> None:
    machine = Machine()
    machine.heard.cell(later())
    state = machine.heard.over(UNSET)
    assert (state.quality, state.is_told) == (ClockQuality.RTC, False)
    assert abs(state.now() - later()) < SLACK
    assert machine.heard.over(RTC) == RTC
    assert machine.heard.over(NTP) == NTP


@pytest.mark.parametrize("at", [datetime(1980, 1, 6, tzinfo=UTC), MADE + WEEKS_ANEW])
def test_the_clock_of_a_modem_that_was_told_nothing_is_no_time(at: datetime) -> None:
    machine = Machine()
    machine.heard.cell(at)
    assert machine.heard.over(UNSET) == UNSET


def test_nothing_heard_changes_nothing() -> None:
    assert Machine().heard.over(RTC) == RTC


def test_a_process_that_begins_anew_knows_what_the_one_before_it_heard() -> None:
    machine = Machine()
    said = later()
    anchors = [
        Anchor(Uptime(7, 300), said - timedelta(seconds=100), ClockQuality.GPS),
        Anchor(Uptime(7, 400), said, ClockQuality.GPS),
        Anchor(Uptime(7, 450), said + timedelta(days=9), ClockQuality.RTC),
    ]
    machine.heard.recall(Uptime(7, 500), anchors)
    state = machine.heard.over(UNSET)
    assert state.quality is ClockQuality.GPS
    assert abs(state.now() - later() - timedelta(seconds=100)) < SLACK


def test_another_run_of_the_machine_knows_nothing_of_it() -> None:
    machine = Machine()
    machine.heard.recall(Uptime(8, 500), [Anchor(Uptime(7, 400), later(), ClockQuality.GPS)])
    assert machine.heard.over(UNSET) == UNSET


@pytest.mark.parametrize(("hours", "holds"), [(0, True), (9, False), (-9, False)])
def test_tls_goes_by_dates_only_where_the_system_s_clock_shows_them(
    hours: int, holds: bool
) -> None:
    machine = Machine()
    machine.heard.satellites(later(hours), machine.now_s)
    state = machine.heard.over(UNSET)
    assert state.is_told
    assert state.dates_hold is holds


def test_the_controller_s_clock_is_set_by_satellites_and_not_by_the_system_s() -> None:
    machine = Machine()
    machine.heard.satellites(later(), machine.now_s)
    system = machine.heard.over(UNSET)
    with SimulatedController() as device, closing(SerialPort(device.path)) as port:
        controller = Controller(port, tries=40)
        ControllerClock(Memory(), 200.0, lambda: system).keep(controller, 1, may_set=True)
        rtc = controller.clock().rtc
        assert rtc is not None and abs(rtc - later()) < SLACK
        # The next run hears nothing, and has the time of the controller.
        clock = ControllerClock(Memory(), 200.0, lambda: UNSET)
        clock.keep(controller, 1, may_set=True)
        assert abs(clock.state().now() - later()) < SLACK
