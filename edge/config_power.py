"""What the station lives on, and the microcontroller beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from edge.config_uplink import Section

Unit = Annotated[float, Field(ge=0.0, le=1.0)]
_Watts = Annotated[float, Field(gt=0, le=200)]
_Seconds = Annotated[float, Field(ge=0, le=3600)]


class Draw(Section):
    """What the board takes at its 5 V input, and for how long: assumptions about ``board``, but for
    what was measured and stands here by its name. From it follow the days left that a station
    tells, and the joules of its cycles."""

    board: Literal["pi-zero2", "pi4", "pi5", "orin-nano"]
    link: Literal["lorawan", "cellular"] = "lorawan"
    """Whose modem it feeds."""
    lamp_w: float = Field(default=0.0, ge=0, le=200)
    """Of a lamp that burns while pictures are taken."""
    events: float = Field(default=30.0, ge=0, le=100_000)
    """Triggers a day."""
    target_share: Unit = 0.05
    """Of these, how many show a target."""
    sleep_w: float | None = Field(default=None, ge=0, le=200)
    armed_w: _Watts | None = None
    capturing_w: _Watts | None = None
    thinking_w: _Watts | None = None
    talking_w: _Watts | None = None
    """Without the modem."""
    boot_s: _Seconds | None = None
    catch_s: _Seconds | None = None
    think_s: _Seconds | None = None
    second_look_s: _Seconds | None = None
    off_s: _Seconds | None = None

    def measured(self) -> dict[str, float]:
        """What takes an assumption's place, by its name."""
        return {
            name: value
            for name in _MEASURABLE
            if isinstance(value := getattr(self, name), int | float)
        }


_MEASURABLE = (
    "sleep_w", "armed_w", "capturing_w", "thinking_w", "talking_w",
    "boot_s", "catch_s", "think_s", "second_look_s", "off_s",
)  # fmt: skip


class Cycle(Section):
    """How long a station that its controller has woken stays up."""

    most_s: float = Field(default=600.0, ge=30, le=86_400)
    """Seconds since power came, after which it goes off whatever is left to do, but for a picture
    that is not on the card yet."""
    most_j: float | None = Field(default=None, gt=0)
    """The same in joules, as ``[power.draw]`` tells them."""
    room_s: float = Field(default=300.0, ge=0, le=86_400)
    """A picture that the card has no room for, or does not take, is waited for so long over any
    budget; then it is given up, for a flat battery would lose it as well, and all that come
    later."""
    lull_s: float = Field(default=10.0, ge=0, le=600)
    """No motion for so long ends the catching: the animal may still be there."""
    burst_s: float = Field(default=20.0, gt=0, le=600)
    """After motion the pictures are waited for so long; not every edge of a storm has its own."""
    speak_s: float = Field(default=180.0, ge=0, le=86_400)
    """For so long, at most, what can be sent is sent, and answers are waited for."""
    off_s: int = Field(default=30, ge=5, le=3600)
    """The controller takes the power so long after it was told: the system has ended by then."""
    beat_s: float = Field(default=86_400.0, ge=600, le=604_800)
    """Woken by nothing for so long, it comes up all the same, to tell that it lives."""


class Power(Section):
    """The battery that the station lives on. With it, radios save joules for news of leopards and
    for the nights; without it, the station counts as on mains."""

    chemistry: Literal["lifepo4", "li-ion", "lead"]
    capacity_wh: float = Field(gt=0, le=10_000)
    """When new, as written on it: volts times ampere-hours."""
    cells: int | None = Field(default=None, ge=1, le=48)
    """In series; absent: inferred from the voltage."""
    load_w: float | None = Field(default=None, gt=0, le=100)
    """What the station draws, until its controller has measured that; absent: what ``draw`` says,
    or 1 W."""
    floor: Unit = 0.2
    """Share of the capacity that must stay: below it only the station itself lives on."""
    mode: Literal["always", "woken"] = "always"
    """``woken``: the controller holds the power back until its motion sensor fires, and takes it
    again when the station has caught, judged and told."""
    draw: Draw | None = None
    cycle: Cycle = Cycle()

    @model_validator(mode="after")
    def _joules_need_watts(self) -> Power:
        if self.cycle.most_j is not None and self.draw is None:
            raise ValueError("cycle.most_j: joules are told by [power.draw], which is missing")
        return self


class Controller(Section):
    """A microcontroller that speaks docs/firmware-protocol.md."""

    port: Path
    """``/dev/ttyAMA1``, ``/dev/ttyUSB1``, ..."""
    watchdog_s: int = Field(default=600, ge=0, le=86_400)
    """It switches the station off and on when it hears nothing for so long, 10 or more; 0: it does
    not watch."""
    reading_s: float = Field(default=60.0, ge=5)
    """How often it measures."""

    @field_validator("watchdog_s")
    @classmethod
    def _watchdog_is_patient(cls, value: int) -> int:
        if 0 < value < 10:
            raise ValueError("must be 10 s or more, or 0 for none")
        return value
