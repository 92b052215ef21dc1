"""Crops over radio that are forged, damaged or unreadable: asked for again, never shown."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey
from tools.basecamp.errors import StoreError
from tools.basecamp.radio_crops import Progress
from tools.basecamp.store import DATABASE_NAME, Store

from .crop_camp import (
    KEY,
    STATION,
    CropCamp,
    crop,
    crop_message,
    heartbeats,
    is_refused,
    name,
    received,
    sealed,
    sighting_record,
    trap_with,
)
from .crop_fetching import WIDE, camp, fetch, hear_of, progress
from .radio_trap import Trap

__all__ = ["camp"]  # fixtures


def test_a_crop_that_cannot_be_read_yet_takes_no_picture_away(
    camp: CropCamp, tmp_path: Path
) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    fetch(camp, trap)
    by_radio = camp.pictures()
    whole = crop_message(1, crop(1, 30_000))
    assert camp.put(replace(whole, payload=b"of a later version"))
    assert camp.pictures() == by_radio != []
    assert len(camp.unread()) == 1
    assert not camp.put(whole)  # the station was told that it is stored
    camp.close()
    with Store(tmp_path) as store:
        assert store.reread_quarantine(lambda *_: received(whole)) == 1
    camp.restart()
    assert camp.pictures() == [crop(1, 30_000).data]
    assert camp.unread() == []


def test_a_crop_that_the_station_does_not_have_is_asked_for_once(camp: CropCamp) -> None:
    trap = trap_with()
    hear_of(camp, trap, 1)
    assert fetch(camp, trap) == [Progress.ABSENT]
    assert camp.states() == {name(1): "absent"}
    camp.exchange(trap, trap.say(sighting_record(1)))
    camp.exchange(trap, trap.say(next(heartbeats(6000))))
    assert trap.wants[-1].crops == ()


def test_a_crop_that_cannot_be_opened_is_told_and_asked_for_once_more(camp: CropCamp) -> None:
    stranger = BasecampKey.generate()
    trap = Trap({name(1): sealed(1, crop(1, 700), stranger.token)}, STATION, KEY.token)
    hear_of(camp, trap, 1)
    problems = []
    while (frame := trap.next_frame(WIDE)) is not None:
        news = camp.exchange(trap, frame).filed[0].crop
        if news is not None and news.progress is Progress.SPOILT:
            problems.append(news.problem)
    assert [problem.partition("; ")[2] for problem in problems] == [
        "it is asked for once more",
        "it is not asked for again",
    ]
    assert "another basecamp key" in problems[0]
    assert camp.states() == {name(1): "spoilt"}
    assert trap.wants[-1].crops == ()
    camp.put(crop_message(1, crop(1)))
    assert camp.pictures() == [crop(1).data]
    assert camp.states() == {name(1): "here"}


def test_a_station_that_was_given_the_right_key_meanwhile_sends_a_crop_that_opens(
    camp: CropCamp,
) -> None:
    stranger = BasecampKey.generate()
    trap = Trap({name(1): sealed(1, crop(1, 700), stranger.token)}, STATION, KEY.token)
    hear_of(camp, trap, 1)
    while progress(camp.exchange(trap, trap.next_frame(WIDE) or b"")) is not Progress.SPOILT:
        pass
    trap.card[name(1)] = sealed(1, crop(1, 700))
    trap.reboot()
    fetch(camp, trap)
    assert camp.pictures() == [crop(1, 700).data]


def test_what_is_no_picture_is_kept_unread_until_the_true_one_comes(camp: CropCamp) -> None:
    wrong = replace(crop(1), data=bytes(600))
    trap = Trap({name(1): sealed(1, wrong)}, STATION, KEY.token)
    hear_of(camp, trap, 1)
    fetch(camp, trap)
    (reason,) = camp.unread()
    assert "no picture" in reason
    assert trap.wants[-1].crops == ()
    camp.put(crop_message(1, crop(1)))
    assert camp.unread() == []
    assert camp.pictures() == [crop(1).data]


def test_a_fragment_that_is_forged_or_came_before_brings_nothing(camp: CropCamp) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    stranger = Trap(trap.card, type(STATION).generate(), KEY.token)
    stranger.memory = trap.memory
    stranger.reboot()
    forged = stranger.next_frame(WIDE)
    honest = trap.next_frame(WIDE)
    assert forged is not None
    assert honest is not None
    flipped = honest[:40] + bytes((honest[40] ^ 1,)) + honest[41:]
    for frame in (forged, flipped, honest[:-1]):
        assert is_refused(camp, frame)
    assert camp.pieces() == {}
    assert progress(camp.take(honest)) is Progress.PIECE
    assert is_refused(camp, honest)


@pytest.mark.parametrize("table", ["radio_crops", "media", "radio_wishes"])
def test_a_fragment_that_cannot_be_stored_is_not_spent(
    camp: CropCamp, tmp_path: Path, table: str
) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    frames = list(iter(lambda: trap.next_frame(WIDE), None))
    for frame in frames[:-1]:
        camp.take(frame)
    with sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None) as elsewhere:
        elsewhere.execute(f"ALTER TABLE {table} RENAME TO away")
        with pytest.raises(StoreError):
            camp.take(frames[-1])
        elsewhere.execute(f"ALTER TABLE away RENAME TO {table}")
    elsewhere.close()
    camp.restart()
    assert camp.pictures() == []
    assert progress(camp.take(frames[-1])) is Progress.STORED
    assert camp.pictures() == [crop(1, 700).data]


def test_a_state_that_is_damaged_costs_airtime_and_nothing_else(
    camp: CropCamp, tmp_path: Path
) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    fetch(camp, trap, most=2)
    with sqlite3.connect(tmp_path / DATABASE_NAME) as elsewhere:
        elsewhere.execute("UPDATE radio_crops SET state = x'00'")
    elsewhere.close()
    camp.exchange(trap, trap.say(next(heartbeats(6000))))
    fetch(camp, trap)
    assert camp.pictures() == [crop(1, 700).data]


def test_a_crop_of_another_burst_under_the_name_is_not_taken_for_it(camp: CropCamp) -> None:
    trap = Trap({name(1): sealed(2, crop(2, 700))}, STATION, KEY.token)
    hear_of(camp, trap, 1)
    fetch(camp, trap)
    assert camp.pictures() == []
    assert camp.states() == {name(1): "spoilt"}


def test_basecamp_may_be_killed_at_any_step_of_taking_a_crop_or_asking_for_one(
    tmp_path: Path,
) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tests.basecamp.crop_kills", tmp_path],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    assert {"BEGIN IMMEDIATE", "COMMIT", "fsync"} <= {line["step"] for line in lines}
    assert len(lines) > 30
    assert {line["complaint"] for line in lines} == {""}
