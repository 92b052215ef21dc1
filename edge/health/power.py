"""The station's battery: what is in it, what the station draws, and what the sun is to bring.

A voltage says little of a charge, and less while current flows. So the charge kept here follows it
slowly, and more slowly up than down; where the current is measured, that moves it.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Any

from edge.health.power_battery import (
    CELLS,
    Chemistry,
    charge_share,
    cold_share,
    infer_cells,
    is_plausible,
)
from edge.health.power_sun import UNKNOWN_NIGHT_S, Sun
from edge.health.runs import Memory

DOWN_S = 3600.0
UP_S = 6 * 3600.0
"""Time constants with which the charge follows the voltage down and up: a minute of sending, which
pulls the voltage down, hardly counts, and a battery under charge is not called full in an hour."""
GAP_S = 600.0
"""What lies between two readings is known only where they are no further apart."""
STALE_S = 24 * 3600.0
"""Without a reading for so long nothing is known: a broken wire must not silence a station."""
SAVE_S = 900.0
_LOAD_S = 6 * 3600.0
"""Time constant of the measured load."""
_MOST_MA = 100_000.0
_COLDEST_C, _HOTTEST_C = -60.0, 90.0
_TRAIL_S = 1800.0
_RISING = 0.1
"""Where nothing but the voltage tells of the sun, it is the charge that rises: within that time by
this part of what the load takes in it."""
_MOST_LOAD = 10.0
_EMPTY = 0.02


@dataclass(frozen=True, slots=True)
class PowerTerms:
    """The battery as built. ``cells`` in series are inferred from the voltage where not given;
    ``load_w`` counts until the current was measured, ``floor`` of the capacity must stay."""

    chemistry: Chemistry
    capacity_wh: float
    cells: int | None = None
    load_w: float = 1.0
    floor: float = 0.2


@dataclass(frozen=True, slots=True)
class PowerReading:
    """What was measured at one moment; None where nothing is. Current is positive into the battery;
    ``charging`` is the charger's own word."""

    battery_mv: float | None
    current_ma: float | None = None
    solar_mv: float | None = None
    temperature_c: float | None = None
    charging: bool | None = None


@dataclass(frozen=True, slots=True)
class PowerOutlook:
    """The battery and what is expected of the sun, in the terms of the scheduler's ``Power``.

    ``battery_j`` of ``capacity_j``, as the cold leaves it; ``floor_j`` must stay in it. ``load_w``
    is what the station draws, ``until_sun_s`` how long it must live on the battery alone, and
    ``harvest_j`` what a day is expected to bring.
    """

    battery_j: float
    capacity_j: float
    floor_j: float
    load_w: float
    until_sun_s: float
    harvest_j: float


class PowerModel:
    """Learns from readings; kept in ``memory`` over reboots. Safe to share between threads.

    Times: ``now_s`` on a clock that nobody sets, ``utc`` by one that can be trusted, None without.
    """

    def __init__(self, terms: PowerTerms, memory: Memory, now_s: float) -> None:
        self._terms, self._memory, self._lock = terms, memory, Lock()
        self._cells = terms.cells
        self._share: float | None = None
        self._trail = 0.0
        self._load_w = terms.load_w
        self._temperature_c: float | None = None
        self._sun = Sun()
        self._at_s, self._saved_s = now_s, now_s
        state = memory.load()
        if state is not None:
            self._load(state)

    def take(self, reading: PowerReading, now_s: float, utc: datetime | None) -> None:
        """Learn from a reading; one that no such battery gives is ignored.

        Raises what saving raises; the reading counts nevertheless.
        """
        with self._lock:
            if not self._learn(_cleaned(reading), now_s, utc):
                return
            is_due = now_s - self._saved_s >= SAVE_S
            state = self._state() if is_due else None
        if state is not None:
            self._saved_s = now_s  # also where it fails: a full card is not asked at each reading
            self._memory.save(state)

    def keep(self) -> None:
        """Save what is known, at an end that was foreseen: a station that is woken for each event
        is never up until it is due. Raises what saving raises."""
        with self._lock:
            state = None if self._share is None else self._state()
        if state is not None:
            self._memory.save(state)

    def outlook(self, now_s: float, utc: datetime | None) -> PowerOutlook | None:
        """How the battery is and what to expect; None where nothing is known.

        Without a clock the night is long and no sun is expected.
        """
        with self._lock:
            if self._share is None or now_s - self._at_s > STALE_S:
                return None
            whole_j = self._terms.capacity_wh * 3600
            capacity_j = whole_j * cold_share(self._terms.chemistry, self._temperature_c)
            return PowerOutlook(
                battery_j=self._share * capacity_j,
                capacity_j=capacity_j,
                floor_j=self._terms.floor * capacity_j,
                load_w=self._load_w,
                until_sun_s=UNKNOWN_NIGHT_S if utc is None else self._sun.until_sun_s(utc),
                harvest_j=0.0 if utc is None else self._sun.harvest_j(utc),
            )

    def _learn(self, reading: PowerReading, now_s: float, utc: datetime | None) -> bool:
        cell_mv = self._cell_mv(reading.battery_mv)
        if cell_mv is None or reading.battery_mv is None:
            return False
        if reading.temperature_c is not None:
            self._temperature_c = reading.temperature_c
        passed_s = max(0.0, now_s - self._at_s)
        self._at_s = now_s
        told = charge_share(self._terms.chemistry, cell_mv)
        if self._share is None:
            self._share = self._trail = told
        before = self._share
        flow_w = _watts(reading)
        lit = self._is_lit(reading, cell_mv, before)
        self._share = self._followed(before, told, flow_w, lit, passed_s)
        self._trail += (self._share - self._trail) * -math.expm1(-passed_s / _TRAIL_S)
        if passed_s <= GAP_S:
            gained_j = (self._share - before) * self._terms.capacity_wh * 3600
            self._note(passed_s, lit, flow_w, gained_j, utc)
        return True

    def _cell_mv(self, battery_mv: float | None) -> float | None:
        if battery_mv is None:
            return None
        if self._cells is None:
            self._cells = infer_cells(self._terms.chemistry, battery_mv)
        if self._cells is None:
            return None
        cell_mv = battery_mv / self._cells
        return cell_mv if is_plausible(self._terms.chemistry, cell_mv) else None

    def _is_lit(self, reading: PowerReading, cell_mv: float, share: float) -> bool:
        """Whether the sun charges the battery, or would if it were not full."""
        if reading.charging is not None:
            return reading.charging
        if reading.current_ma is not None:
            return reading.current_ma > 0
        if reading.solar_mv is not None and reading.battery_mv is not None:
            return reading.solar_mv > reading.battery_mv
        rises_j = (share - self._trail) * self._terms.capacity_wh * 3600
        is_rising = rises_j > _RISING * self._load_w * _TRAIL_S
        return is_rising or cell_mv >= CELLS[self._terms.chemistry].charging_mv

    def _followed(
        self, before: float, told: float, flow_w: float | None, lit: bool, passed_s: float
    ) -> float:
        share = before
        if flow_w is not None and passed_s <= GAP_S:
            share += flow_w * passed_s / (self._terms.capacity_wh * 3600)
        # Under charge the voltage is above that at rest: it can only say that less is in it.
        if told < share or flow_w is None or not lit:
            pace_s = DOWN_S if told < share else UP_S
            share += (told - share) * -math.expm1(-passed_s / pace_s)
        return min(1.0, max(0.0, share))

    def _note(
        self,
        passed_s: float,
        lit: bool,
        flow_w: float | None,
        gained_j: float,
        utc: datetime | None,
    ) -> None:
        """Keep what the sun brought, and what the station drew without it."""
        if flow_w is not None and flow_w < 0 and not lit:
            drawn_w = min(-flow_w, _MOST_LOAD * self._terms.load_w)
            self._load_w += (drawn_w - self._load_w) * -math.expm1(-passed_s / _LOAD_S)
        if utc is None:
            return
        drawn_j = self._load_w * passed_s
        if flow_w is None:
            # The day's balance. What the station drew was in the battery, or the sun brought it;
            # of an empty one nobody knows. An error of the load is in the forecast's load as well.
            is_empty = self._share is None or self._share < _EMPTY
            harvest_j = gained_j + (0.0 if is_empty else drawn_j)
        else:
            harvest_j = max(0.0, flow_w * passed_s + drawn_j) if lit else 0.0
        self._sun = self._sun.seen(utc, passed_s, lit, harvest_j)

    def _state(self) -> bytes:
        return json.dumps(
            {
                "terms": self._terms_mark(),
                "share": self._share,
                "cells": self._cells,
                "load_w": self._load_w,
                "sun": self._sun.to_plain(),
            }
        ).encode()

    def _load(self, state: bytes) -> None:
        """Go on from a state; one that is damaged, or of another battery, is left aside."""
        try:
            plain: dict[str, Any] = json.loads(state)
            share, load_w = float(plain["share"]), float(plain["load_w"])
            cells = plain["cells"]
            sun = Sun.from_plain(plain["sun"])
            if plain["terms"] != self._terms_mark() or type(cells) is not int or cells < 1:
                return
            if not (0 <= share <= 1 and 0 <= load_w <= _MOST_LOAD * self._terms.load_w):
                return
        except (ValueError, TypeError, KeyError, IndexError, OverflowError, RecursionError):
            return
        self._share = self._trail = share
        self._cells, self._load_w, self._sun = cells, load_w, sun

    def _terms_mark(self) -> list[Any]:
        terms = self._terms
        return [str(terms.chemistry), terms.capacity_wh, terms.cells, terms.load_w]


def _watts(reading: PowerReading) -> float | None:
    """Into the battery."""
    if reading.current_ma is None or reading.battery_mv is None:
        return None
    return reading.current_ma * reading.battery_mv * 1e-6


def _cleaned(reading: PowerReading) -> PowerReading:
    """Without the numbers that nothing real gives."""
    return PowerReading(
        _within(reading.battery_mv, 0.0, 1e6),
        _within(reading.current_ma, -_MOST_MA, _MOST_MA),
        _within(reading.solar_mv, 0.0, 1e6),
        _within(reading.temperature_c, _COLDEST_C, _HOTTEST_C),
        reading.charging,
    )


def _within(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and least <= value <= most else None
