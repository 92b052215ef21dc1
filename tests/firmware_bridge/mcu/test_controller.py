"""The client against a simulated controller on a real pty."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from firmware_bridge import dictionary
from firmware_bridge.errors import LinkLost, NoReply, ProtocolMismatch, Refused
from firmware_bridge.mcu import (
    BatteryEvent,
    Charge,
    Controller,
    PirEvent,
    Restarted,
    UnknownEvent,
    WakeEvent,
    WakeReason,
)
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController
from firmware_bridge.simulators.controller_core import Language
from firmware_bridge.simulators.controller_parts import NonVolatile
from firmware_bridge.simulators.pty_line import PtyLine
from tests.firmware_bridge.mcu.bench import linked, take

ANOTHER = Language(version=9, dictionary=b"another!")


def test_the_controller_says_who_it_is() -> None:
    with linked() as (device, controller):
        greeting = controller.connect()

    assert greeting.firmware == "simulated controller"
    assert greeting.boot == device.boot == 1
    assert greeting.dictionary == dictionary.HASH
    assert greeting.mismatch is None


def test_it_tells_the_supply_the_temperature_and_why_it_woke() -> None:
    with linked() as (device, controller):
        device.sensors.solar_mv = None
        device.sensors.current_ma = -85
        energy = controller.energy()

        assert (energy.battery_mv, energy.solar_mv, energy.current_ma) == (3900, None, -85)
        assert energy.charge is Charge.CHARGING
        assert controller.temperature_c() == -12.3
        assert controller.wake().reason is WakeReason.POWER_ON


def test_a_pir_event_tells_when_it_happened_not_when_it_was_told() -> None:
    now = datetime.now(UTC)
    with linked() as (device, controller):
        controller.set_clock()
        happened = controller.clock()
        device.pir()
        later = controller.clock()
        while later.uptime_ms < happened.uptime_ms + 2_000:
            later = controller.clock()
        (event,) = take(controller, 1)

    assert isinstance(event, PirEvent)
    assert happened.uptime_ms <= event.uptime_ms < later.uptime_ms
    assert event.at is not None and happened.rtc is not None and later.rtc is not None
    assert happened.rtc - timedelta(seconds=1) <= event.at <= later.rtc
    assert event.at >= now - timedelta(seconds=1)


def test_an_event_of_a_controller_whose_clock_was_never_set_has_no_date() -> None:
    with linked() as (device, controller):
        device.pir()
        (event,) = take(controller, 1)

    assert isinstance(event, PirEvent)
    assert event.at is None


def test_events_come_in_order_and_each_once() -> None:
    with linked() as (device, controller):
        device.pir()
        device.call(WakeReason.BUTTON)
        device.battery_low(3150)
        events = take(controller, 3)

        assert [type(event) for event in events] == [PirEvent, WakeEvent, BatteryEvent]
        assert isinstance(events[1], WakeEvent) and events[1].reason is WakeReason.BUTTON
        assert isinstance(events[2], BatteryEvent) and events[2].battery_mv == 3150
        assert list(controller.events(timeout_s=0.1)) == []
        assert controller.ping().waiting == 0


def test_an_event_whose_handling_died_with_the_program_comes_again_in_the_next() -> None:
    with SimulatedController() as device:
        device.pir()
        with Controller(SerialPort(device.path)) as dying:
            before = next(dying.events(timeout_s=20))
        with Controller(SerialPort(device.path)) as following:
            assert take(following, 1) == [before]
            assert following.ping().waiting == 0


def test_an_event_comes_once_to_a_program_that_left_the_loop_early() -> None:
    with linked() as (device, controller):
        device.pir()
        device.pir()
        first = next(controller.events(timeout_s=20))
        second = next(controller.events(timeout_s=20))

    assert isinstance(first, PirEvent) and isinstance(second, PirEvent)
    assert (first.number, second.number) == (0, 1)


def test_a_full_queue_is_told() -> None:
    with linked() as (device, controller):
        for _ in range(20):
            device.pir()
        pong = controller.ping()

    assert pong.waiting + pong.lost == 20
    assert pong.lost == 4


def test_counter_blocks_follow_each_other_and_outlive_brown_outs() -> None:
    with linked() as (device, controller):
        blocks = [controller.reserve(2, 64)]
        device.brown_out()
        blocks.append(controller.reserve(2, 64))

        assert blocks == [range(64), range(64, 128)]
        assert controller.counter(2) == 128
        assert controller.counter(1) == 0


def test_a_counter_can_be_raised_and_never_lowered() -> None:
    with linked() as (_, controller):
        assert controller.counter(0, at_least=500) == 500
        assert controller.counter(0, at_least=3) == 500
        assert controller.reserve(0, 2) == range(500, 502)


def test_a_counter_at_its_end_says_so_and_gives_nothing() -> None:
    memory = NonVolatile(counters=[2**32 - 10, 0, 0, 0])
    with linked(memory=memory) as (_, controller):
        with pytest.raises(Refused, match="take another one") as refused:
            controller.reserve(0, 10)

        assert refused.value.code == "exhausted"
        assert controller.reserve(0, 9) == range(2**32 - 10, 2**32 - 1)


def test_a_restart_is_told_once_and_events_count_from_0_again() -> None:
    with linked() as (device, controller):
        device.pir()
        take(controller, 1)
        device.brown_out()
        (event,) = take(controller, 1)

        assert isinstance(event, Restarted)
        assert event.greeting.boot == 2
        device.pir()
        (event,) = take(controller, 1)
        assert isinstance(event, PirEvent)
        assert (event.boot, event.number) == (2, 0)


def test_a_call_greets_a_controller_that_has_restarted_and_is_carried_out() -> None:
    with linked() as (device, controller):
        controller.ping()
        device.brown_out()

        assert controller.energy().battery_mv == 3900
        assert isinstance(take(controller, 1)[0], Restarted)


def test_the_clock_is_set_to_the_hosts_and_tells_what_it_showed_before() -> None:
    with linked(speed=1.0) as (_, controller):
        begun = datetime.now(UTC)
        never = controller.set_clock()
        took = datetime.now(UTC) - begun  # what it was told may have been under way for so long
        reading = controller.clock()
        again = controller.set_clock()

    assert never.before.rtc is None
    assert reading.rtc is not None and again.before.rtc is not None
    near = took + timedelta(seconds=reading.uncertainty_s + 0.1)
    assert abs(reading.rtc - reading.host) <= near
    assert again.before.rtc >= reading.rtc


def test_a_mismatch_is_told_with_both_versions_and_the_safe_subset_goes_on() -> None:
    with linked(language=ANOTHER) as (device, controller):
        greeting = controller.connect()
        told = str(greeting.mismatch)

        assert "protocol 9" in told and b"another!".hex() in told
        assert "protocol 1" in told and dictionary.HASH.hex() in told
        device.pir()
        (event,) = take(controller, 1)
        assert isinstance(event, PirEvent)
        assert controller.ping().waiting == 0
        assert controller.wake().reason is WakeReason.POWER_ON
        assert controller.clock().rtc is None


def test_no_command_reaches_a_controller_of_another_dictionary() -> None:
    with linked(language=ANOTHER) as (_, controller):
        for command in (
            lambda: controller.power_off(0, None, on_pir=True),
            lambda: controller.watchdog(10),
            lambda: controller.reserve(0, 1),
            lambda: controller.energy(),
            lambda: controller.set_clock(),
        ):
            with pytest.raises(ProtocolMismatch, match="PIR events"):
                command()


def test_an_event_of_another_dictionary_is_acknowledged_and_not_interpreted() -> None:
    with linked(language=ANOTHER) as (device, controller):
        device.battery_low(3000)
        device.pir()
        strange, known = take(controller, 2)

    assert isinstance(strange, UnknownEvent) and strange.type == 18
    assert isinstance(known, PirEvent)


def test_the_host_loses_its_power_and_a_pir_event_brings_it_back() -> None:
    with linked(speed=100.0, tries=20) as (device, controller):
        controller.power_off(after_s=3, wake_at=None, on_pir=True)
        with pytest.raises(NoReply, match="does it have power"):
            while True:
                controller.ping()
        assert not device.host_has_power
        device.pir()

        wake = controller.wake()
        assert wake.reason is WakeReason.PIR
        assert [type(event) for event in take(controller, 2)] == [Restarted, PirEvent]


def test_a_power_off_can_be_called_off() -> None:
    with linked(speed=100.0) as (device, controller):
        controller.power_off(after_s=300, wake_at=None, on_pir=True)
        controller.call_off_power_off()  # within three seconds of ours
        begun = controller.ping().uptime_ms
        while controller.ping().uptime_ms < begun + 305_000:
            pass

        assert device.host_has_power


@pytest.mark.parametrize(
    ("wake_at", "on_pir", "code"),
    [(None, False, "never-wakes"), (datetime(2030, 1, 1, tzinfo=UTC), True, "rtc-unset")],
)
def test_a_host_that_would_not_wake_as_asked_keeps_its_power(
    wake_at: datetime | None, on_pir: bool, code: str
) -> None:
    with linked() as (_, controller), pytest.raises(Refused) as refused:
        controller.power_off(5, wake_at, on_pir)

    assert refused.value.code == code


def test_a_value_out_of_range_is_refused_and_nothing_else_happens() -> None:
    with linked() as (_, controller):
        for command in (
            lambda: controller.watchdog(5),
            lambda: controller.reserve(4, 1),
            lambda: controller.power_off(3601, None, on_pir=True),
        ):
            with pytest.raises(Refused, match="out of the range"):
                command()
        assert controller.counter(3) == 0


def test_a_silent_line_says_what_to_look_at() -> None:
    with closing(PtyLine()) as nobody:
        controller = Controller(SerialPort(nobody.path), resend_s=0.01, tries=2)
        with controller, pytest.raises(NoReply, match="is this its port"):
            controller.ping()


def test_a_pulled_plug_is_told_as_such() -> None:
    with linked() as (device, controller):
        controller.ping()
        device.unplug()
        with pytest.raises(LinkLost):
            controller.ping()
