from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import gpiod
import pytest
from gpiod.line import Bias, Clock, Edge, Value

from edge.capture.trigger.firing import LineError, NoSuchLine, TriggerBroken
from edge.capture.trigger.gpio import GpioTrigger, Line, chip_devices, find_line
from tests.capture.trigger.rigs import wired
from tests.capture.trigger.wires import Chip, Wire

CHIPS = {
    "/dev/gpiochip0": Chip("gpiochip0", "pinctrl-rp1", {"ID_SDA": Wire(), "GPIO17": Wire()}),
    "/dev/gpiochip10": Chip("gpiochip10", "gpio-brcmstb", {"RTC": Wire(), "LED": Wire()}),
    "/dev/gpiochip11": Chip("gpiochip11", "gpio-brcmstb", {"LED": Wire()}),
}


def found(line: str | int, chip: str | None = None) -> tuple[str, int]:
    return find_line(Line(line, chip), list(CHIPS), lambda path: cast(gpiod.Chip, CHIPS[path]))


@pytest.mark.parametrize("chip", ["pinctrl-rp1", "gpiochip0", "/dev/gpiochip0"])
@pytest.mark.parametrize("line", ["GPIO17", 1])
def test_a_line_is_found_by_what_its_chip_and_it_are_called(chip: str, line: str | int) -> None:
    assert found(line, chip) == ("/dev/gpiochip0", 1)


def test_the_name_of_a_line_does_where_one_chip_has_it() -> None:
    assert found("RTC") == ("/dev/gpiochip10", 0)


@pytest.mark.parametrize("chip", [None, "gpio-brcmstb"])
def test_a_line_on_two_chips_is_not_guessed(chip: str | None) -> None:
    with pytest.raises(NoSuchLine, match="on 2 chips; name the chip"):
        found("LED", chip)


@pytest.mark.parametrize(("line", "chip"), [("GPIO99", None), (2, "gpiochip0"), (0, "gpiochip7")])
def test_who_names_a_line_that_is_not_there_is_told_what_is(
    line: str | int, chip: str | None
) -> None:
    with pytest.raises(NoSuchLine, match=r"no GPIO line .*pinctrl-rp1 \(gpiochip0\)"):
        found(line, chip)


def test_edges_keep_the_kernels_time_however_late_they_are_read() -> None:
    wire = Wire()
    trigger = wired(wire)
    trigger.arm()
    wire.rise(at_ns=7_250_000_000)
    wire.rise(at_ns=8_500_000_000)
    assert [_at_s(trigger), _at_s(trigger)] == [7.25, 8.5]


def test_edges_for_which_the_kernel_had_no_room_are_counted() -> None:
    wire = Wire()
    trigger = wired(wire)
    trigger.arm()
    wire.rise()
    wire.rise(lost_before=3)
    _at_s(trigger)
    _at_s(trigger)
    assert trigger.lost == 3


def test_a_line_that_is_armed_anew_forgets_no_lost_edge_and_invents_none() -> None:
    wire = Wire()
    trigger = wired(wire)
    for _ in range(2):
        trigger.arm()
        wire.rise(lost_before=3)
        _at_s(trigger)
    assert trigger.lost == 6


def test_a_sensor_that_is_active_when_armed_fires() -> None:
    wire = Wire()
    wire.level = Value.ACTIVE
    trigger = wired(wire)
    trigger.arm()
    assert trigger.wait(0.0) is not None
    assert trigger.wait(0.0) is None


def test_the_line_is_asked_for_what_was_configured() -> None:
    wire = Wire()
    chip = Chip("gpiochip0", "pinctrl-rp1", {"PIR": wire})
    where = Line("PIR", active_low=True, bias="pull_up")
    trigger = GpioTrigger(
        where,
        debounce_s=0.05,
        open_chip=lambda _: cast(gpiod.Chip, chip),
        devices=lambda: ["/dev/gpiochip0"],
    )
    trigger.arm()
    settings = wire.settings
    assert settings is not None
    assert settings.active_low
    assert settings.bias is Bias.PULL_UP
    assert settings.edge_detection is Edge.RISING
    assert settings.event_clock is Clock.MONOTONIC
    assert settings.debounce_period == timedelta(milliseconds=50)


def test_a_line_in_use_is_named() -> None:
    wire = Wire()
    wired(wire).arm()
    with pytest.raises(LineError, match=r"PIR of /dev/gpiochip0: .*busy"):
        wired(wire).arm()


def test_a_closed_line_is_free_for_others() -> None:
    wire = Wire()
    trigger = wired(wire)
    trigger.arm()
    trigger.close()
    assert not wire.taken


def test_a_chip_that_goes_is_told_of() -> None:
    wire = Wire()
    trigger = wired(wire)
    trigger.arm()
    wire.gone = True
    with pytest.raises(LineError, match="No such device"):
        trigger.wait(0.0)


def test_waiting_unarmed_is_a_mistake() -> None:
    with pytest.raises(TriggerBroken, match="arm it first"):
        wired(Wire()).wait(0.0)


def test_a_user_who_may_not_open_the_chip_is_told_of_the_group() -> None:
    def refuse(path: str) -> Any:
        raise PermissionError(13, "Permission denied", path)

    with pytest.raises(LineError, match="group gpio"):
        find_line(Line("PIR"), ["/dev/gpiochip0"], refuse)


@pytest.mark.skipif(bool(chip_devices()), reason="this machine has GPIO chips")
def test_a_machine_without_gpio_says_so() -> None:
    with pytest.raises(NoSuchLine, match="chips here: none"):
        GpioTrigger(Line("GPIO17")).arm()


def test_the_real_library_is_asked_and_what_it_says_is_handed_on() -> None:
    trigger = GpioTrigger(Line("GPIO17"), devices=lambda: ["/dev/null"])
    with pytest.raises(LineError, match="/dev/null"):
        trigger.arm()


def _at_s(trigger: GpioTrigger) -> float:
    firing = trigger.wait(0.0)
    assert firing is not None
    return firing.at_s
