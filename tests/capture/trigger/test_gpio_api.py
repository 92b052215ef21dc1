from __future__ import annotations

import importlib.util
from typing import Any, Literal, cast

import pytest

from edge.capture.trigger.firing import LineError, TriggerUnavailable
from edge.capture.trigger.gpio_api import GpioApiTrigger, Library
from tests.capture.trigger.wires import Header


def on(header: Header, channel: int = 17, **options: Any) -> GpioApiTrigger:
    return GpioApiTrigger(channel, load=lambda _: cast(Any, header), **options)


def test_it_fires_as_the_line_rises_and_not_as_it_falls() -> None:
    header = Header()
    trigger = on(header)
    trigger.arm()
    header.turn(17, 1)
    assert trigger.wait(0.0) is not None
    header.turn(17, 0)
    assert trigger.wait(0.0) is None


def test_active_low_fires_as_the_line_falls() -> None:
    header = Header()
    header.level = 1
    trigger = on(header, active_low=True)
    trigger.arm()
    assert trigger.wait(0.0) is None
    header.turn(17, 0)
    assert trigger.wait(0.0) is not None


@pytest.mark.parametrize(("active_low", "level"), [(False, 1), (True, 0)])
def test_a_sensor_that_is_active_when_armed_fires(active_low: bool, level: int) -> None:
    header = Header()
    header.level = level
    trigger = on(header, active_low=active_low)
    trigger.arm()
    assert trigger.wait(0.0) is not None


@pytest.mark.parametrize(("numbering", "mode"), [("BCM", Header.BCM), ("BOARD", Header.BOARD)])
def test_channels_are_counted_as_configured(numbering: Literal["BCM", "BOARD"], mode: int) -> None:
    header = Header()
    on(header, numbering=numbering).arm()
    assert header.mode == mode


def test_two_sensors_that_count_differently_are_told_so() -> None:
    header = Header()
    on(header, numbering="BCM").arm()
    with pytest.raises(LineError, match="numbering"):
        on(header, 11, numbering="BOARD").arm()


def test_what_the_library_refuses_is_told_of_which_channel() -> None:
    header = Header()
    header.mode = Header.BOARD
    with pytest.raises(LineError, match="BCM channel 17: A different mode"):
        on(header).arm()
    assert not header.channels, "nothing was taken"


def test_closing_gives_back_its_own_channel_alone() -> None:
    header = Header()
    first, second = on(header, 17), on(header, 27)
    first.arm()
    second.arm()
    first.close()
    assert set(header.listening) == header.channels == {27}


@pytest.mark.parametrize("library", ["RPi.GPIO", "Jetson.GPIO"])
def test_a_library_that_is_missing_is_named_with_the_way_to_get_it(library: Library) -> None:
    if importlib.util.find_spec(library.split(".")[0]) is not None:
        pytest.skip(f"{library} is installed here")
    with pytest.raises(TriggerUnavailable, match=f"{library} is not installed.*pip install"):
        GpioApiTrigger(17, library).arm()
