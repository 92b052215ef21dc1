"""A woken station whose card takes no picture: it is switched off all the same, and says why."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.spool.card import CARD_FAILING
from edge.spool.retention import CARD_FULL
from edge.station import Station
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.faults.lens import HeldLens, bursts_on
from tests.kit.camp import Camp
from tests.kit.card import counters, rows
from tests.kit.ext4 import made, mounted, report_an_error
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder
from tests.station.test_lens import CONTROLLER, REPLAY, equipped
from tests.station.test_woken import device, woken
from tools.run import POWER_OFF

__all__ = ["device"]

MakeStation = Callable[..., StationFolder]
MEGABYTE = 1_048_576
WOKEN = {"chemistry": "li-ion", "capacity_wh": 40.0, "cells": 1, "mode": "woken"}
SHORT = {
    "power.cycle": {"most_j": 2.0, "room_s": 2.0, "lull_s": 1.0, "burst_s": 5.0, "off_s": 20},
    "power.draw": {"board": "pi-zero2"},
}
GIVEN_UP = "the card took no picture"


def test_on_a_full_card_a_picture_is_given_up_and_that_is_told(
    make_station: MakeStation, broker: Broker, camp: Camp, device: SimulatedController
) -> None:
    folder = make_station(
        str(broker.address),
        controller={"port": device.path},
        power=WOKEN,
        spool={"min_free_bytes": 10**15},  # as much as no card has
        **SHORT,
    )
    equipped(folder, REPLAY, CONTROLLER)
    device.pir()
    with camp.serving(broker), woken(folder) as one:
        assert one.end() == POWER_OFF
    assert one.log.count(GIVEN_UP) == 1
    assert (CARD_FULL,) in rows(folder.spool_path, "SELECT name FROM alarms")
    assert counters(folder.spool_path)["cycle_refused"] == 1
    eventually(lambda: not device.host_has_power, "the controller takes the power")


def test_on_a_card_that_turned_read_only_as_well(
    make_station: MakeStation, device: SimulatedController, tmp_path: Path
) -> None:
    image = made(tmp_path / "card.img", 24 * MEGABYTE)
    bursts = bursts_on(lay_card(tmp_path / "pictures", 1, target_every=1))
    folder = make_station(
        controller={"port": device.path},
        power=WOKEN,
        spool={"path": str(tmp_path / "card" / "spool"), "min_free_bytes": MEGABYTE},
        **SHORT,
    )
    lens, notes = HeldLens(), Notes()
    device.pir()  # so its burst is waited for, until this test comes to show it
    with mounted(tmp_path / "card", image) as card:
        with Station(folder.config, notes, lens) as station:
            report_an_error(card)
            lens.see(bursts)
            eventually(lambda: CARD_FAILING in station.spool.ledger.alarms(), "it fails")
            eventually(lambda: station.ended, "the cycle ends")
        assert sum(GIVEN_UP in line for line in notes.troubles) == 1
    eventually(lambda: not device.host_has_power, "the controller takes the power")
