"""What stands at the other end of a GPIO line here, where no kernel has one."""

from __future__ import annotations

import errno
import threading
import time
from collections.abc import Callable
from typing import Any

import gpiod
from gpiod.line import Direction, Value


class Wire:
    """A line on a chip. The kernel's part: levels, edges with timestamps and numbers, a buffer."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._edges: list[gpiod.EdgeEvent] = []
        self._number = 0
        self.level = Value.INACTIVE
        self.driven: bool | None = None
        """The pin's own level, high or low; None: nobody drives it, its resistor has it."""
        self.kept = False
        """Whether the kernel lets a pin be driven on when its line is let go."""
        self.settings: gpiod.LineSettings | None = None
        self.gone = False

    @property
    def taken(self) -> bool:
        return self.settings is not None

    def rise(self, at_ns: int | None = None, lost_before: int = 0) -> None:
        """An edge, by the monotonic clock; so many before it found the kernel's buffer full."""
        self._number += 1 + lost_before
        stamp = time.monotonic_ns() if at_ns is None else at_ns
        rising = gpiod.EdgeEvent.Type.RISING_EDGE.value
        with self._changed:
            self._edges.append(gpiod.EdgeEvent(rising, stamp, 0, self._number, self._number))
            self._changed.notify()

    def get_value(self, offset: int) -> Value:
        return self.level

    def set_value(self, offset: int, value: Value) -> None:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        assert self.settings is not None, "a line that nobody holds"
        self.driven = (value is Value.ACTIVE) != self.settings.active_low

    def wait_edge_events(self, timeout: float) -> bool:
        if self.gone:
            raise OSError(errno.ENODEV, "No such device")
        with self._changed:
            return bool(self._changed.wait_for(lambda: self._edges, timeout))

    def read_edge_events(self) -> list[gpiod.EdgeEvent]:
        read, self._edges = self._edges, []
        return read

    def release(self) -> None:
        self.settings, self._number, self._edges = None, 0, []
        if not self.kept:
            self.driven = None


class Chip:
    """A GPIO chip whose lines are wires; of gpiod it has what a trigger uses."""

    def __init__(self, name: str, label: str, lines: dict[str, Wire]) -> None:
        self.info = gpiod.ChipInfo(name, label, len(lines))
        self._names, self._wires = list(lines), list(lines.values())

    def __enter__(self) -> Chip:
        return self

    def __exit__(self, *error: object) -> None:
        """Nothing is held."""

    def get_info(self) -> gpiod.ChipInfo:
        return self.info

    def line_offset_from_id(self, line: int | str) -> int:
        if isinstance(line, str):
            if line not in self._names:
                raise FileNotFoundError(errno.ENOENT, "No such file or directory")
            return self._names.index(line)
        if line >= len(self._wires):
            raise ValueError("line offset of out range")
        return line

    def request_lines(
        self, config: dict[int, gpiod.LineSettings], consumer: str, event_buffer_size: int = 0
    ) -> Wire:
        ((offset, settings),) = config.items()
        wire = self._wires[offset]
        if wire.taken:
            raise OSError(errno.EBUSY, "Device or resource busy")
        wire.settings = settings
        if settings.direction is Direction.OUTPUT:
            wire.set_value(offset, settings.output_value)
        return wire


class Header:
    """The RPi.GPIO API over one level for all channels, with what is strict in either library."""

    BCM, BOARD, IN, OUT, RISING, FALLING, LOW, HIGH = 11, 10, 1, 0, 31, 32, 0, 1

    def __init__(self) -> None:
        self.level = 0
        self.mode: int | None = None
        self.channels: set[int] = set()
        self.listening: dict[int, tuple[int, Callable[[int], None]]] = {}
        self.driven: dict[int, int] = {}

    def setmode(self, mode: int) -> None:
        if self.mode not in (None, mode):
            raise ValueError("A different mode has already been set!")
        self.mode = mode

    def setup(self, channel: int, direction: Any, *, initial: Any = LOW) -> None:
        self.channels.add(channel)
        if direction == self.OUT:
            self.driven[channel] = initial

    def output(self, channel: int, value: Any) -> None:
        if channel not in self.driven:
            raise RuntimeError("The GPIO channel has not been set up as an OUTPUT")
        self.driven[channel] = value

    def input(self, channel: int) -> int:
        if channel in self.listening:  # Jetson.GPIO has closed the handle through which it reads
            raise OSError(errno.EBADF, "Getting line value: Bad file descriptor")
        return self.level

    def add_event_detect(self, channel: int, edge: int, callback: Callable[[int], None]) -> None:
        if self.listening.get(channel, (edge,))[0] != edge:
            raise RuntimeError("Conflicting edge detection already enabled for this GPIO channel")
        self.listening[channel] = (edge, callback)

    def remove_event_detect(self, channel: int) -> None:
        del self.listening[channel]

    def cleanup(self, channel: int) -> None:
        self.channels.remove(channel)
        self.driven.pop(channel, None)

    def turn(self, channel: int, level: int) -> None:
        """The wire changes its level."""
        changed, self.level = level != self.level, level
        edge, callback = self.listening[channel]
        if changed and edge == (self.RISING if level else self.FALLING):
            callback(channel)
