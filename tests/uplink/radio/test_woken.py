"""The radio of a station that is woken for each event: not every wake is worth a sign of life."""

from __future__ import annotations

from pathlib import Path

from edge.health.beats import Beats
from edge.health.elapsed import Elapsed
from edge.spool.spool import Spool
from edge.uplink.radio.regions_tables import region
from tests.uplink.radio.ridge import Clock, Ear, Ether, Ridge

PERIOD_S = 24 * 3600.0


def test_a_heartbeat_is_said_once_a_period_however_often_it_is_woken(tmp_path: Path) -> None:
    clock = Clock()
    ether = Ether(Ear(), clock)

    def remembered(spool: Spool) -> Beats:
        return Beats(spool.keepsake("beats"), Elapsed(age_s=clock), PERIOD_S)

    for _ in range(9):
        spool = tmp_path / "spool"
        ridge = Ridge(spool, lambda _: ether, region("EU868"), clock, beats=remembered)
        for _ in range(20):
            ridge.stage.step()
            clock.now_s += 5.0
        ridge.close()
        clock.now_s += PERIOD_S / 4
    assert ether.ear.kinds == {"heartbeat": 3}
