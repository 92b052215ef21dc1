"""The stage between spool and vision: what it commits, and what it does when things go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Burst, ItemKind, ObservationType, Vitals
from edge.security.envelope import open_message
from edge.security.keys import BasecampKey, StationKey
from edge.spool.errors import SpoolFull
from edge.spool.items import Priority
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.triage.attempts import MAX_ATTEMPTS, Attempts
from edge.triage.glances import Glances
from edge.triage.stage import RETRY_S, TriageStage
from edge.triage.telling import Telling
from edge.vision.eyes import Eyes, open_eyes
from edge.wire.air.fragments import CropName
from edge.wire.air.fragments_crop import open_crop
from edge.wire.air.reference import reference_of
from edge.wire.crop import decode_crop
from edge.wire.message import decode_message
from edge.wire.sealing import Identity
from edge.wire.sighting import decode_sighting
from tests.kit.pictures import TARGET, TARGET_MASS, jpeg, meadow, zebra
from tests.kit.station import Notes
from tests.spool.makers import a_burst

BASECAMP = BasecampKey.generate()
STATION = StationKey.generate()
POLICY = Triage(
    targets=(TARGET,), target_mass=TARGET_MASS, doubt_mass=0.03, audit_share=0.0, groups="none"
)


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    opened = open_eyes(POLICY)
    assert opened.blindness is None
    return opened


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    budget = Budget(min_free_bytes=0)
    memory = tmp_path / "memory"
    with Spool(tmp_path / "spool", BASECAMP.token.seal, budget, memory) as opened:
        yield opened


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def make_stage(spool: Spool, notes: Notes, tmp_path: Path) -> Callable[[Eyes], TriageStage]:
    def make(eyes: Eyes) -> TriageStage:
        identity = Identity("ridge-1", STATION, BASECAMP.token)
        attempts = Attempts(tmp_path / "memory", spool.name)
        return TriageStage(
            spool, lambda: eyes, POLICY, identity, attempts, notes, lambda: Vitals(3700), 24
        )

    return make


def burst_of(number: int, *pictures: bytes) -> Burst:
    burst = a_burst(number, frames=len(pictures))
    frames = tuple(replace(f, data=p) for f, p in zip(burst.frames, pictures, strict=True))
    return replace(burst, frames=frames)


def test_a_target_is_settled_with_its_sighting_and_crops_that_basecamp_can_open(
    spool: Spool, eyes: Eyes, notes: Notes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    burst = burst_of(1, jpeg(zebra(1)))
    spool.admit(burst)
    assert make_stage(eyes).step()
    first, *crops = spool.outbox.next_items(10)
    assert (first.kind, first.priority) == (ItemKind.SIGHTING, Priority.SIGHTING)
    assert [crop.priority for crop in crops] == [
        Priority.THUMBNAIL,
        *[Priority.CROP] * (len(crops) - 1),
    ]
    messages = []
    for item in (first, *crops):
        assert item.payload is not None
        body = open_message(item.payload, BASECAMP, lambda _: STATION.token.verify)
        messages.append(decode_message(body))
        assert messages[-1].item_id == item.item_id
    sighting = decode_sighting(messages[0].payload)
    assert (sighting.station, sighting.burst_id) == ("ridge-1", burst.burst_id)
    assert sighting.vitals.battery_mv == 3700
    for reference, message in zip(sighting.crops, messages[1:], strict=True):
        assert len(decode_crop(message.payload).data) == reference.size_bytes
    assert notes.targets == {burst.burst_id}


def radio_stage(spool: Spool, eyes: Eyes, notes: Notes, crop_bytes: int) -> TriageStage:
    """As a station with a radio makes it."""
    return TriageStage(
        spool, lambda: eyes, POLICY, Identity("ridge-1", STATION, BASECAMP.token),
        Attempts(None, "x"), notes, Vitals, 24, Telling(lambda *_: None, crop_bytes),
    )  # fmt: skip


def test_for_a_radio_the_best_crop_is_kept_once_more_in_two_kilobytes(
    spool: Spool, eyes: Eyes, notes: Notes
) -> None:
    burst = burst_of(1, jpeg(zebra(1)))
    spool.admit(burst)
    assert radio_stage(spool, eyes, notes, 2048).step()
    assert spool.news.count() == 1
    name = CropName(reference_of(burst.burst_id), 0)
    content = spool.radio_crops.content(name.reference, name.picture)
    assert content is not None
    crop, _ = open_crop(content, name, BASECAMP)
    assert crop.burst_id == burst.burst_id and len(crop.data) <= 2048
    best = next(i for i in spool.outbox.next_items(9) if i.priority is Priority.THUMBNAIL)
    spool.outbox.acknowledge([best.item_id])
    assert spool.radio_crops.content(name.reference, 0) is None, "basecamp has it in full"


def test_a_radio_without_a_wish_for_crops_gets_none(spool: Spool, eyes: Eyes, notes: Notes) -> None:
    burst = burst_of(1, jpeg(zebra(1)))
    spool.admit(burst)
    assert radio_stage(spool, eyes, notes, 0).step()
    assert spool.news.count() == 1
    assert spool.radio_crops.content(reference_of(burst.burst_id), 0) is None


def test_a_picture_that_cannot_be_made_small_costs_nothing_else(
    spool: Spool, eyes: Eyes, notes: Notes
) -> None:
    stage = radio_stage(spool, eyes, notes, 20)
    for number in (1, 2):
        spool.admit(burst_of(number, jpeg(zebra(number))))
        assert stage.step()
    assert spool.ledger.counters()["target"] == 2 and spool.news.count() == 2
    (trouble,) = notes.troubles
    assert "no picture for the radio" in trouble


def test_a_blank_is_dropped_and_counted(
    spool: Spool, eyes: Eyes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    spool.admit(burst_of(1, jpeg(meadow(1))))
    assert make_stage(eyes).step()
    assert spool.ledger.counters() == {"bursts": 1, "frames": 1, "blank": 1, "blank_dropped": 1}
    assert spool.outbox.is_empty()
    assert [judged.held for judged in spool.judged()] == [False]


def test_with_nothing_to_judge_no_model_is_loaded(spool: Spool, notes: Notes) -> None:
    def never() -> Eyes:
        raise AssertionError("models were loaded for nothing")

    identity = Identity("ridge-1", STATION, BASECAMP.token)
    stage = TriageStage(
        spool, never, POLICY, identity, Attempts(None, "x"), notes, lambda: Vitals(), 24
    )
    assert not stage.step()


def test_blind_it_keeps_everything_raises_an_alarm_and_tells_once(
    spool: Spool, notes: Notes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    stage = make_stage(Eyes(blindness="no model to judge with: stolen"))
    for number in (1, 2):
        spool.admit(burst_of(number, jpeg(meadow(number))))
        assert stage.step()
    assert spool.ledger.alarms() == {"blind": "no model to judge with: stolen"}
    assert notes.troubles == ["everything is kept: no model to judge with: stolen"]
    assert spool.ledger.counters()["unknown"] == 2
    assert all(judged.held for judged in spool.judged())


def test_the_alarm_ends_when_it_sees_again(
    spool: Spool, eyes: Eyes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    spool.ledger.raise_alarm("blind", "no model to judge with")
    spool.admit(burst_of(1, jpeg(meadow(1))))
    make_stage(eyes).step()
    assert spool.ledger.alarms() == {}


def test_a_blind_station_tries_its_eyes_again_after_a_while(
    spool: Spool, eyes: Eyes, notes: Notes
) -> None:
    tried = [Eyes(blindness="out of memory"), eyes]
    clock = [0.0]
    stage = TriageStage(
        spool, lambda: tried.pop(0), POLICY, Identity("ridge-1", STATION, BASECAMP.token),
        Attempts(None, "x"), notes, Vitals, 24, now=lambda: clock[0],
    )  # fmt: skip
    for number, later_s in enumerate((0.0, 1.0, RETRY_S)):
        clock[0] += later_s
        spool.admit(burst_of(number, jpeg(zebra(number))))
        assert stage.step()
    assert spool.ledger.counters()["unknown"] == 2
    assert spool.ledger.counters()["target"] == 1
    assert spool.ledger.alarms() == {} and tried == []


def test_a_burst_that_cannot_be_judged_at_all_does_not_hold_up_the_others(
    spool: Spool, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    class Broken(Eyes):
        @property
        def working(self) -> None:
            raise ZeroDivisionError("no such luck")

    spool.admit(burst_of(1, jpeg(zebra(1))))
    assert make_stage(Broken()).step()
    (judged,) = spool.judged()
    assert judged.held and spool.ledger.counters()["unknown"] == 1


def test_a_burst_that_ends_the_process_is_kept_unjudged_in_the_end(
    spool: Spool, eyes: Eyes, tmp_path: Path, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    burst = burst_of(1, jpeg(meadow(1)))
    spool.admit(burst)
    for _ in range(MAX_ATTEMPTS):
        Attempts(tmp_path / "memory", spool.name).begin(burst.burst_id)
    assert make_stage(eyes).step()
    assert spool.ledger.counters()["unknown"] == 1
    (item, evidence) = spool.outbox.next_items(10)
    assert (item.kind, evidence.kind) == (ItemKind.SIGHTING, ItemKind.EVIDENCE)


def test_what_the_camera_could_not_deliver_stands_in_the_judgement(
    spool: Spool, eyes: Eyes, notes: Notes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    burst = burst_of(1, jpeg(meadow(1)), b"")
    faulty = replace(burst.frames[1], fault="the lens is iced")
    spool.admit(replace(burst, frames=(burst.frames[0], faulty)))
    assert make_stage(eyes).step()
    (judgement,) = notes.verdicts.values()
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert [frame.error for frame in judgement.frames] == [None, "the lens is iced"]
    assert judgement.verdict.doubts == ("frame 2: the lens is iced",)


def test_a_frame_that_the_camera_doubts_is_no_blank_however_it_looks(
    spool: Spool, eyes: Eyes, notes: Notes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    burst = burst_of(1, jpeg(meadow(1)), jpeg(meadow(1)))
    faulty = replace(burst.frames[1], fault="the shutter stuck")
    spool.admit(replace(burst, frames=(burst.frames[0], faulty)))
    assert make_stage(eyes).step()
    (judgement,) = notes.verdicts.values()
    assert judgement.verdict.observation_type is ObservationType.UNKNOWN
    assert judgement.verdict.doubts == ("frame 2: the shutter stuck",)


def test_a_card_too_full_for_an_alarm_is_made_room_on_and_the_burst_is_judged(
    spool: Spool,
    eyes: Eyes,
    make_stage: Callable[[Eyes], TriageStage],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    full = [True]
    raise_alarm, rescue = spool.ledger.raise_alarm, spool.room.rescue

    def refuse(name: str, text: str) -> None:
        if full[0]:
            raise SpoolFull("no room")
        raise_alarm(name, text)

    def make_room() -> None:
        full[0] = False
        rescue()

    monkeypatch.setattr(spool.ledger, "raise_alarm", refuse)
    monkeypatch.setattr(spool.room, "rescue", make_room)
    spool.admit(burst_of(1, jpeg(meadow(1))))
    stage = make_stage(replace(eyes, lacking="no groups: less is told apart"))
    assert not stage.step()
    assert stage.step()
    assert "models" in spool.ledger.alarms()


def test_the_cameras_small_pictures_spare_decoding_and_a_restart_only_loses_them(
    spool: Spool, eyes: Eyes, notes: Notes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    """What they show here is not what the files show, to tell which of the two was looked at."""
    glances = Glances()
    empty = np.asarray(meadow(1).resize((640, 480)), np.uint8)
    again = np.where(empty < 255, empty + 1, empty).astype(np.uint8)  # no two are the same
    stage = TriageStage(
        spool, lambda: eyes, POLICY, Identity("ridge-1", STATION, BASECAMP.token),
        Attempts(None, "x"), notes, Vitals, 24, glances=glances,
    )  # fmt: skip
    large = [jpeg(one(1).resize((2400, 1800))) for one in (meadow, zebra)]
    for number in (1, 2):
        spool.admit(burst_of(number, *large))
        glances.put(burst_of(number, *large).burst_id, {0: empty, 1: again})
    assert stage.step()
    assert glances.size_bytes == 2 * empty.nbytes, "of the second alone"
    assert notes.verdicts[burst_of(1).burst_id].verdict.observation_type is ObservationType.BLANK
    assert make_stage(eyes).step(), "as after a restart"
    assert notes.targets == {burst_of(2).burst_id}


def test_held_it_finishes_the_burst_in_work_and_takes_no_other(
    spool: Spool, eyes: Eyes, notes: Notes, tmp_path: Path
) -> None:
    opening, may_open = threading.Event(), threading.Event()

    def open_slowly() -> Eyes:
        opening.set()
        assert may_open.wait(60)
        return eyes

    stage = TriageStage(
        spool, open_slowly, POLICY, Identity("ridge-1", STATION, BASECAMP.token),
        Attempts(None, "x"), notes, Vitals, 24,
    )  # fmt: skip
    for number in (1, 2):
        spool.admit(burst_of(number, jpeg(meadow(number))))
    judging = threading.Thread(target=stage.step)
    judging.start()
    assert opening.wait(60)
    stage.hold(True)
    assert stage.busy
    may_open.set()
    judging.join(60)
    assert not stage.busy
    assert not stage.step()
    assert spool.unjudged() == 1
    stage.hold(False)
    assert stage.step()


def test_held_from_the_first_it_judges_one_all_the_same_so_that_none_waits_for_ever(
    spool: Spool, eyes: Eyes, make_stage: Callable[[Eyes], TriageStage]
) -> None:
    for number in (1, 2, 3):
        spool.admit(burst_of(number, jpeg(meadow(number))))
    for start in (1, 2, 3):
        stage = make_stage(eyes)
        stage.hold(True)
        while stage.busy:
            stage.step()
        stage.step()
        assert spool.unjudged() == 3 - start


def test_bursts_that_cannot_be_opened_any_more_take_no_other_ones_turn(
    tmp_path: Path, eyes: Eyes, notes: Notes
) -> None:
    path, identity = tmp_path / "unpowered", Identity("ridge-1", STATION, BASECAMP.token)
    budget = Budget(min_free_bytes=0)
    with Spool(path, BASECAMP.token.seal, budget, tmp_path / "before") as spool:
        for number in (1, 2):
            spool.admit(burst_of(number, jpeg(meadow(number))))
    with Spool(path, BASECAMP.token.seal, budget, tmp_path / "after the power went") as spool:
        spool.admit(burst_of(3, jpeg(meadow(3))))
        stage = TriageStage(
            spool, lambda: eyes, POLICY, identity, Attempts(None, "x"), notes, Vitals, 24
        )
        stage.hold(True)
        while stage.busy:
            stage.step()
        assert spool.unjudged() == 0
