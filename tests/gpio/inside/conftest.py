"""Chips that go when their test ends, and the one that the RPi.GPIO API takes for its header."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

pytest.register_assert_rewrite("tests.capture.trigger.test_contract")

from tests.gpio.inside.sim import SimChip  # noqa: E402

HEADER_LINES = 28


@pytest.fixture(scope="session")
def header() -> Iterator[SimChip]:
    """The RPi.GPIO API's chip, which rpi-lgpio opens once and keeps: one for all tests."""
    chip = SimChip("pinctrl-bcm2711", [f"GPIO{number}" for number in range(HEADER_LINES)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RPI_LGPIO_CHIP", chip.name.removeprefix("gpiochip"))
        patch.setenv("RPI_LGPIO_REVISION", "902120")  # a Zero 2 W
        yield chip


@pytest.fixture
def make_chip() -> Iterator[Callable[..., SimChip]]:
    made: list[SimChip] = []

    def make(label: str = "irbis-sim", names: tuple[str, ...] = ("OTHER", "PIR")) -> SimChip:
        made.append(SimChip(label, list(names)))
        return made[-1]

    yield make
    for chip in made:
        chip.vanish()
