"""What a battery's voltage says of its charge, and how much of its capacity the cold leaves."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Chemistry(StrEnum):
    """What the cells are made of."""

    LIFEPO4 = "lifepo4"
    LI_ION = "li-ion"
    LEAD = "lead"


Curve = tuple[tuple[float, float], ...]
"""Points of a function, rising in x; straight lines between them, level outside."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: ``rest`` maps millivolts at rest to the share that is charged, ``cold`` degrees
    Celsius to the share of the capacity that can be drawn. Above ``charging_mv`` none stays
    unless it is being charged. ``packs`` are the numbers of cells in series that can be told from
    each other, where each has a voltage within ``usual_mv``.
    """

    rest: Curve
    cold: Curve
    charging_mv: float
    usual_mv: tuple[float, float]
    packs: tuple[int, ...]


_LITHIUM_COLD: Curve = ((-30.0, 0.35), (-20.0, 0.50), (0.0, 0.80), (25.0, 1.0))
"""25 to -20 degrees: technical data of Victron's 12.8 V Lithium Smart batteries, which give 100, 80
and 100 (of 200) Ah at 25, 0 and -20 degrees; -30 by the same slope. Other Li-ion cells do as well
or better at a camera's currents."""

CELLS = {
    # Charge and discharge of a Lithium Werks APR18650M1B at C/32, averaged; its curve as published
    # with S. Sunil et al., "Piecewise Linear Approximation of Battery Open-Circuit Voltage
    # Characteristics" (2025), rounded to 10 mV. Two thirds of the charge lie within 70 mV: here the
    # voltage alone says little.
    Chemistry.LIFEPO4: Cell(
        rest=(
            (2500.0, 0.0),
            (2740.0, 0.01),
            (2930.0, 0.03),
            (3090.0, 0.05),
            (3190.0, 0.09),
            (3280.0, 0.30),
            (3350.0, 0.98),
            (3420.0, 1.0),
        ),
        cold=_LITHIUM_COLD,
        charging_mv=3400.0,
        usual_mv=(2500.0, 3700.0),
        packs=(1, 2, 4, 8),
    ),
    # Charge and discharge of a Sony US18650VTC6 at C/20, averaged, as published with its table
    # ("US18650VTC6 OCV SOC curve", derlucae98), every tenth of the charge.
    Chemistry.LI_ION: Cell(
        rest=(
            (2760.0, 0.0),
            (3130.0, 0.05),
            (3270.0, 0.10),
            (3410.0, 0.20),
            (3560.0, 0.30),
            (3660.0, 0.40),
            (3750.0, 0.50),
            (3840.0, 0.60),
            (3920.0, 0.70),
            (4040.0, 0.80),
            (4090.0, 0.90),
            (4170.0, 1.0),
        ),
        cold=_LITHIUM_COLD,
        charging_mv=4190.0,
        usual_mv=(3130.0, 4280.0),
        packs=(1, 2, 3),
    ),
    # The rule of a tenth of a volt: 12.4, 12.2, 12.0 V for three, two and one quarter of a 12 V
    # battery, 11.6 V empty; full 12.73 V after Trojan. Cold: Discover Energy's table for discharges
    # of hours (-16 % at 0 degrees), and 45 % at -18 degrees as makers of sealed batteries give it.
    Chemistry.LEAD: Cell(
        rest=((1933.0, 0.0), (2000.0, 0.25), (2033.0, 0.50), (2067.0, 0.75), (2122.0, 1.0)),
        cold=((-30.0, 0.30), (-18.0, 0.45), (0.0, 0.84), (10.0, 0.90), (25.0, 1.0)),
        charging_mv=2200.0,
        usual_mv=(1900.0, 2550.0),
        packs=(3, 6, 12),
    ),
}
_LOWEST = 0.85
_HIGHEST = 1.2
"""Of the voltages empty and full: outside these no such battery is connected."""
UNKNOWN_COLD_C = 0.0
"""Taken where nothing measures the temperature: a cool night, not a warm room."""


def infer_cells(chemistry: Chemistry, battery_mv: float) -> int | None:
    """Cells in series of a battery with this voltage, None where that cannot be told.

    Only among ``Cell.packs``: four Li-ion cells, nearly empty, look like three that are full.
    """
    cell = CELLS[chemistry]
    lowest, highest = cell.usual_mv
    fitting = [n for n in cell.packs if n * lowest <= battery_mv <= n * highest]
    return fitting[0] if len(fitting) == 1 else None


def is_plausible(chemistry: Chemistry, cell_mv: float) -> bool:
    """Whether a cell that is connected and alive can have this voltage."""
    rest = CELLS[chemistry].rest
    return _LOWEST * rest[0][0] <= cell_mv <= _HIGHEST * rest[-1][0]


def charge_share(chemistry: Chemistry, cell_mv: float) -> float:
    """The share that is charged, 0 to 1, of a cell with this voltage at rest."""
    return interpolate(CELLS[chemistry].rest, cell_mv)


def cold_share(chemistry: Chemistry, temperature_c: float | None) -> float:
    """The share of the capacity that can be drawn at this temperature, above 0 and at most 1."""
    return interpolate(
        CELLS[chemistry].cold, UNKNOWN_COLD_C if temperature_c is None else temperature_c
    )


def interpolate(curve: Sequence[tuple[float, float]], x: float) -> float:
    """The curve's y at ``x``."""
    i = bisect_right(curve, x, key=lambda point: point[0])
    if i in (0, len(curve)):
        return curve[min(i, len(curve) - 1)][1]
    (x0, y0), (x1, y1) = curve[i - 1], curve[i]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
