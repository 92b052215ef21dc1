"""What a controller measures is in the heartbeat, and one that is not there costs no leopard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from edge.records import Heartbeat
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder
from tools.basecamp.store import Store

MakeStation = Callable[..., StationFolder]
BATTERY = {"chemistry": "li-ion", "capacity_wh": 4000.0, "cells": 1}


def last_heartbeat(camp: Camp, station: str) -> Heartbeat | None:
    with Store(camp.folder) as store:
        (view,) = [view for view in store.views.stations() if view.station == station]
    return view.heartbeat


def test_basecamp_sees_battery_panel_and_temperature(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    with SimulatedController() as device, camp.serving(broker):
        folder = make_station(
            str(broker.address),
            # Patient, for on a busy machine it would say that basecamp is silent.
            uplink={"heartbeat_s": 0.5, "ack_timeout_s": 60.0},
            controller={"port": device.path},
            power=BATTERY,
        )
        with folder.replaying(lay_card(tmp_path / "card", 1)) as (_, notes):
            eventually(
                lambda: (
                    (beat := last_heartbeat(camp, folder.id)) is not None
                    and beat.vitals.solar_mv is not None
                ),
                "a heartbeat tells of the panel",
            )
    beat = last_heartbeat(camp, folder.id)
    assert beat is not None
    assert (beat.vitals.battery_mv, beat.vitals.solar_mv) == (3900, 5200)
    assert beat.vitals.temperature_c == pytest.approx(-12.3)
    assert dict(beat.counters)["controller_boots"] == 1
    assert notes.troubles == []


def test_a_controller_that_is_not_there_costs_no_leopard(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    with camp.serving(broker):
        folder = make_station(
            str(broker.address), controller={"port": str(tmp_path / "nothing")}, power=BATTERY
        )
        with folder.replaying(lay_card(tmp_path / "card", 3)):
            eventually(lambda: len(camp.sightings(folder.id)) >= 1, "the sighting arrives")
