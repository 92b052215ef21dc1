"""A card without a free byte: no crash, no lost target, and a way back.

The card is a file system that is really that small; FILLER stands for another program's file.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.security.keys import BasecampKey, StationKey
from edge.spool.errors import SpoolFull
from edge.spool.retention import CARD_FULL, RESERVE_BYTES, Budget, Reserve
from edge.spool.spool import Spool
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.stage import UplinkStage
from edge.wire.sealing import Identity
from tests.basecamp.field import Broker, eventually
from tests.faults.lens import told_after_self_test
from tests.kit.cable import Cable
from tests.kit.camp import Camp
from tests.kit.card import disorder, evidence_ids
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder
from tests.spool.makers import a_burst, a_goat, a_target, an_item, burst_id

MakeStation = Callable[..., StationFolder]
SmallCard = Callable[[int], Path]
KEY = BasecampKey.generate()
MEGABYTE = 1_048_576


def fill(folder: Path) -> Path:
    """Take every free byte of a file system; the file that has them."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        for size_bytes in (65_536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size_bytes)
            except OSError as error:
                assert error.errno == errno.ENOSPC
    return filler


def open_on(card: Path, budget: Budget | None = None) -> Spool:
    return Spool(card / "spool", KEY.token.seal, budget or Budget(min_free_bytes=500_000))


def stocked(spool: Spool) -> None:
    """Thirty targets and thirty goats of 30 kB, in turn."""
    for number in range(60):
        spool.admit(a_burst(number, 30_000, frames=1))
        spool.settle(a_goat(number) if number % 2 else a_target(number))


def targets_on(card: Path) -> set[str]:
    return evidence_ids(card / "spool") & {burst_id(number) for number in range(0, 60, 2)}


def test_a_spool_goes_on_with_not_one_byte_free(small_card: SmallCard) -> None:
    """Another program takes every byte, again and again: also what the reserve gives back."""
    card = small_card(8 * MEGABYTE)
    with open_on(card) as spool:
        stocked(spool)
        fill(card)
        assert spool.admit(a_burst(100, 20_000))  # the goats give way, without room for a note
        for number in range(0, 60, 2):
            fill(card)
            try:
                released = spool.outbox.acknowledge([an_item(number).item_id])
            except SpoolFull:
                spool.room.rescue()
                released = spool.outbox.acknowledge([an_item(number).item_id])
            assert len(released) == 1
        assert spool.outbox.is_empty()


def test_no_unsent_target_goes_when_a_card_is_full_to_the_last_byte(small_card: SmallCard) -> None:
    card = small_card(8 * MEGABYTE)
    with open_on(card) as spool:
        stocked(spool)
        for number in range(100, 110):
            fill(card)
            try:
                spool.admit(a_burst(number, 20_000))
            except SpoolFull:
                spool.room.rescue()
        assert len(targets_on(card)) == 30
        assert spool.outbox.state().items == 30


def test_the_alarm_stands_while_the_card_is_full_and_ends_with_the_cause(
    small_card: SmallCard,
) -> None:
    card = small_card(8 * MEGABYTE)
    with open_on(card) as spool:
        for number in range(10):
            spool.admit(a_burst(number, 20_000))
            spool.settle(a_target(number))
        filler = fill(card)
        with pytest.raises(SpoolFull):
            spool.admit(a_burst(100))
        spool.room.rescue()
        assert CARD_FULL in spool.ledger.alarms()
        assert not (card / "spool" / "reserve").exists()
        spool.room.relax()
        assert CARD_FULL in spool.ledger.alarms()
        filler.unlink()
        spool.room.relax()
        assert spool.ledger.alarms() == {}
        assert (card / "spool" / "reserve").exists()
        assert spool.admit(a_burst(100))


def test_what_cannot_be_noted_as_acknowledged_is_not_sent_again(small_card: SmallCard) -> None:
    """Nothing may go, the reserve is gone, and the log has no room of its own yet."""
    card = small_card(4 * MEGABYTE)
    with open_on(card) as spool:
        spool.admit(a_burst(1))
        spool.settle(a_target(1))
    (card / "spool" / "reserve").unlink()
    cable, notes = Cable(), Notes()
    with open_on(card) as spool:
        identity = Identity("ridge-1", StationKey.generate(), KEY.token)
        dispatcher = Dispatcher(spool.queue, spool.keepsake("schedule"))
        stage = UplinkStage(spool, cable, identity, notes, dispatcher, 8, 1e-9)
        (card / "spool" / "reserve").unlink(missing_ok=True)
        filler = fill(card)
        cable.answers = [an_item(1).item_id]
        for _ in range(5):
            stage.step()
        assert spool.outbox.state().items == 1
        assert len(cable.sent) == 1
        filler.unlink()
        stage.step()
        assert spool.outbox.is_empty()
        assert notes.acknowledgements == [(ItemKind.SIGHTING, burst_id(1))]


def test_a_full_card_can_be_opened(small_card: SmallCard) -> None:
    card = small_card(8 * MEGABYTE)
    with open_on(card) as spool:
        stocked(spool)
    fill(card)
    with open_on(card) as spool:
        assert spool.outbox.state().items == 30
        spool.room.rescue()
        assert len(spool.outbox.acknowledge([an_item(0).item_id])) == 1


def test_a_card_that_was_full_before_irbis_came_is_told_in_one_line(
    small_card: SmallCard,
) -> None:
    card = small_card(MEGABYTE)
    fill(card)
    with pytest.raises(SpoolFull, match="no room left on the card"):
        open_on(card)


def test_a_reserve_that_finds_no_room_takes_none(small_card: SmallCard) -> None:
    card = small_card(RESERVE_BYTES // 2)
    reserve = Reserve(card / "reserve")
    reserve.lay()
    assert not reserve.laid


def test_a_station_whose_card_fills_waits_and_goes_on_when_basecamp_answers(
    small_card: SmallCard, make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    """Every burst is a target: nothing may go before basecamp has it."""
    card = small_card(6 * MEGABYTE)
    pictures = lay_card(tmp_path / "pictures", 12, frames=3, target_every=1)
    folder = make_station(
        str(broker.address),
        spool={"path": str(card / "spool"), "max_bytes": 150_000, "min_free_bytes": 1_000_000},
    )
    with folder.replaying(pictures) as (station, notes):
        eventually(lambda: CARD_FULL in station.spool.ledger.alarms(), "the quota is used up")
        eventually(lambda: not station.spool.unjudged(), "what was taken in is judged")
        held = station.spool.outbox.state().items
        assert held
        assert not station.all_judged
        assert told_after_self_test(station) == {CARD_FULL}
        with camp.serving(broker):
            eventually(lambda: station.all_judged, "the rest is taken in and judged")
            eventually(station.spool.outbox.is_empty, "basecamp has everything")
        eventually(lambda: not station.spool.ledger.alarms(), "the alarm ends")
    assert [line for line in notes.troubles if "capture waits for room" in line]
    assert {found.burst_id for found in camp.sightings(folder.id)} == notes.targets
    assert len(notes.targets) == 12
    assert disorder(card / "spool") == []


def test_a_station_on_a_card_that_another_program_fills_recovers_when_there_is_room(
    small_card: SmallCard, make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    """More bursts than fit between camera and judge: some always come after the card is full."""
    card = small_card(8 * MEGABYTE)
    pictures = lay_card(tmp_path / "pictures", 40, target_every=5)
    folder = make_station(
        str(broker.address), spool={"path": str(card / "spool"), "min_free_bytes": 500_000}
    )
    with camp.serving(broker), folder.replaying(pictures) as (station, notes):
        eventually(lambda: len(notes.verdicts) >= 3, "some bursts are judged")
        filler = fill(card)
        eventually(lambda: CARD_FULL in station.spool.ledger.alarms(), "the alarm is raised")
        fill(card)
        filler.unlink()
        eventually(lambda: station.all_judged, "all is judged")
        eventually(station.spool.outbox.is_empty, "basecamp has everything")
        eventually(lambda: not station.spool.ledger.alarms(), "the alarm ends")
    assert {found.burst_id for found in camp.sightings(folder.id)} >= notes.targets
    assert len(notes.targets) == 8
    assert disorder(card / "spool") == []


def test_a_replay_onto_a_full_card_ends_with_one_line_and_goes_on_later(
    small_card: SmallCard, make_station: MakeStation, tmp_path: Path
) -> None:
    card = small_card(6 * MEGABYTE)
    pictures = lay_card(tmp_path / "pictures", 6, target_every=1)
    folder = make_station(spool={"path": str(card / "spool"), "min_free_bytes": 1_000_000})
    filler = card / "filler"
    filler.write_bytes(b"x" * (5 * MEGABYTE))
    stuck = folder.replay(pictures, options=("--patience", "2"))
    assert stuck.code == 1
    assert "no room left" in stuck.stderr
    assert "run again with the same --spool" in stuck.stderr
    assert "Traceback" not in stuck.stderr
    filler.unlink()
    finished = folder.replay(pictures)
    assert finished.code == 0
    assert finished.summary["bursts"] == finished.summary["target"] == 6
