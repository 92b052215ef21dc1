"""The power goes under a station: it is armed again as the power comes, and one alarm says so.

What is told apart here are the machine's runs; that nothing is lost is tests/power_cuts' matter.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.health.last_end import Cause, LifeMark
from edge.health.lately import POWER_WAS_CUT, TEXTS
from edge.station import Station
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import eventually
from tests.faults.lens import HeldLens, bursts_on, told_after_self_test, told_of
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder

MakeStation = Callable[..., StationFolder]


def begins(folder: StationFolder, boot: str | None = None) -> LifeMark:
    """What `irbis run` notes before all else."""
    mark = LifeMark(folder.spool_path.parent, {}, boot)
    mark.begin()
    return mark


def test_after_a_power_cut_it_catches_and_says_so_once(
    make_station: MakeStation, tmp_path: Path
) -> None:
    folder, notes, lens = make_station(), Notes(), HeldLens()
    begins(folder, boot="a run of the machine that is over")
    begins(folder)
    with Station(folder.config, notes, lens) as station:
        eventually(lambda: told_of(station) == {POWER_WAS_CUT}, "the alarm is raised")
        lens.see(bursts_on(lay_card(tmp_path / "pictures", 1)))
        eventually(lambda: len(notes.captures) == 1, "it catches")
        assert told_after_self_test(station) == {POWER_WAS_CUT}
        assert notes.troubles.count(TEXTS[POWER_WAS_CUT]) == 1
        counted = station.spool.ledger.counters
        eventually(lambda: counted().get(Cause.POWER.value) == 1, "it is counted")


def test_a_machine_that_was_shut_down_in_order_is_no_alarm(make_station: MakeStation) -> None:
    folder, notes = make_station(), Notes()
    begins(folder, boot="a run of the machine that is over").end(Cause.STOPPED)
    begins(folder)
    with Station(folder.config, notes, HeldLens()) as station:
        counted = station.spool.ledger.counters
        eventually(lambda: counted().get(Cause.REBOOTED.value) == 1, "it is counted")
        assert told_after_self_test(station) == set()


def test_power_that_a_controller_takes_is_no_alarm(make_station: MakeStation) -> None:
    battery = {"chemistry": "li-ion", "capacity_wh": 40.0, "cells": 1, "mode": "woken"}
    notes = Notes()
    with SimulatedController() as controller:
        folder = make_station(controller={"port": controller.path}, power=battery)
        begins(folder, boot="a run of the machine that is over")
        begins(folder)
        with Station(folder.config, notes, HeldLens()) as station:
            counted = station.spool.ledger.counters
            eventually(lambda: counted().get(Cause.POWER.value) == 1, "it is counted")
            assert POWER_WAS_CUT not in told_after_self_test(station)
    assert TEXTS[POWER_WAS_CUT] not in notes.troubles
