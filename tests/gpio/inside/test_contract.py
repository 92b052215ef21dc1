"""What every trigger holds to, with real lines, real edges and real libraries behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from edge.capture.trigger.firing import Cause
from edge.capture.trigger.gpio import GpioTrigger, Line
from edge.capture.trigger.gpio_api import GpioApiTrigger
from edge.capture.trigger.pushed import ManualTrigger
from edge.capture.trigger.together import Together
from tests.capture.trigger.rigs import Rig
from tests.capture.trigger.test_contract import *  # noqa: F403
from tests.gpio.inside.sim import SimChip


@pytest.fixture(params=["gpio", "gpio_api", "together"])
def rig(
    request: pytest.FixtureRequest, header: SimChip, make_chip: Callable[[], SimChip]
) -> Iterator[Rig]:
    made = _rig(request.param, header, make_chip)
    yield made
    made.trigger.close()


def _rig(kind: str, header: SimChip, make_chip: Callable[[], SimChip]) -> Rig:
    if kind == "gpio_api":
        return Rig(GpioApiTrigger(17), lambda: header.pulse(17), Cause.PIR)
    chip = make_chip()
    trigger = GpioTrigger(Line("PIR", "irbis-sim"))
    if kind == "gpio":
        return Rig(trigger, lambda: chip.pulse(1), Cause.PIR)
    return Rig(Together([ManualTrigger(), trigger]), lambda: chip.pulse(1), Cause.PIR)
