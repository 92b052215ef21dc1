"""A station's battery under sun and snow."""

from __future__ import annotations

import random

from edge.uplink.schedule.energy import Power
from tools.simulate.settings import DAY_S, Battery, Weather

_DARK_S = 14 * 3600.0
_LATELY_DAYS = 3
_INSTANT_S = 1e-3


class Store:
    """The battery. What a day brings is spread over the day."""

    def __init__(self, battery: Battery, harvest_j: list[float]) -> None:
        self._battery = battery
        self._harvest_j = harvest_j  # by day
        self._now_s = 0.0
        self.charge_j = 0.8 * battery.capacity_j
        self.on = True
        self.switched_off = 0
        self.first_off_s: float | None = None

    def advance(self, now_s: float) -> None:
        """Time goes by; the station may have gone off and on again."""
        while self._now_s < now_s:
            day = int(self._now_s // DAY_S)
            until_s = min(now_s, (day + 1) * DAY_S)
            brought_w = self._harvest_j[min(day, len(self._harvest_j) - 1)] / DAY_S
            gained_w = brought_w - (self._battery.load_w if self.on else 0.0)
            lasts_s = min(until_s - self._now_s, self._until_switch_s(gained_w))
            self._now_s += lasts_s
            self._change(gained_w * lasts_s)
            if self._now_s + _INSTANT_S > until_s:
                self._now_s = until_s

    def use(self, joules: float) -> None:
        self._change(-joules)

    def power(self) -> Power:
        """As the station would know it."""
        day = int(self._now_s // DAY_S)
        lately = self._harvest_j[max(0, day - _LATELY_DAYS) : day] or self._harvest_j[:1]
        battery = self._battery
        return Power(
            battery_j=self.charge_j,
            capacity_j=battery.capacity_j,
            floor_j=battery.floor * battery.capacity_j,
            load_w=battery.load_w,
            until_sun_s=_DARK_S,
            harvest_j=sum(lately) / len(lately),
        )

    def _until_switch_s(self, gained_w: float) -> float:
        """How long until the station goes off or on at this rate, and an instant more."""
        battery = self._battery
        level_j = (battery.floor if self.on else battery.resume) * battery.capacity_j
        missing_j = level_j - self.charge_j
        if not gained_w or missing_j / gained_w < 0:
            return float("inf")
        return missing_j / gained_w + _INSTANT_S

    def _change(self, joules: float) -> None:
        capacity_j = self._battery.capacity_j
        self.charge_j = min(capacity_j, max(0.0, self.charge_j + joules))
        if self.on and self.charge_j < self._battery.floor * capacity_j:
            self.on = False
            self.switched_off += 1
            if self.first_off_s is None:
                self.first_off_s = self._now_s
        elif not self.on and self.charge_j >= self._battery.resume * capacity_j:
            self.on = True


def draw_snowfalls(chance: random.Random, weather: Weather, days: int) -> list[bool]:
    """The days on which it snows around a gateway."""
    return [chance.random() < weather.snow_per_day for _ in range(days)]


def draw_harvest(chance: random.Random, weather: Weather, snowfalls: list[bool]) -> list[float]:
    """What one panel brings on each day, in joules."""
    covered_days, harvest = 0.0, []
    for snows in snowfalls:
        if snows:
            covered_days = max(covered_days, chance.expovariate(1 / weather.snow_lies_days))
        clear = min(1.0, covered_days)  # the part of the day under snow
        share = clear * weather.under_snow + (1 - clear)
        sun = max(0.0, chance.gauss(1.0, weather.variation))
        harvest.append(weather.harvest_j * sun * share)
        covered_days = max(0.0, covered_days - 1.0)
    return harvest
