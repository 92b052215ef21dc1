"""Every kind of output line that can run here, and the pin at its other end.

On a real kernel's pins they are tried by ``tests/gpio/inside/test_outputs.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from edge.capture.light.lines import GpioApiOutput, GpiodOutput, OutputLine
from edge.capture.trigger.gpio import Line
from tests.capture.trigger.wires import Chip, Header, Wire


@dataclass(frozen=True)
class Rig:
    """A line, and what its pin is: high, low, or None where nobody drives it."""

    line: OutputLine
    pin: Callable[[], bool | None]
    take_away: Callable[[], None]


def on_wire(wire: Wire, **options: Any) -> GpiodOutput:
    """The line LAMP of the only chip."""
    chip = Chip("gpiochip0", "pinctrl-rp1", {"LAMP": wire})
    return GpiodOutput(
        Line("LAMP", **options),
        open_chip=lambda _: cast(Any, chip),
        devices=lambda: ["/dev/gpiochip0"],
    )


def _gpiod(active_low: bool) -> Rig:
    wire = Wire()

    def take_away() -> None:
        wire.gone = True

    return Rig(on_wire(wire, active_low=active_low), lambda: wire.driven, take_away)


def _gpio_api(active_low: bool) -> Rig:
    header = Header()
    line = GpioApiOutput(22, active_low=active_low, load=lambda _: cast(Any, header))

    def pin() -> bool | None:
        level = header.driven.get(22)
        return None if level is None else level == Header.HIGH

    return Rig(line, pin, header.driven.clear)


RIGS: dict[str, Callable[[bool], Rig]] = {
    "gpiod": _gpiod,
    "gpio_api": _gpio_api,
}
