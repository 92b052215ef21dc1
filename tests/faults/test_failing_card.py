"""A card that wears out: the kernel turns it read-only, or writes fail. The station stays armed,
says so with one alarm and in one line, and loses nothing that it had made durable.

The file systems are real: ext4 on a loop device, brought to its real error handling, and an image
whose blocks find no room below it, so that the block device reports I/O errors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from edge.records import Heartbeat
from edge.spool.card import CARD_FAILING
from edge.station import Station
from tests.basecamp.field import Broker, eventually
from tests.faults.lens import HeldLens, bursts_on, told_after_self_test
from tests.kit.camp import Camp
from tests.kit.card import disorder
from tests.kit.ext4 import checked, made, mounted, report_an_error
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder
from tools.basecamp.store import Store

MakeStation = Callable[..., StationFolder]
MEGABYTE = 1_048_576
CARD_BYTES = 24 * MEGABYTE


@pytest.fixture
def image(tmp_path: Path) -> Path:
    return made(tmp_path / "card.img", CARD_BYTES)


@contextmanager
def armed(folder: StationFolder, lens: HeldLens) -> Iterator[tuple[Station, Notes]]:
    notes = Notes()
    with Station(folder.config, notes, lens) as station:
        yield station, notes


def failing(station: Station) -> str | None:
    return station.spool.ledger.alarms().get(CARD_FAILING)


def lines_about_it(notes: Notes) -> list[str]:
    return [line for line in notes.troubles if "takes no writes" in line]


def test_a_card_that_turns_read_only_is_told_of_once_and_loses_nothing(
    image: Path, make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    bursts = bursts_on(lay_card(tmp_path / "pictures", 6, target_every=1))
    spool = {"path": str(tmp_path / "card" / "spool"), "min_free_bytes": MEGABYTE}
    folder = make_station(str(broker.address), spool=spool)
    lens = HeldLens()
    with mounted(tmp_path / "card", image) as card, armed(folder, lens) as (station, notes):
        lens.see(bursts[:3])
        eventually(lambda: len(notes.verdicts) == 3, "three bursts are judged")
        report_an_error(card)
        lens.see(bursts[3:])
        eventually(lambda: failing(station) is not None, "the alarm is raised")
        eventually(lambda: bool(lines_about_it(notes)), "it is told")
        assert station.failure is None  # it stays armed
        assert "change the card" in str(failing(station))
        assert told_after_self_test(station) == {CARD_FAILING}
        assert len(lines_about_it(notes)) == 1
        assert len(notes.captures) == 3
    checked(image)
    with (
        mounted(tmp_path / "card", image) as card,
        camp.serving(broker),
        armed(folder, lens) as (station, notes),
    ):
        lens.see(bursts[3:])
        eventually(lambda: len(notes.captures) == 3, "the others are caught after a reboot")
        eventually(lambda: station.spool.unjudged() == 0, "all is judged")
        eventually(station.spool.outbox.is_empty, "basecamp has everything")
        assert failing(station) is None
    assert len(camp.sightings(folder.id)) == 6


def test_basecamp_hears_of_a_read_only_card_from_memory_over_a_broker(
    image: Path, make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    spool = {"path": str(tmp_path / "card" / "spool"), "min_free_bytes": MEGABYTE}
    folder = make_station(str(broker.address), spool=spool)
    [burst] = bursts_on(lay_card(tmp_path / "pictures", 1, target_every=1))
    lens = HeldLens()
    with (
        mounted(tmp_path / "card", image) as card,
        camp.serving(broker),
        armed(folder, lens) as (_, notes),
    ):
        eventually(lambda: beats(camp), "a heartbeat came")
        report_an_error(card)
        lens.see([burst])
        eventually(
            lambda: any(one.startswith(CARD_FAILING) for one in beats(camp)[-1].alarms),
            "the alarm came",
        )
        assert not notes.captures


def beats(camp: Camp) -> list[Heartbeat]:
    """The latest heartbeat of the one station, if there is one."""
    with Store(camp.folder) as store:
        [station] = store.views.stations()
    return [] if station.heartbeat is None else [station.heartbeat]


def test_a_card_whose_writes_fail_is_no_full_card_and_gives_nothing_up(
    small_card: Callable[[int], Path], make_station: MakeStation, tmp_path: Path
) -> None:
    """The card's own medium has no room for new blocks: each write to one is an I/O error."""
    medium = small_card(CARD_BYTES + 8 * MEGABYTE)
    image = made(medium / "card.img", CARD_BYTES)
    bursts = bursts_on(lay_card(tmp_path / "pictures", 6, target_every=1))
    spool = {"path": str(tmp_path / "card" / "spool"), "min_free_bytes": MEGABYTE}
    folder = make_station(spool=spool)
    lens = HeldLens()
    with mounted(tmp_path / "card", image) as card, armed(folder, lens) as (station, notes):
        lens.see(bursts[:3])
        eventually(lambda: len(notes.verdicts) == 3, "three bursts are judged")
        take_all_room(medium)
        lens.see(bursts[3:])
        eventually(lambda: failing(station) is not None, "the alarm is raised")
        assert station.failure is None
        assert told_after_self_test(station) == {CARD_FAILING}
        assert station.spool.ledger.counters().get("given_up", 0) == 0
        assert {path.stem for path in card.glob("spool/evidence/??/*.burst")} >= notes.targets
        (medium / "filler").unlink()
    with mounted(tmp_path / "card", image) as card, armed(folder, lens) as (station, notes):
        lens.see(bursts)
        eventually(lambda: len(notes.captures) >= 3, "the others are caught")
        eventually(lambda: station.spool.unjudged() == 0, "all is judged")
        counted = station.spool.ledger.counters()
        assert failing(station) is None
        assert counted["bursts"] == 6
        assert counted.get("evidence_lost", 0) == 0
    with mounted(tmp_path / "card", image) as card:
        assert [line for line in disorder(card / "spool") if "waiting" not in line] == []


def take_all_room(medium: Path) -> None:
    with (medium / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(65_536))
        except OSError:
            pass
