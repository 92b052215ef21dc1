"""Crops over radio, from the card into the store: each that is worth it, once, and unharmed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.wire.air.frame import FrameRefused
from tools.basecamp.errors import AlreadyHere, UnknownBurst
from tools.basecamp.radio_crops import Progress

from . import samples
from .crop_camp import (
    KEY,
    STATION,
    CropCamp,
    camp_in,
    crop,
    crop_message,
    heartbeats,
    name,
    sealed,
    sighting,
    sighting_record,
    trap_with,
)
from .crop_fetching import WIDE, camp, fetch, hear_of, is_want, progress
from .folders import brief_folder
from .radio_trap import Air, Trap

__all__ = ["camp"]  # fixtures


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.6),
    trouble=st.floats(0, 0.2),
    restarts=st.floats(0, 0.1),
    count=st.integers(1, 6),
)
def test_every_wanted_crop_arrives_once_and_unharmed_however_bad_the_air(
    seed: int, loss: float, trouble: float, restarts: float, count: int
) -> None:
    chance = random.Random(seed)
    truth = {number: crop(number, chance.randrange(2500)) for number in range(1, count + 1)}
    card = {name(number): sealed(number, made) for number, made in truth.items()}
    trap = Trap(card, STATION, KEY.token)
    way = Air(chance, loss, trouble)
    beats = heartbeats()
    with brief_folder() as folder, camp_in(Path(folder)) as camp:

        def send(frame: bytes) -> None:
            for arriving in way.carried(frame):
                try:
                    answer = camp.answer(camp.take(arriving))
                except FrameRefused:
                    continue
                if answer is not None and not way.lost():
                    trap.hear(answer)
                if chance.random() < restarts:
                    camp.restart()
                if chance.random() < restarts:
                    trap.reboot()

        for _ in range(1000):
            for number in truth.keys() - trap.acknowledged:
                send(trap.say(sighting_record(number, truth[number])))
            send(trap.say(next(beats)))
            for _ in range(40):
                frame = trap.next_frame(chance.choice((115, WIDE)))
                if frame is None:
                    break
                send(frame)
            stored = camp.pictures()
            assert len(stored) == len(set(stored))
            assert set(stored) <= {made.data for made in truth.values()}
            if len(stored) == count:
                break
        assert sorted(camp.pictures()) == sorted(made.data for made in truth.values())
        assert set(camp.states().values()) == {"here"}


def test_without_loss_a_crop_needs_one_want_and_the_station_hears_when_it_is_enough(
    camp: CropCamp,
) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    did = fetch(camp, trap)
    assert did == [Progress.PIECE] * (len(did) - 1) + [Progress.STORED]
    assert camp.pictures() == [crop(1, 700).data]
    assert [len(want.crops) for want in trap.wants] == [1, 0]


def test_a_sighting_is_acknowledged_and_its_crop_asked_for_in_one_downlink(
    camp: CropCamp,
) -> None:
    trap = trap_with(1, 2)
    for number in (1, 2):
        camp.exchange(trap, trap.say(sighting_record(number)))
        assert number in trap.acknowledged
        wanted = {one.name for one in trap.wants[-1].crops}
        assert wanted == {name(one) for one in range(1, number + 1)}
    assert trap.downlinks == 2


def told_with(camp: CropCamp, trap: Trap, beats: Iterator[bytes], count: int) -> list[int]:
    """With which of so many heartbeats a want went out; the station hears none of them."""
    found = []
    for number in range(1, count + 1):
        camp.now += timedelta(minutes=10)
        answer = camp.answer(camp.take(trap.say(next(beats))))
        assert answer is not None
        if is_want(trap, answer):
            found.append(number)
    return found


def test_a_want_that_was_lost_is_told_again_ever_more_seldom(camp: CropCamp) -> None:
    trap, beats = trap_with(1), heartbeats()
    camp.exchange(trap, trap.say(sighting_record(1)))
    assert told_with(camp, trap, beats, 40) == [2, 6, 14, 22, 30, 38]
    camp.exchange(trap, trap.say(sighting_record(2)))
    assert told_with(camp, trap, beats, 4) == [2]


def test_once_a_piece_comes_patience_begins_anew(camp: CropCamp) -> None:
    trap, beats = trap_with(1, size_bytes=2000), heartbeats()
    hear_of(camp, trap, 1)
    told_with(camp, trap, beats, 10)
    assert fetch(camp, trap, most=1) == [Progress.PIECE]
    assert told_with(camp, trap, beats, 7) == [2, 6]


def test_when_everything_has_come_nothing_is_told_but_that(camp: CropCamp) -> None:
    trap, beats = trap_with(1), heartbeats(6000)
    hear_of(camp, trap, 1)
    fetch(camp, trap)
    assert trap.wants[-1].crops == ()
    assert told_with(camp, trap, beats, 10) == []


def test_what_is_answered_with_the_uplink_after_makes_nothing_come_twice(camp: CropCamp) -> None:
    """As LoRaWAN networks do: an answer waits for the station's next packet."""
    trap, beats = trap_with(1), heartbeats()
    waiting: list[bytes] = []
    sent: list[Progress | None] = []
    frame: bytes | None = trap.say(sighting_record(1))
    while not camp.pictures():
        heard = camp.take(frame or trap.say(next(beats)))
        for answer in waiting:
            trap.hear(answer)
        due = camp.answer(heard)
        waiting = [] if due is None else [due]
        sent.append(progress(heard))
        frame = trap.next_frame(WIDE)
    assert frame is None
    assert Progress.UNWANTED not in sent


def test_wants_and_acknowledgements_together_keep_to_the_daily_limit(tmp_path: Path) -> None:
    trap = trap_with(1)
    with camp_in(tmp_path, daily_limit=1) as camp:
        hear_of(camp, trap, 1)
        assert trap.acknowledged == {1}
        assert trap.downlinks == 1


def test_a_carrier_that_brings_no_crops_is_not_asked_for_any(camp: CropCamp) -> None:
    trap = trap_with(1)
    for record in (sighting_record(1), next(heartbeats())):
        heard = camp.take(trap.say(record))
        answer = camp.answers.due(heard.keys, heard.key_id)
        assert answer is not None
        trap.hear(answer)
    assert trap.wants == []


@pytest.mark.parametrize("what", ["the crop", "the full record"])
def test_a_crop_that_is_to_be_had_elsewhere_is_cancelled(camp: CropCamp, what: str) -> None:
    trap = trap_with(1, 2, size_bytes=2000)
    hear_of(camp, trap, 1, 2)
    assert fetch(camp, trap, most=2) == [Progress.PIECE] * 2
    (being_sent, *_) = trap.wants[-1].crops
    number = 1 if being_sent.name == name(1) else 2
    if what == "the crop":
        assert camp.put(crop_message(number, crop(number, 2000)))
    else:
        camp.put(samples.sighting_message(sighting(number)))
    late = trap.next_frame(WIDE)
    assert late is not None
    assert progress(camp.exchange(trap, late)) is Progress.UNWANTED
    assert [one.name for one in trap.wants[-1].crops] == [name(3 - number)]
    fetch(camp, trap)
    expected = {1, 2} if what == "the crop" else {3 - number}
    assert sorted(camp.pictures()) == sorted(crop(one, 2000).data for one in expected)
    assert trap.next_frame(WIDE) is None


def test_the_station_s_own_picture_takes_the_place_of_the_one_for_the_radio(
    camp: CropCamp,
) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    fetch(camp, trap)
    whole = crop(1, 30_000)
    assert camp.put(crop_message(1, whole))
    assert camp.pictures() == [whole.data]
    assert not camp.put(crop_message(1, whole))
    (view,) = camp.view().pictures
    assert view.size_bytes == len(whole.data)


def test_a_crop_that_came_over_another_link_first_is_never_asked_for(camp: CropCamp) -> None:
    trap = trap_with(1)
    camp.put(crop_message(1, crop(1)))
    hear_of(camp, trap, 1)
    assert trap.wants == []
    assert camp.states() == {}


def test_of_many_the_best_are_asked_for_and_what_has_begun_is_not_given_up(
    camp: CropCamp,
) -> None:
    trap = trap_with(*range(1, 41), size_bytes=0)
    trap.card[name(20)] = sealed(20, crop(20, 700))
    for number in range(1, 21):
        camp.exchange(trap, trap.say(sighting_record(number, quality=number / 100)))
    camp.exchange(trap, trap.say(next(heartbeats())))
    assert [one.name for one in trap.wants[-1].crops] == [name(n) for n in range(20, 15, -1)]
    fetch(camp, trap, most=2)
    begun = camp.pieces()
    assert begun.keys() == {name(20)}
    for number in range(21, 41):
        camp.exchange(trap, trap.say(sighting_record(number, quality=number / 100)))
    camp.exchange(trap, trap.say(next(heartbeats(6000))))
    assert [one.name for one in trap.wants[-1].crops] == [name(n) for n in range(40, 35, -1)]
    assert camp.pieces() == begun
    fetch(camp, trap)
    assert len(camp.pictures()) == 40


def test_pieces_are_counted_until_the_picture_is_shown(camp: CropCamp) -> None:
    trap = trap_with(1)
    hear_of(camp, trap, 1)
    asked = camp.view().asked
    assert asked is not None
    assert (asked.wish, asked.pieces, asked.of) == ("wanted", 0, 0)
    fetch(camp, trap, most=2)
    asked = camp.view().asked
    assert asked is not None
    assert asked.pieces == 14
    assert asked.of > 14
    fetch(camp, trap)
    view = camp.view()
    assert view.asked is not None
    assert view.asked.wish == "here"
    (shown,) = view.pictures
    assert shown.part == "flank"
    assert camp.early_crops() == 0


def test_a_person_s_wish_goes_first_and_may_be_taken_back(camp: CropCamp) -> None:
    trap = trap_with(1, 2)
    flank = crop(2, 500)
    trap.card[name(2, 1)] = sealed(2, flank)
    hear_of(camp, trap, 1, 2)
    camp.want(name(2, 1))
    camp.exchange(trap, trap.say(next(heartbeats(6000))))
    assert trap.wants[-1].crops[0].name == name(2, 1)
    camp.want(name(1), wanted=False)
    fetch(camp, trap)
    assert set(camp.pictures()) == {flank.data, crop(2, 700).data}
    with pytest.raises(AlreadyHere):
        camp.want(name(2))
    with pytest.raises(UnknownBurst, match=name(3).reference.hex()):
        camp.want(name(3))


def test_a_crop_that_was_given_up_is_asked_for_when_a_person_wants_it(camp: CropCamp) -> None:
    trap = trap_with()
    hear_of(camp, trap, 1)
    assert fetch(camp, trap) == [Progress.ABSENT]
    trap.card[name(1)] = sealed(1, crop(1, 700))
    trap.reboot()
    camp.want(name(1))
    camp.exchange(trap, trap.say(next(heartbeats(6000))))
    fetch(camp, trap)
    assert camp.pictures() == [crop(1, 700).data]
