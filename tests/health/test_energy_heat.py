"""A hot processor: judging rests, and one alarm stands; catching never waits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.energy_heat import ALARM, LOOK_S, MOST_REST_S, Heat, Thermostat, heat, rest_s
from edge.health.vitals import read_vitals
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.health.bench import Told


@pytest.mark.parametrize(
    ("celsius", "level"),
    [(None, Heat.COOL), (79.9, Heat.COOL), (80, Heat.WARM), (84.9, Heat.WARM), (85, Heat.HOT)],
)
def test_from_80_degrees_it_is_warm_and_from_85_hot(celsius: float | None, level: Heat) -> None:
    assert heat(celsius) is level


def test_it_cools_by_five_degrees_before_it_counts_as_cooler() -> None:
    assert heat(80.1, Heat.HOT) is Heat.HOT
    assert heat(79.9, Heat.HOT) is Heat.WARM
    assert heat(75.1, Heat.WARM) is Heat.WARM
    assert heat(74.9, Heat.WARM) is Heat.COOL


@given(st.floats(-60, 120), st.sampled_from(Heat), st.floats(0, 3600))
def test_a_hotter_processor_never_rests_less_and_none_for_ever(
    celsius: float, before: Heat, worked_s: float
) -> None:
    now, hotter = heat(celsius, before), heat(celsius + 1, before)
    assert now <= hotter
    assert rest_s(now, worked_s) <= rest_s(hotter, worked_s) <= MOST_REST_S


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    seal = BasecampKey.generate().token.seal
    with Spool(tmp_path / "spool", seal, Budget(min_free_bytes=0)) as opened:
        yield opened


def test_as_the_kernel_tells_it_judging_rests_and_goes_on(spool: Spool, tmp_path: Path) -> None:
    zone = tmp_path / "thermal" / "thermal_zone0"
    zone.mkdir(parents=True)
    now_s, told = 0.0, Told()

    def is_at(celsius: float) -> None:
        nonlocal now_s
        (zone / "temp").write_text(f"{celsius * 1000:.0f}\n", encoding="ascii")
        now_s += LOOK_S

    thermostat = Thermostat(
        lambda: read_vitals(tmp_path).temperature_c, spool.ledger, told, lambda: now_s
    )
    is_at(60)
    thermostat.worked(20)
    assert not thermostat.rests()
    is_at(82)
    assert thermostat.rests()
    now_s += 20
    assert not thermostat.rests(), "while it is warm it rests as long as it worked"
    is_at(86)
    assert thermostat.rests()
    assert ALARM in spool.ledger.alarms()
    now_s += MOST_REST_S
    assert not thermostat.rests(), "a sensor that is stuck must not blind the station"
    thermostat.worked(20)
    assert thermostat.rests()
    is_at(70)
    assert not thermostat.rests()
    assert ALARM not in spool.ledger.alarms()
    assert len(told.troubles) == 1
