"""How a configuration names a GPIO line: a sensor's, a lamp's, a filter's."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from edge.config_uplink import Section


class GpioLine(Section):
    """A line, by the kernel's character device or by a library with RPi.GPIO's functions."""

    backend: Literal["gpiod", "rpi-gpio", "jetson-gpio"] = "gpiod"
    """``gpiod`` has the kernel's own time of each edge; the others are for boards that need it."""
    chip: str | None = Field(default=None, min_length=1)
    """gpiod: the chip's label, name or device; absent: the only one that has the line."""
    line: int | str
    """gpiod: the line's name (``"GPIO17"``) or its offset; the others: its channel's number."""
    numbering: Literal["BCM", "BOARD"] = "BCM"
    """rpi-gpio, jetson-gpio: what ``line`` counts."""

    @field_validator("line", mode="before")
    @classmethod
    def _line_is_a_name_or_a_number(cls, value: object) -> object:
        sound = value >= 0 if type(value) is int else isinstance(value, str) and value
        if not sound:
            raise ValueError('must be a name such as "GPIO17", or a number such as 17')
        return value

    @model_validator(mode="after")
    def _backend_can_do_it(self) -> Self:
        if self.backend == "gpiod":
            if self.numbering != "BCM":
                raise ValueError('numbering belongs to backend = "rpi-gpio" and "jetson-gpio"')
        elif isinstance(self.line, str):
            raise ValueError(f'line must be a number for backend = "{self.backend}"')
        elif self.chip is not None:
            raise ValueError('chip belongs to backend = "gpiod"')
        return self
