"""The wiring that a configuration describes: no two parts on one GPIO line, or on one serial port.

Two that share one take it from each other: a lamp on the motion sensor's line makes a station
blind, and of two that read one port each hears half.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from edge.config_capture import Capture, Gpio
from edge.config_clock import Clock
from edge.config_gpio import GpioLine
from edge.config_power import Controller
from edge.config_uplink import Uplink

_PIN_OF_BOARD = {
    3: 2, 5: 3, 7: 4, 8: 14, 10: 15, 11: 17, 12: 18, 13: 27, 15: 22, 16: 23, 18: 24, 19: 10,
    21: 9, 22: 25, 23: 11, 24: 8, 26: 7, 27: 0, 28: 1, 29: 5, 31: 6, 32: 12, 33: 13, 35: 19,
    36: 16, 37: 26, 38: 20, 40: 21,
}  # fmt: skip
"""BCM channel by the place on the header of 40 pins, as Raspberry Pi lays it out; a Jetson's BCM
numbers are those of the same places."""
_PI_NAME = re.compile(r"(?:GPIO|ID_SD|ID_SC)(\d+)")
"""What a Raspberry Pi's kernel calls a line of its header: the channel, with a word before it."""


def clashes(
    capture: Capture, uplink: Uplink, clock: Clock, controller: Controller | None
) -> Iterator[str]:
    """A line for each two parts that name the same line or port."""
    for (one, line), (other, other_line) in combinations(_lines(capture), 2):
        if _is_same(line, other_line):
            yield _twice(f"GPIO line, {line.line}", one, other)
    for (one, port), (other, other_port) in combinations(_ports(uplink, clock, controller), 2):
        if os.path.realpath(port) == os.path.realpath(other_port):
            yield _twice(f"port, {port}", one, other)


def _twice(what: str, one: str, other: str) -> str:
    return f"one {what}, is named by {one} and by {other}: each needs its own"


def _lines(capture: Capture) -> Iterator[tuple[str, GpioLine]]:
    """Who takes a GPIO line, and which."""
    for number, trigger in enumerate(capture.triggers, start=1):
        if isinstance(trigger, Gpio):
            yield f"[[capture.triggers]] {trigger.name or f'number {number}'}", trigger
    light = capture.light
    if light.lamp is not None:
        yield "[capture.light.lamp]", light.lamp
    if light.filter is not None:
        yield "[capture.light.filter] out", light.filter.out
        if light.filter.back is not None:
            yield "[capture.light.filter] back", light.filter.back


def _ports(
    uplink: Uplink, clock: Clock, controller: Controller | None
) -> Iterator[tuple[str, Path]]:
    """Who takes a serial port, and which."""
    if controller is not None:
        yield "[controller] port", controller.port
    if clock.gnss is not None:
        yield "[clock] gnss", clock.gnss
    if uplink.lorawan is not None:
        yield "[uplink.lorawan] port", uplink.lorawan.port
    if uplink.satellite is not None:
        yield "[uplink.satellite] port", uplink.satellite.port
    modem = None if uplink.cellular is None else uplink.cellular.modem
    if modem is not None and modem.startswith("/"):  # else it is an equipment number
        yield "[uplink.cellular] modem", Path(modem)


def _is_same(one: GpioLine, other: GpioLine) -> bool:
    """Whether two names are known to mean one line: the same chip may have several names, which
    only the board itself can tell."""
    if (one.backend == "jetson-gpio") != (other.backend == "jetson-gpio"):
        return False  # its kernel names lines otherwise
    chips = {Path(line.chip).name for line in (one, other) if line.chip is not None}
    if len(chips) > 1 or _channel(one) != _channel(other):
        return False
    # A bare name is that of the header's line; an offset counts on the chip that is named with it,
    # which may be an expander.
    apart = (one.chip is None) != (other.chip is None) and type(one.line) is not type(other.line)
    return not apart or chips == {"gpiochip0"}


def _channel(line: GpioLine) -> int | str:
    """The number of a line where its name tells it, on the header where that is counted."""
    if isinstance(line.line, str):
        named = _PI_NAME.fullmatch(line.line)
        return line.line if named is None else int(named[1])
    return _PIN_OF_BOARD.get(line.line, -line.line) if line.numbering == "BOARD" else line.line
