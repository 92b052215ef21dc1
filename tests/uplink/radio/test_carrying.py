"""What the scheduler lets a radio say: news, a sign of life, beacons, pieces of wanted crops."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import pytest

from edge.errors import ConfigError
from edge.spool.items import Priority, RadioCrop
from edge.uplink.radio.regions_tables import region
from edge.uplink.radio.stage import BROKEN_S, LONGEST_REST_S, PATIENCE_S
from edge.uplink.schedule.situation import Form, Resource
from edge.uplink.schedule.snapshot import read_snapshot
from edge.wire.air.beacon import decode_beacon
from edge.wire.air.channel import open_up
from edge.wire.air.fragments import CropName, Fragment, NotHere, decode_fragment
from edge.wire.air.fragments_crop import source_symbols
from edge.wire.air.reference import reference_of
from edge.wire.air.want import Wanted
from edge.wire.air.window import Seen
from firmware_bridge.errors import JoinFailed, MustWait, NoReply, NotJoined
from firmware_bridge.modem import Modem
from tests.spool.makers import an_item, burst_id
from tests.uplink.lines import Line
from tests.uplink.radio.ridge import CAMP, Clock, Ear, Ether, Ridge

DR0, DR5 = (51, 0), (242, 5)
CROP_NAME = CropName(reference_of(burst_id(1)), 0)
CROP = RadioCrop(an_item(1).item_id, CROP_NAME.reference, 0, bytes(range(250)) * 8)
SYMBOLS = source_symbols(len(CROP.content))


class Station(Protocol):
    """Starts it, again if it runs already: what it knew in memory alone is gone."""

    def __call__(self, modem: Modem | None = None, name: str = "EU868") -> Ridge: ...


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ether(clock: Clock) -> Ether:
    return Ether(Ear(), clock)


@pytest.fixture
def station(tmp_path: Path, ether: Ether, clock: Clock) -> Iterator[Station]:
    running: list[Ridge] = []

    def start(modem: Modem | None = None, name: str = "EU868") -> Ridge:
        while running:
            running.pop().close()
        near = modem or ether
        ridge = Ridge(tmp_path / "spool", lambda _: near, region(name), clock, 12 * 3600.0)
        running.append(ridge)
        return ridge

    yield start
    while running:
        running.pop().close()


def rate(ether: Ether, payload_bytes: int, data_rate: int) -> None:
    ether.payload_bytes, ether.data_rate = payload_bytes, data_rate


def pass_time(ridge: Ridge, clock: Clock, seconds: float, every_s: float = 5.0) -> None:
    """As a worker would: again and again, with pauses where there is nothing to do."""
    end_s = clock.now_s + seconds
    while clock.now_s < end_s:
        if not ridge.stage.step():
            clock.now_s += every_s


def pieces(ether: Ether) -> list[Fragment | NotHere]:
    return list(map(decode_fragment, ether.ear.pieces))


def numbers(ether: Ether) -> list[int]:
    """Of all symbols that arrived."""
    found = [piece for piece in pieces(ether) if isinstance(piece, Fragment)]
    return [number for piece in found for number in piece.numbered()]


def test_a_heartbeat_is_said_once_in_its_time(station: Station, ether: Ether, clock: Clock) -> None:
    ridge = station()
    pass_time(ridge, clock, 3 * 12 * 3600.0 - 60, every_s=60.0)
    assert ether.ear.kinds == {"heartbeat": 3}


def test_news_go_before_a_heartbeat_and_an_alert_before_both(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    cat, person = ridge.find(1), ridge.find(2, Priority.ALERT)
    pass_time(ridge, clock, 120.0)
    assert list(ether.ear.kinds) == ["sighting", "heartbeat"]
    assert list(ether.ear.told) == [person, cat]


def test_what_is_not_answered_is_said_again_after_ever_longer_times(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ether.ear.silent = True
    (cat,) = (ridge.find(1),)
    pass_time(ridge, clock, 0.9 * PATIENCE_S)
    assert ether.ear.told[cat] == 1
    pass_time(ridge, clock, 8 * PATIENCE_S)
    assert 3 <= ether.ear.told[cat] <= 4
    assert ridge.news_wait()


def test_where_only_eleven_bytes_fit_a_beacon_says_that_there_is_news(
    station: Station, ether: Ether, clock: Clock
) -> None:
    """As at the slowest rate of US915. The news themselves stay until more fits."""
    ridge = station(name="US915")
    rate(ether, 11, 0)
    ridge.find(1)
    beacons: list[bytes] = []
    ether.ear.hear = beacons.append  # type: ignore[method-assign, assignment]
    pass_time(ridge, clock, 60.0)
    (beacon,) = beacons
    opened = open_up(beacon, CAMP, Seen())
    assert len(beacon) == 11 and decode_beacon(opened.content).target
    link = ridge.stage.link()
    assert (link.payload_bytes, link.tariff.overhead_bytes, link.splits) == (11, 0, False)
    assert ridge.news_wait()


def test_a_new_alert_is_told_by_a_beacon_of_its_own(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station(name="US915")
    rate(ether, 11, 0)
    ridge.find(1)
    pass_time(ridge, clock, 60.0)
    ridge.find(2)
    pass_time(ridge, clock, 60.0)
    assert ether.ear.kinds == {"beacon": 1}, "the first beacon tells of both"
    ridge.find(3, Priority.ALERT)
    pass_time(ridge, clock, 60.0)
    assert ether.ear.kinds == {"beacon": 2}


def test_when_more_fits_again_the_news_follow_their_beacon(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station(name="US915")
    rate(ether, 11, 0)
    cat = ridge.find(1)
    pass_time(ridge, clock, 60.0)
    rate(ether, 53, 1)
    pass_time(ridge, clock, 2 * PATIENCE_S)
    assert ether.ear.told[cat] >= 1 and not ridge.news_wait()


def test_a_crop_that_basecamp_wants_is_sent_in_pieces(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1, crop=CROP)
    pass_time(ridge, clock, 60.0)
    assert not ether.ear.pieces, "nobody asked"
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    pass_time(ridge, clock, 13 * 3600.0, every_s=60.0)  # a heartbeat opens the window for it
    assert sorted(numbers(ether)) == list(range(SYMBOLS))
    assert {piece.slot for piece in pieces(ether)} == {3}
    assert ridge.crops.asked() == ()


def test_no_piece_of_a_crop_goes_at_a_slow_rate(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1, crop=CROP)
    rate(ether, *DR0)
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    pass_time(ridge, clock, 3600.0)
    assert ridge.crops.asked() and not ether.ear.pieces
    rate(ether, *DR5)
    pass_time(ridge, clock, 13 * 3600.0, every_s=60.0)  # the next exchange tells of the rate
    assert sorted(numbers(ether)) == list(range(SYMBOLS))


def test_a_crop_goes_on_where_it_was_after_a_restart(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1, crop=CROP)
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    for _ in range(1000):
        if len(ether.ear.pieces) == 4:
            break
        pass_time(ridge, clock, 1.0)
    ridge = station()
    pass_time(ridge, clock, 3600.0)
    assert sorted(numbers(ether)) == list(range(SYMBOLS)), "none twice, none forgotten"


def test_a_want_that_names_nothing_ends_it(station: Station, ether: Ether, clock: Clock) -> None:
    ridge = station()
    ridge.find(1, crop=CROP)
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    while len(ether.ear.pieces) < 2:
        pass_time(ridge, clock, 5.0)
    ether.downlinks.append(ether.ear.want())
    before = len(ether.ear.pieces)
    pass_time(ridge, clock, 3600.0)
    assert len(ether.ear.pieces) <= before + 2, "what was under way, and the one that brought it"
    assert ridge.crops.asked() == ()


def test_an_alert_goes_between_the_pieces_of_a_crop(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1, crop=CROP)
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    while len(ether.ear.pieces) < 2:
        pass_time(ridge, clock, 5.0)
    person = ridge.find(2, Priority.ALERT)
    assert any(ridge.stage.step() for _ in range(3))
    assert ether.ear.told[person] == 1


def test_a_wanted_crop_that_is_not_here_is_said_to_be_so(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1)
    ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME)))
    pass_time(ridge, clock, 600.0)
    assert pieces(ether) == [NotHere(3, CROP_NAME)]


@pytest.mark.parametrize("loss", [0.0, 0.2, 0.4, 0.6])
def test_whatever_is_lost_all_news_and_the_crop_arrive_in_the_end(
    station: Station, ether: Ether, clock: Clock, loss: float
) -> None:
    """Basecamp asks again for what is missing, as it does."""
    ridge = station()
    ether.loss = loss
    cats = {ridge.find(1, crop=CROP), *(ridge.find(number) for number in range(2, 6))}
    for _ in range(200):
        missing = SYMBOLS - len(set(numbers(ether)))
        if missing > 0 and not ether.downlinks:
            ether.downlinks.append(ether.ear.want(Wanted(3, CROP_NAME, 0, missing)))
        pass_time(ridge, clock, 2 * 3600.0, every_s=300.0)
        if missing <= 0 and not ridge.news_wait():
            break
    assert set(ether.ear.told) == cats and not ridge.news_wait()
    assert len(set(numbers(ether))) >= SYMBOLS
    assert not ether.ear.refused
    assert len(set(ether.ear.frames)) == len(ether.ear.frames), "a number was used twice"


def test_the_link_tells_the_scheduler_what_it_carries_and_what_that_takes(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    before = ridge.stage.link()
    assert (before.payload_bytes, before.splits) == (51, False)
    assert before.tariff.rate is not None and before.tariff.rate.index == 0, "the slowest"
    pass_time(ridge, clock, 60.0)
    link = ridge.stage.link()
    assert (link.payload_bytes, link.splits, link.tariff.overhead_bytes) == (242, True, 12)
    assert link.tariff.rate is not None and link.tariff.rate.index == 5
    (budget,) = link.budgets
    assert budget.resource is Resource.AIRTIME and 0 < budget.left < budget.limit == 36_000


def test_a_modem_that_cannot_join_rests_and_others_may_have_what_it_took(
    station: Station, ether: Ether, clock: Clock
) -> None:
    class Deaf(Ether):
        def connect(self) -> None:
            raise JoinFailed("no gateway", 1800.0)

    deaf = Deaf(Ear(), clock)
    ridge = station(deaf)
    ridge.find(1)
    assert not ridge.stage.step()
    link = ridge.stage.link()
    assert link.down == "no gateway" and link.ready_in_s == pytest.approx(1800.0)
    assert ridge.dispatcher.under_way() == set()
    assert ridge.notes.troubles == ["radio: no gateway"]
    clock.now_s += 1801.0
    assert ridge.stage.link().down is None


def test_what_a_radio_took_that_cannot_be_opened_at_all_goes_another_way(
    station: Station, ether: Ether, clock: Clock
) -> None:
    """A key file that is missing is no fault of the modem's; whoever repeats the step tells it."""

    class Keyless(Ether):
        def connect(self) -> None:
            raise ConfigError("no key")

    ridge = station(Keyless(Ear(), clock))
    ridge.find(1)
    satellite = Line("satellite", Form.RADIO)
    ridge.dispatcher.join(satellite)
    with pytest.raises(ConfigError):
        ridge.stage.step()
    assert ridge.dispatcher.under_way() == set()
    assert not ridge.stage.step()
    assert ridge.dispatcher.next_for("satellite") is not None


def test_a_modem_in_trouble_is_tried_soon_at_first_then_ever_more_seldom_and_told_of_once(
    station: Station, ether: Ether, clock: Clock
) -> None:
    ridge = station()
    ridge.find(1)
    tries = []
    for _ in range(600):
        ether.broken = NoReply("noise on the line")
        ether.broken.unsent = True
        pass_time(ridge, clock, 1.0)
        if ether.broken is None:
            tries.append(clock.now_s)
    pauses = [later - earlier for earlier, later in pairwise(tries)]
    assert pauses[0] < 15
    assert pauses == sorted(pauses)
    assert BROKEN_S <= pauses[-1] < BROKEN_S + 10
    assert [told for told in ridge.notes.troubles if "noise" in told] == [
        "radio: noise on the line"
    ]


@pytest.mark.parametrize("error", [NoReply("silence"), NotJoined("no session")])
def test_what_may_be_on_the_air_waits_for_an_answer_and_what_was_refused_does_not(
    station: Station, ether: Ether, clock: Clock, error: Exception
) -> None:
    ridge = station()
    cat = ridge.find(1)
    ether.broken, ether.ear.silent = error, True
    while ether.broken is not None:
        pass_time(ridge, clock, 1.0)
    said = ether.ear.told[cat]
    pass_time(ridge, clock, BROKEN_S + 30.0)
    again = ether.ear.told[cat] - said
    assert again == (0 if isinstance(error, NoReply) else 1)


def test_nothing_is_said_that_the_regulation_does_not_leave_room_for(
    station: Station, ether: Ether, clock: Clock
) -> None:
    """The scheduler plans with what is left; this is the law, whatever the plan says."""
    ridge = station()
    for size_bytes in (51, 11):
        while not ridge.air.reserve(size_bytes, 0):
            clock.now_s += 3.0
            ridge.air.done()
    ridge.find(1, Priority.ALERT)
    rate(ether, *DR0)
    before = len(ether.log)
    pass_time(ridge, clock, 60.0)
    assert len(ether.log) == before
    assert ridge.stage.link().ready_in_s <= LONGEST_REST_S
    pass_time(ridge, clock, 3700.0)
    assert len(ether.log) > before


def test_what_comes_while_the_radio_must_be_silent_is_shown_at_once(
    tmp_path: Path, ether: Ether, clock: Clock
) -> None:
    shown = tmp_path / "shown.json"
    ridge = Ridge(tmp_path / "spool", lambda _: ether, region("EU868"), clock, shown_in=shown)
    ether.broken = MustWait("the modem must be silent", 300.0)
    pass_time(ridge, clock, 15)
    ridge.find(1)
    pass_time(ridge, clock, 15)
    situation = read_snapshot(shown).situation
    ridge.close()
    assert an_item(1).item_id in {one.item_id for one in situation.candidates}
    (radio,) = situation.links
    assert 200 < radio.ready_in_s < 300
    assert len(ether.log) == 1
