"""A sensor on a line of the kernel's, through the character device."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest

from edge.capture.trigger.firing import Firing, LineError, NoSuchLine
from edge.capture.trigger.gpio import GpioTrigger, Line, chip_devices
from tests.gpio.inside.sim import SimChip

MakeChip = Callable[..., SimChip]
LONG_S = 30.0
NOBODY = 65534
DEBOUNCE_S = 1.0
"""Long against what this machine takes for twenty turns of a line."""


def armed(where: Line, debounce_s: float = 0.0) -> GpioTrigger:
    trigger = GpioTrigger(where, debounce_s=debounce_s)
    trigger.arm()
    return trigger


def all_of(trigger: GpioTrigger) -> list[Firing]:
    found = []
    while (firing := trigger.wait(0.0)) is not None:
        found.append(firing)
    return found


def fires(chip: SimChip, offset: int, where: Line) -> bool:
    trigger = armed(where)
    chip.pulse(offset)
    fired = trigger.wait(LONG_S) is not None
    trigger.close()
    return fired


@pytest.mark.parametrize("line", ["PIR", 1])
def test_a_line_is_found_by_what_its_chip_and_it_are_called(
    make_chip: MakeChip, line: str | int
) -> None:
    make_chip("irbis-one", ("A", "B"))
    chip = make_chip("irbis-two")
    for called in ("irbis-two", chip.name, chip.device):
        assert fires(chip, 1, Line(line, called))


def test_the_name_of_a_line_does_where_one_chip_has_it(make_chip: MakeChip) -> None:
    make_chip("irbis-one", ("A", "B"))
    assert fires(make_chip("irbis-two"), 1, Line("PIR"))


def test_a_line_on_two_chips_is_not_guessed(make_chip: MakeChip) -> None:
    make_chip("irbis-one")
    make_chip("irbis-two")
    with pytest.raises(NoSuchLine, match="on 2 chips; name the chip"):
        armed(Line("PIR"))


@pytest.mark.parametrize("line", ["GPIO99", 2])
def test_who_names_a_line_that_is_not_there_is_told_what_is(
    make_chip: MakeChip, line: str | int
) -> None:
    chip = make_chip()
    with pytest.raises(NoSuchLine, match=rf"no GPIO line .*irbis-sim \({chip.name}\)"):
        armed(Line(line, "irbis-sim"))


def test_each_chip_is_listed_once(make_chip: MakeChip) -> None:
    chips = [make_chip(label).device for label in ("irbis-one", "irbis-two")]
    assert [chip_devices().count(device) for device in chips] == [1, 1]


def test_an_edge_bears_the_kernels_time_however_late_it_is_read(make_chip: MakeChip) -> None:
    chip = make_chip()
    trigger = armed(Line("PIR"))
    between = []
    for _ in range(3):
        before_s = time.monotonic()
        chip.pulse(1)
        between.append((before_s, time.monotonic()))
    firings = all_of(trigger)
    trigger.close()

    assert len(firings) == 3
    for firing, (before_s, after_s) in zip(firings, between, strict=True):
        assert before_s <= firing.at_s <= after_s


def test_a_line_that_falls_does_not_fire(make_chip: MakeChip) -> None:
    chip = make_chip()
    chip.pull(1, up=True)
    trigger = armed(Line("PIR"))
    assert len(all_of(trigger)) == 1  # it was high as it was armed
    chip.pull(1, up=False)
    assert all_of(trigger) == []
    trigger.close()


def test_active_low_fires_as_the_line_falls(make_chip: MakeChip) -> None:
    chip = make_chip()
    chip.pull(1, up=True)
    trigger = armed(Line("PIR", active_low=True))
    assert all_of(trigger) == []
    chip.pull(1, up=False)
    assert len(all_of(trigger)) == 1
    trigger.close()


@pytest.mark.parametrize(("bias", "high"), [("pull_up", True), ("pull_down", False)])
def test_the_resistor_that_was_asked_for_is_switched_on(
    make_chip: MakeChip, bias: str, high: bool
) -> None:
    chip = make_chip()
    chip.pull(1, up=not high)
    trigger = armed(Line("PIR", bias=bias))  # type: ignore[arg-type]
    assert chip.is_high(1) is high
    trigger.close()


def test_a_line_that_bounces_fires_once(make_chip: MakeChip) -> None:
    chip = make_chip()
    trigger = armed(Line("PIR"), DEBOUNCE_S)
    for _ in range(10):
        chip.pulse(1)
    chip.pull(1, up=True)
    assert trigger.wait(LONG_S) is not None
    chip.pull(1, up=False)
    assert trigger.wait(2 * DEBOUNCE_S) is None
    trigger.close()


def test_a_spike_shorter_than_the_debounce_does_not_fire(make_chip: MakeChip) -> None:
    chip = make_chip()
    trigger = armed(Line("PIR"), DEBOUNCE_S)
    chip.pulse(1)
    assert trigger.wait(2 * DEBOUNCE_S) is None
    trigger.close()


def test_edges_for_which_the_kernel_had_no_room_are_counted(make_chip: MakeChip) -> None:
    chip = make_chip()
    trigger = armed(Line("PIR"))
    for _ in range(1500):
        chip.pulse(1)
    firings = all_of(trigger)
    assert 0 < len(firings) < 1500
    assert len(firings) + trigger.lost == 1500

    chip.pulse(1)
    assert len(all_of(trigger)) == 1
    trigger.close()


def test_a_line_in_use_is_named_and_free_when_it_is_let_go(make_chip: MakeChip) -> None:
    make_chip()
    first = armed(Line("PIR"))
    with pytest.raises(LineError, match="busy"):
        armed(Line("PIR"))
    first.close()
    armed(Line("PIR")).close()


def test_a_user_who_may_not_open_the_chip_is_told_of_the_group(make_chip: MakeChip) -> None:
    make_chip()
    os.seteuid(NOBODY)
    try:
        with pytest.raises(LineError, match="group gpio"):
            armed(Line("PIR", "irbis-sim"))
    finally:
        os.seteuid(0)


def test_a_chip_that_vanishes_is_told_of_and_taken_again_when_it_is_back(
    make_chip: MakeChip,
) -> None:
    trigger = GpioTrigger(Line("PIR", "irbis-sim"))
    chip = make_chip()
    trigger.arm()
    chip.vanish()
    with pytest.raises(LineError):
        trigger.wait(LONG_S)
    trigger.close()
    with pytest.raises(NoSuchLine):
        trigger.arm()

    back = make_chip()
    trigger.arm()
    back.pulse(1)
    assert trigger.wait(LONG_S) is not None
    trigger.close()
