"""The policy in force: what it is after a reboot, who hears of it, and the days left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from edge.health.energy_cycle import Mode, Traffic
from edge.health.energy_keeper import ALARM, LOOK_S, EnergyKeeper
from edge.health.energy_policy import LADDER
from edge.health.energy_station import assumed_station
from edge.health.power import PowerOutlook
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.health.bench import Told
from tests.health.energy import BATTERY

FULL = replace(BATTERY, battery_j=BATTERY.capacity_j)
NEARLY_EMPTY = replace(BATTERY, battery_j=BATTERY.floor_j * 1.01, harvest_j=0.0)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    seal = BasecampKey.generate().token.seal
    with Spool(tmp_path / "spool", seal, Budget(min_free_bytes=0)) as opened:
        yield opened


@dataclass
class Site:
    outlook: PowerOutlook | None = FULL
    now_s: float = 0.0

    def keeper(self, spool: Spool, told: Told, **more: object) -> EnergyKeeper:
        memory = spool.keepsake("energy-policy")
        return EnergyKeeper(
            lambda: self.outlook, memory, spool.ledger, told, now=lambda: self.now_s, **more
        )  # type: ignore[arg-type]


def test_a_falling_battery_is_an_alarm_and_told_once(spool: Spool) -> None:
    site, told = Site(), Told()
    keeper = site.keeper(spool, told)
    keeper.step()
    assert keeper.policy == LADDER[0]
    assert told.troubles == []
    site.outlook = NEARLY_EMPTY
    for _ in range(3):
        site.now_s += LOOK_S
        keeper.step()
    assert keeper.policy == LADDER[3]
    assert len(told.troubles) == 1
    assert "stays on the card" in spool.ledger.alarms()[ALARM]
    assert keeper.counters()["energy_given_up"] == 3
    assert keeper.counters()["energy_days_left_least"] == 0


def test_the_alarm_goes_once_everything_is_afforded_again(spool: Spool) -> None:
    site, told = Site(NEARLY_EMPTY), Told()
    keeper = site.keeper(spool, told)
    keeper.step()
    site.outlook = FULL
    site.now_s += LOOK_S
    keeper.step()
    assert keeper.policy == LADDER[0]
    assert ALARM not in spool.ledger.alarms()


def test_what_was_given_up_is_still_after_a_reboot(spool: Spool) -> None:
    site = Site(NEARLY_EMPTY)
    site.keeper(spool, Told()).step()
    # Enough to keep what one has, and too little to have it back.
    site.outlook = replace(BATTERY, battery_j=0.6 * BATTERY.capacity_j, harvest_j=80_000.0)
    after = site.keeper(spool, Told())
    after.step()
    assert after.policy == LADDER[1]
    fresh = EnergyKeeper(lambda: site.outlook, spool.keepsake("other"), spool.ledger, Told())
    fresh.step()
    assert fresh.policy == LADDER[0]


def test_on_mains_nothing_is_given_up_and_no_end_is_told(spool: Spool) -> None:
    keeper = Site(None).keeper(spool, Told())
    keeper.step()
    assert keeper.policy == LADDER[0]
    assert keeper.counters() == {"energy_given_up": 0}


def test_the_days_left_are_a_range_where_the_board_is_assumed(spool: Spool) -> None:
    assumed = assumed_station("pi4", "lorawan", Mode.ALWAYS_ARMED, Traffic(30, 0.05, 4), {})
    site = Site(replace(FULL, harvest_j=0.0, load_w=assumed.load_w))
    keeper = site.keeper(spool, Told(), assumed=assumed)
    keeper.step()
    counters = keeper.counters()
    assert counters["energy_days_left_least"] <= counters["energy_days_left_most"]
    measured = assumed_station(
        "pi4", "lorawan", Mode.ALWAYS_ARMED, Traffic(30, 0.05, 4), {"armed_w": 0.5}
    )
    assert measured.load_w < assumed.load_w
