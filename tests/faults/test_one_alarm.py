"""One fault is one alarm, also once the station has looked at itself; and what is well has none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from edge.capture.replay import ReplaySource
from edge.health.selftest import State
from edge.health.selftest_room import check_room, check_room_here
from edge.security.keys import BasecampKey
from edge.spool.retention import CARD_FULL, Budget
from edge.spool.spool import DAMAGED, Spool
from edge.station import Station
from models.registry import load_registry
from tests.basecamp.field import eventually
from tests.faults.lens import HeldLens, bursts_on, told_after_self_test
from tests.faults.test_damaged_spool import corrupt
from tests.faults.test_disk_full import fill
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder
from tests.spool.makers import a_burst, a_goat, a_target, an_item
from tools.checks.finding import State as Doctor
from tools.checks.storage import check_disk

MakeStation = Callable[..., StationFolder]
SmallCard = Callable[[int], Path]
KEY = BasecampKey.generate()
MEGABYTE = 1_048_576
FLOOR = Budget(min_free_bytes=100_000)


def test_a_card_that_retention_keeps_full_is_well(
    small_card: SmallCard, make_station: MakeStation
) -> None:
    folder = small_card(14 * MEGABYTE) / "spool"
    floor = FLOOR.min_free_bytes
    config = make_station(spool={"path": str(folder), "min_free_bytes": floor}).config
    with Spool(folder, KEY.token.seal, FLOOR) as spool:
        number = 0
        while spool.ledger.counters().get("given_up", 0) < 40:
            spool.admit(a_burst(number, 30_000, frames=1))
            assert check_room_here(spool, floor).state is State.PASSED
            spool.settle(a_goat(number))
            number += 1
        assert spool.ledger.alarms() == {}
        assert check_room(folder, FLOOR).state is State.UNTRIED  # asked while a station runs
    assert check_room(folder, FLOOR).state is State.PASSED
    assert [one.state for one in check_disk(config)] == [Doctor.WARNING]  # it is a RAM disk


def test_a_card_on_which_nothing_may_go_is_card_full_before_a_burst_is_refused(
    small_card: SmallCard,
) -> None:
    card = small_card(8 * MEGABYTE)
    with Spool(card / "spool", KEY.token.seal, FLOOR) as spool:
        spool.admit(a_burst(1))
        spool.settle(a_target(1))
        filler = fill(card)
        found = check_room_here(spool, FLOOR.min_free_bytes)
        assert (found.state, found.alarm) == (State.FAILED, CARD_FULL)
        assert set(spool.ledger.alarms()) == {CARD_FULL}
        spool.room.relax()
        assert set(spool.ledger.alarms()) == {CARD_FULL}
        filler.unlink()
        spool.room.relax()
        assert spool.ledger.alarms() == {}
        assert check_room_here(spool, FLOOR.min_free_bytes).state is State.PASSED


def test_a_used_up_quota_is_card_full_until_something_may_go(tmp_path: Path) -> None:
    with Spool(tmp_path / "spool", KEY.token.seal, Budget(0, 0)) as spool:
        for number in range(3):
            spool.admit(a_burst(number, 10_000, frames=1))
            spool.settle(a_target(number))
    quota = Budget(20_000, 0)
    assert check_room(tmp_path / "spool", quota).state is State.FAILED
    with Spool(tmp_path / "spool", KEY.token.seal, quota) as spool:
        assert check_room_here(spool, 0).alarm == CARD_FULL
        spool.room.relax()
        assert set(spool.ledger.alarms()) == {CARD_FULL}
        spool.outbox.acknowledge([an_item(number).item_id for number in range(3)])
        spool.room.relax()
        assert check_room_here(spool, 0).state is State.PASSED
        assert spool.ledger.alarms() == {}


@pytest.mark.parametrize(
    ("rotten", "alarm"), [("irbis-detector-320", "blind"), ("irbis-groups", "models")]
)
def test_a_rotten_model_is_one_alarm(
    make_station: MakeStation, tmp_path: Path, rotten: str, alarm: str
) -> None:
    registry = load_registry()
    models = tmp_path / "models"
    copytree(registry.get(rotten).path.parent, models)
    (models / registry.get(rotten).path.name).write_bytes(b"\xff" * 1000)
    folder = make_station(triage={"models": str(models)})
    folder.config_path.write_text(folder.config_path.read_text().replace('groups = "none"\n', ""))
    bursts = bursts_on(lay_card(tmp_path / "pictures", 1, target_every=1))
    notes, lens = Notes(), HeldLens()
    with Station(folder.config, notes, lens) as station:
        lens.see(bursts)
        eventually(lambda: len(notes.verdicts) == 1, "it is armed, and judges")
        assert told_after_self_test(station) == {alarm}
        assert len(notes.troubles) == 1


def test_a_card_without_a_free_byte_is_one_alarm(
    small_card: SmallCard, make_station: MakeStation, tmp_path: Path
) -> None:
    card = small_card(8 * MEGABYTE)
    bursts = bursts_on(lay_card(tmp_path / "pictures", 3, target_every=1))
    folder = make_station(spool={"path": str(card / "spool"), "min_free_bytes": 500_000})
    notes, lens = Notes(), HeldLens()
    with Station(folder.config, notes, lens) as station:
        lens.see(bursts[:1])
        eventually(lambda: len(notes.verdicts) == 1, "it is armed, and judges")
        filler = fill(card)
        lens.see(bursts[1:])
        eventually(lambda: CARD_FULL in station.spool.ledger.alarms(), "the alarm is raised")
        for _ in range(3):
            fill(card)  # also what the reserve gave back
            assert told_after_self_test(station) == {CARD_FULL}
        assert [line for line in notes.troubles if "self-test" in line] == []
        filler.unlink()
        eventually(lambda: len(notes.verdicts) == 3, "it goes on")
        assert told_after_self_test(station) == set()


def test_a_database_that_was_set_aside_is_one_alarm(make_station: MakeStation) -> None:
    folder = make_station()
    with Station(folder.config, Notes(), HeldLens()).spool:
        pass
    corrupt(folder.spool_path / "spool.db")
    with Station(folder.config, Notes(), HeldLens()) as station:
        assert told_after_self_test(station) == {DAMAGED}


def test_a_station_that_is_well_has_no_alarm(make_station: MakeStation, tmp_path: Path) -> None:
    with Station(make_station().config, Notes(), ReplaySource([])) as station:
        assert told_after_self_test(station) == set()
