"""A station whose battery falls: what it gives up, what never, and what a person is told."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from edge.config import parse_config
from edge.config_power import Draw
from edge.errors import ConfigError
from edge.health.energy_boards import BOARDS, LINKS
from edge.records import ItemKind
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder

MakeStation = Callable[..., StationFolder]
BATTERY = {"chemistry": "li-ion", "capacity_wh": 40.0, "cells": 1}
NEARLY_EMPTY_MV = 3300


def test_with_a_battery_near_its_floor_news_go_and_pictures_wait(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    with SimulatedController() as device, camp.serving(broker):
        device.sensors.battery_mv = NEARLY_EMPTY_MV
        folder = make_station(
            str(broker.address),
            uplink={"heartbeat_s": 3600.0},
            controller={"port": device.path},
            power=BATTERY,
        )
        with folder.replaying(lay_card(tmp_path / "a", 1)) as (
            station,
            notes,
        ):
            eventually(
                lambda: "energy-low" in station.spool.ledger.alarms(), "the battery is found low"
            )
        assert any(line.startswith("energy: pictures") for line in notes.troubles)
        # Woken anew, it knows from its first breath what it affords.
        with folder.replaying(lay_card(tmp_path / "b", 3, target_every=2)) as (station, notes):
            eventually(lambda: station.all_judged, "everything is caught and judged")
            eventually(lambda: ItemKind.SIGHTING in notes.sends, "the news goes")
            eventually(
                lambda: any(kind is ItemKind.SIGHTING for kind, _ in notes.acknowledgements),
                "and arrives",
            )
            assert ItemKind.CROP not in notes.sends
            waiting = station.spool.outbox.state()
            assert waiting.items > 0, "pictures wait, and none is dropped"


def test_the_example_in_the_docs_is_a_configuration(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")
    (example, *_) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    values = {"station": {"id": "ridge-1"}, **tomllib.loads(example)}
    power = parse_config(values, tmp_path).power
    assert power is not None and power.draw is not None
    assert power.draw.measured() == {"armed_w": 0.45}
    with pytest.raises(ConfigError, match=r"\[controller\]"):
        parse_config({**values, "power": {**values["power"], "mode": "woken"}}, tmp_path)


def test_the_boards_and_links_of_the_configuration_are_those_that_are_known() -> None:
    fields = Draw.model_fields
    assert set(get_args(fields["board"].annotation)) == set(BOARDS)
    assert set(get_args(fields["link"].annotation)) == set(LINKS)
