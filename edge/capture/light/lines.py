"""Output lines: a lamp's switch, a filter's coil.

What ends a process ends its hold on a line. Whether the pin then falls back to what its resistor
says is the kernel's choice: mainline lets go, Raspberry Pi's keeps what was driven unless
``dtparam=strict_gpiod`` stands in config.txt (raspberrypi/linux, pull requests 6117 and 6150). So a
line is also driven off as it is opened: a station that is started again puts out what it left on.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, Protocol

from edge.capture.trigger.firing import LineError
from edge.capture.trigger.gpio import Line, chip_devices, find_line, open_device, told
from edge.capture.trigger.gpio_api import GpioApi, Library, load_library

if TYPE_CHECKING:
    import gpiod


class OutputLine(Protocol):
    """A line that is driven. Made without effect."""

    def open(self) -> None:
        """Take the line, driven off; nothing happens where it is held. Raises TriggerError."""

    def set(self, on: bool) -> None:
        """Drive it so. Raises LineError where it was not opened or has gone."""

    def close(self) -> None:
        """Off, and given back; nothing happens where it is not held. Raises nothing: what does not
        answer any more cannot be driven either."""


class GpiodOutput:
    """A line of the kernel's character device; on is low with ``where.active_low``."""

    def __init__(
        self,
        where: Line,
        open_chip: Callable[[str], gpiod.Chip] | None = None,
        devices: Callable[[], list[str]] | None = None,
    ) -> None:
        self._where = where
        self._open_chip, self._devices = open_chip or open_device, devices or chip_devices
        self._held: tuple[gpiod.LineRequest, int] | None = None

    def open(self) -> None:
        if self._held is not None:
            return
        chip, offset = find_line(self._where, self._devices(), self._open_chip)
        with told(f"GPIO line {self._where.line} of {chip}"), self._open_chip(chip) as opened:
            request = opened.request_lines({offset: self._settings()}, consumer="irbis")
            self._held = request, offset

    def set(self, on: bool) -> None:
        if self._held is None:
            raise LineError(f"GPIO line {self._where.line} is not open; open it first")
        from gpiod.line import Value

        request, offset = self._held
        with told(f"GPIO line {self._where.line}"):
            request.set_value(offset, Value.ACTIVE if on else Value.INACTIVE)

    def close(self) -> None:
        if self._held is None:
            return
        with suppress(LineError):
            self.set(False)
        (request, _), self._held = self._held, None
        with suppress(OSError):
            request.release()

    def _settings(self) -> gpiod.LineSettings:
        from gpiod import LineSettings
        from gpiod.line import Bias, Direction, Value

        return LineSettings(
            direction=Direction.OUTPUT,
            bias=Bias[self._where.bias.upper()],
            active_low=self._where.active_low,
            output_value=Value.INACTIVE,  # of the logical value: there is no moment in between
        )


class GpioApiOutput:
    """A line through the RPi.GPIO API, as ``GpioApiTrigger`` reads one."""

    def __init__(
        self,
        channel: int,
        library: Library = "RPi.GPIO",
        numbering: Literal["BCM", "BOARD"] = "BCM",
        active_low: bool = False,
        load: Callable[[Library], GpioApi] | None = None,
    ) -> None:
        self._channel, self._library, self._numbering = channel, library, numbering
        self._active_low, self._load = active_low, load or load_library
        self._api: GpioApi | None = None

    def open(self) -> None:
        if self._api is not None:
            return
        api = self._load(self._library)
        try:
            api.setmode(api.BCM if self._numbering == "BCM" else api.BOARD)
            api.setup(self._channel, api.OUT, initial=self._level(api, on=False))
        except Exception as error:  # each library has its own, down to the bare Exception
            raise self._failed(error) from error
        self._api = api

    def set(self, on: bool) -> None:
        api = self._api
        if api is None:
            raise LineError(f"{self._numbering} channel {self._channel} is not open; open it first")
        try:
            api.output(self._channel, self._level(api, on))
        except Exception as error:
            raise self._failed(error) from error

    def close(self) -> None:
        if self._api is None:
            return
        with suppress(LineError):
            self.set(False)
        api, self._api = self._api, None
        with suppress(Exception):  # of whatever type the library has
            api.cleanup(self._channel)

    def _level(self, api: GpioApi, on: bool) -> int:
        level: int = api.HIGH if on != self._active_low else api.LOW
        return level

    def _failed(self, error: Exception) -> LineError:
        return LineError(
            f"{self._library}: {self._numbering} channel {self._channel}: {error}; is it in use?"
        )
