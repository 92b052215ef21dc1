"""A sensor on a line of the kernel's, through rpi-lgpio's RPi.GPIO."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.capture.trigger.firing import LineError
from edge.capture.trigger.gpio_api import GpioApiTrigger
from tests.gpio.inside.sim import SimChip

LONG_S = 30.0


@pytest.fixture
def trigger(header: SimChip) -> Iterator[GpioApiTrigger]:
    made = GpioApiTrigger(17)
    yield made
    made.close()


def test_active_low_fires_as_the_line_falls(header: SimChip) -> None:
    header.pull(22, up=True)
    trigger = GpioApiTrigger(22, active_low=True)
    trigger.arm()
    assert trigger.wait(0.0) is None
    header.pull(22, up=False)
    assert trigger.wait(LONG_S) is not None
    trigger.close()


def test_a_sensor_that_is_active_when_armed_fires(header: SimChip, trigger: GpioApiTrigger) -> None:
    header.pull(17, up=True)
    trigger.arm()
    assert trigger.wait(0.0) is not None
    header.pull(17, up=False)


def test_two_sensors_are_told_apart(header: SimChip, trigger: GpioApiTrigger) -> None:
    other = GpioApiTrigger(27, name="other")
    trigger.arm()
    other.arm()
    header.pulse(27)
    firing = other.wait(LONG_S)
    assert firing is not None
    assert firing.source == "other"
    assert trigger.wait(0.0) is None
    other.close()


def test_two_sensors_that_count_differently_are_told_so(trigger: GpioApiTrigger) -> None:
    trigger.arm()
    with pytest.raises(LineError, match="numbering"):
        GpioApiTrigger(13, numbering="BOARD").arm()
