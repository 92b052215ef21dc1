"""Every trigger that can run here, with the hand that makes it fire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from edge.capture.trigger.firing import Cause, Trigger
from edge.capture.trigger.gpio import GpioTrigger, Line
from edge.capture.trigger.gpio_api import GpioApiTrigger
from edge.capture.trigger.pushed import ControllerTrigger, ManualTrigger
from edge.capture.trigger.schedule import Every, ScheduleTrigger
from edge.capture.trigger.together import Together
from edge.records import ClockQuality
from tests.capture.trigger.wires import Chip, Header, Wire


@dataclass(frozen=True)
class Rig:
    """A trigger, and what makes it fire once, at once."""

    trigger: Trigger
    fire: Callable[[], None]
    cause: Cause


class SetClock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime = datetime(2026, 3, 1, 12, 0, 1, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, by: timedelta) -> None:
        self.now += by


def wired(wire: Wire, **options: Any) -> GpioTrigger:
    """A trigger on ``wire``, the line PIR of the only chip."""
    chip = Chip("gpiochip0", "pinctrl-rp1", {"PIR": wire})
    return GpioTrigger(
        Line("PIR"),
        open_chip=lambda _: cast(Any, chip),
        devices=lambda: ["/dev/gpiochip0"],
        **options,
    )


def _manual() -> Rig:
    trigger = ManualTrigger()
    return Rig(trigger, trigger.fire, Cause.TEST)


def _controller() -> Rig:
    trigger = ControllerTrigger(lambda: datetime.now(UTC))
    return Rig(trigger, lambda: trigger.heard(datetime.now(UTC), ClockQuality.RTC), Cause.PIR)


def _schedule() -> Rig:
    clock = SetClock()
    hour = timedelta(hours=1)
    trigger = ScheduleTrigger(Every(hour), clock, look_s=0.01)
    return Rig(trigger, lambda: _next_hour(clock), Cause.SCHEDULE)


def _next_hour(clock: SetClock) -> None:
    clock.go_on(timedelta(hours=1) - timedelta(seconds=clock.now.second))


def _gpio() -> Rig:
    wire = Wire()
    return Rig(wired(wire), wire.rise, Cause.PIR)


def _gpio_api() -> Rig:
    header = Header()

    def pulse() -> None:
        header.turn(17, 1)
        header.turn(17, 0)

    trigger = GpioApiTrigger(17, load=lambda _: cast(Any, header))
    return Rig(trigger, pulse, Cause.PIR)


def _together() -> Rig:
    manual, wire = ManualTrigger(), Wire()
    return Rig(Together([wired(wire), manual]), manual.fire, Cause.TEST)


RIGS: dict[str, Callable[[], Rig]] = {
    "manual": _manual,
    "controller": _controller,
    "schedule": _schedule,
    "gpio": _gpio,
    "gpio_api": _gpio_api,
    "together": _together,
}
