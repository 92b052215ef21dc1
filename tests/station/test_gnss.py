"""A station without network time takes the time of a satellite receiver, and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.records import ClockQuality, Heartbeat
from firmware_bridge.simulators.gnss import Faults, GnssSimulator
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder
from tools.basecamp.store import Store

MakeStation = Callable[..., StationFolder]
AHEAD = timedelta(hours=6)
"""The receiver's time is right, and this machine's, which plays the station's, is slow."""


def heartbeat(camp: Camp, station: str) -> Heartbeat | None:
    with Store(camp.folder) as store:
        (view,) = [view for view in store.views.stations() if view.station == station]
    return view.heartbeat


def test_heartbeats_and_effort_are_dated_by_satellites(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    with GnssSimulator(Faults(ahead=AHEAD), speed=20.0) as device, camp.serving(broker):
        folder = make_station(
            str(broker.address), uplink={"heartbeat_s": 0.5}, clock={"gnss": device.path}
        )
        with folder.replaying(lay_card(tmp_path / "card", 1)):
            eventually(
                lambda: (
                    (beat := heartbeat(camp, folder.id)) is not None
                    and beat.clock is ClockQuality.GPS
                ),
                "a heartbeat tells the time by satellites",
            )
    beat = heartbeat(camp, folder.id)
    assert beat is not None
    assert abs(beat.sent_at - datetime.now(UTC) - AHEAD) < timedelta(minutes=2)
    assert b" gps " in (folder.spool_path / "effort.log").read_bytes()
    assert dict(beat.counters)["clock_run"] > 0
