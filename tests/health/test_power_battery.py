"""What a voltage and the cold say of a battery."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.power_battery import CELLS, Chemistry, charge_share, cold_share, infer_cells

VOLTS = st.floats(0, 1e6)


@pytest.mark.parametrize("chemistry", Chemistry)
def test_every_curve_rises(chemistry):
    for curve in (CELLS[chemistry].rest, CELLS[chemistry].cold):
        assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(curve))


@given(st.sampled_from(Chemistry), VOLTS, VOLTS)
def test_a_higher_voltage_never_means_less_charge(chemistry, one, other):
    low, high = sorted((one, other))
    assert 0 <= charge_share(chemistry, low) <= charge_share(chemistry, high) <= 1


@given(st.sampled_from(Chemistry), st.floats(-60, 90))
def test_the_cold_leaves_something_and_the_heat_adds_nothing(chemistry, temperature_c):
    assert 0.3 <= cold_share(chemistry, temperature_c) <= 1


@pytest.mark.parametrize(
    ("chemistry", "temperature_c", "share"),
    [
        (Chemistry.LIFEPO4, -20.0, 0.50),
        (Chemistry.LIFEPO4, 25.0, 1.0),
        (Chemistry.LIFEPO4, -10.0, 0.65),
        (Chemistry.LEAD, -18.0, 0.45),
        (Chemistry.LEAD, 0.0, 0.84),
        (Chemistry.LI_ION, None, 0.80),
    ],
)
def test_the_cold_takes_what_the_data_sheets_say(chemistry, temperature_c, share):
    assert cold_share(chemistry, temperature_c) == pytest.approx(share)


@pytest.mark.parametrize(
    ("chemistry", "cell_mv", "share"),
    [
        (Chemistry.LIFEPO4, 3280, 0.30),
        (Chemistry.LIFEPO4, 2400, 0.0),
        (Chemistry.LI_ION, 3750, 0.50),
        (Chemistry.LI_ION, 3795, 0.55),
        (Chemistry.LEAD, 12_400 / 6, 0.75),
        (Chemistry.LEAD, 14_400 / 6, 1.0),
    ],
)
def test_a_rest_voltage_tells_the_charge(chemistry, cell_mv, share):
    assert charge_share(chemistry, cell_mv) == pytest.approx(share, abs=0.01)


@pytest.mark.parametrize(
    ("chemistry", "battery_mv", "cells"),
    [
        (Chemistry.LIFEPO4, 13_200, 4),
        (Chemistry.LIFEPO4, 3_250, 1),
        (Chemistry.LIFEPO4, 26_900, 8),
        (Chemistry.LI_ION, 3_900, 1),
        (Chemistry.LI_ION, 8_400, 2),
        (Chemistry.LI_ION, 11_100, 3),
        (Chemistry.LEAD, 12_600, 6),
        (Chemistry.LEAD, 24_800, 12),
    ],
)
def test_the_cells_in_series_are_told_by_the_voltage(chemistry, battery_mv, cells):
    assert infer_cells(chemistry, battery_mv) == cells


@given(st.sampled_from(Chemistry), VOLTS)
def test_cells_are_inferred_only_where_one_number_fits(chemistry, battery_mv):
    cells = infer_cells(chemistry, battery_mv)
    low, high = CELLS[chemistry].usual_mv
    fitting = [n for n in CELLS[chemistry].packs if low <= battery_mv / n <= high]
    assert cells == (fitting[0] if len(fitting) == 1 else None)
    assert len(fitting) <= 1
