"""The battery's model beside a battery whose charge is known, through sun, clouds and snow."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta

import pytest

from edge.health.power import PowerModel, PowerReading, PowerTerms
from edge.health.power_battery import CELLS, Chemistry, interpolate
from tests.health.bench import Memory

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CAPACITY_WH = 60.0
CELLS_OF = {Chemistry.LIFEPO4: 4, Chemistry.LI_ION: 3, Chemistry.LEAD: 6}
OHM_PER_CELL = 0.03
LOAD_W, RADIO_W = 0.8, 3.0
SNOW = range(9, 12)
MINUTE_S = 60.0


class Battery:
    """What a battery does: its voltage sags under load, rises under charge, and is noisy."""

    def __init__(self, chemistry: Chemistry, chance: random.Random) -> None:
        self.share = 0.7
        self._cells, self._chance = CELLS_OF[chemistry], chance
        self._cell = CELLS[chemistry]

    def live(self, sun_w: float) -> tuple[float, float, bool]:
        """A minute: its voltage, its current, and whether it was charged."""
        radio_w = RADIO_W if self._chance.random() < 0.02 else 0.0
        flow_w = sun_w - LOAD_W - radio_w
        is_full = self.share >= 1 and flow_w > 0
        flow_w = 0.0 if is_full else flow_w
        self.share = min(1.0, max(0.0, self.share + flow_w * MINUTE_S / (CAPACITY_WH * 3600)))
        rest_mv = interpolate([(y, x) for x, y in self._cell.rest], self.share)
        cell_mv = self._cell.charging_mv if is_full else rest_mv
        current_ma = flow_w / (self._cells * cell_mv) * 1e6
        battery_mv = self._cells * (cell_mv + current_ma * OHM_PER_CELL)
        return battery_mv + self._chance.gauss(0, 15), current_ma, flow_w > 0 or is_full


@pytest.mark.parametrize("chemistry", Chemistry)
@pytest.mark.parametrize("measures_current", [True, False])
def test_the_charge_is_never_hoped_to_be_much_higher_than_it_is(chemistry, measures_current):
    chance = random.Random(5)
    battery = Battery(chemistry, chance)
    model = PowerModel(
        PowerTerms(chemistry, CAPACITY_WH, CELLS_OF[chemistry], load_w=1.0), Memory(), 0.0
    )
    errors, now_s = [], 0.0
    for day in range(14):
        peak_w = 0.0 if day in SNOW else chance.choice((9.0, 6.0, 3.0))
        for minute in range(1440):
            now_s += MINUTE_S
            sun_w = peak_w * math.sin((minute - 240) / 480 * math.pi) * chance.uniform(0.3, 1)
            mv, current_ma, charging = battery.live(sun_w if 240 <= minute < 720 else 0.0)
            told = (round(current_ma), None, 25.0, charging) if measures_current else ()
            utc = BEGIN + timedelta(seconds=now_s)
            model.take(PowerReading(round(mv), *told), now_s, utc)
            outlook = model.outlook(now_s, utc)
            assert outlook is not None
            errors.append(outlook.battery_j / outlook.capacity_j - battery.share)
    settled = errors[1440:]
    assert max(settled) < 0.03
    assert min(settled) > -0.25
    assert -0.08 < sum(settled) / len(settled) < 0.01
