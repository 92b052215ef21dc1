"""Output lines on a real kernel's pins: a lamp's switch, a filter's coils."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from edge.capture.light.filter import LatchingFilter
from edge.capture.light.lamp import Lamp, LampTerms
from edge.capture.light.lines import GpioApiOutput, GpiodOutput, OutputLine
from edge.capture.trigger.firing import LineError
from edge.capture.trigger.gpio import Line
from tests.gpio.inside.sim import SimChip

MakeChip = Callable[..., SimChip]
NAMES = ("LAMP", "BACK")
either_way = pytest.mark.parametrize("active_low", [False, True])


def by_name(name: str = "LAMP", active_low: bool = False) -> GpiodOutput:
    return GpiodOutput(Line(name, "irbis-sim", active_low))


@either_way
def test_a_pin_is_driven_as_the_line_is_told(make_chip: MakeChip, active_low: bool) -> None:
    chip = make_chip(names=NAMES)
    line = by_name(active_low=active_low)
    line.open()
    assert chip.is_high(0) is active_low
    for on in (True, False, True):
        line.set(on)
        assert chip.is_high(0) is (on != active_low)
    line.close()


@either_way
def test_the_same_by_the_rpi_gpio_api(header: SimChip, active_low: bool) -> None:
    line: OutputLine = GpioApiOutput(22, active_low=active_low)
    line.open()
    assert header.is_high(22) is active_low
    for on in (True, False, True):
        line.set(on)
        assert header.is_high(22) is (on != active_low)
    line.close()


def test_a_line_that_is_held_is_not_taken_twice(make_chip: MakeChip) -> None:
    make_chip(names=NAMES)
    first = by_name()
    first.open()
    with pytest.raises(LineError, match="in use"):
        by_name().open()
    first.close()
    second = by_name()
    second.open()
    second.close()


def test_a_chip_that_vanishes_is_told_of_and_its_line_can_be_closed(make_chip: MakeChip) -> None:
    chip = make_chip(names=NAMES)
    lamp = Lamp(by_name(), LampTerms(3.0))
    lamp.open()
    chip.vanish()
    assert not lamp.burn()
    assert lamp.trouble is not None
    lamp.close()


def test_a_coil_gets_its_pulses_one_at_a_time(make_chip: MakeChip) -> None:
    chip = make_chip(names=NAMES)
    seen: list[tuple[bool, bool]] = []

    def pause(_: float) -> None:
        seen.append((chip.is_high(0), chip.is_high(1)))

    latching = LatchingFilter(by_name("LAMP"), by_name("BACK"), 0.1, pause)
    latching.move(True)
    latching.move(False)
    assert seen == [(True, False), (False, True)]
    assert not chip.is_high(0) and not chip.is_high(1)
    latching.close()


BURNS = """\
import time
from edge.capture.light.lamp import Lamp, LampTerms
from tests.gpio.inside.test_outputs import by_name
lamp = Lamp(by_name(), LampTerms(3.0))
lamp.open()
assert lamp.burn()
print("burns", flush=True)
time.sleep(600)
"""


def test_a_process_that_is_killed_with_its_lamp_on_leaves_it_dark(make_chip: MakeChip) -> None:
    chip = make_chip(names=NAMES)
    process = subprocess.Popen([sys.executable, "-c", BURNS], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "burns\n"
    assert chip.is_high(0)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    assert not chip.is_high(0)
