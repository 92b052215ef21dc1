"""From the card to basecamp, through sealed frames that are lost, doubled, late and damaged, with
reboots at both ends: a crop arrives byte for byte, or it is still wanted."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.fragments import CropName, decode_fragment
from edge.wire.air.frame import FrameRefused, Stream
from edge.wire.air.want import encode_want
from edge.wire.air.window import Seen
from tools.basecamp.fragments import CropArrived, CropNotHere, StationCrops
from tools.basecamp.fragments_state import decode_crops, encode_crops

from .lorawan import Counting
from .radio_trap import Air, Trap

BASECAMP, STATION = BasecampKey.generate(), StationKey.generate()
BASECAMP_KEYS = RadioKeys.of_basecamp("ridge-2", STATION.token, BASECAMP)
ROUNDS = 120
MOST_A_ROUND = 60


class Camp:
    """Basecamp, for one station."""

    def __init__(self, wanted: list[CropName]) -> None:
        self.crops = StationCrops()
        self.arrived: dict[CropName, bytes] = {}
        self.not_there: set[CropName] = set()
        self._sealer = Sealer(BASECAMP_KEYS, Counting(), Stream.DOWN)
        self._seen = Seen()
        for worth, name in enumerate(wanted):
            self.crops.ask(name, float(worth))

    def reboot(self) -> None:
        self.crops = decode_crops(encode_crops(self.crops))

    def want(self) -> bytes:
        return self._sealer.seal(encode_want(self.crops.tell()))

    def hear(self, frame: bytes) -> None:
        try:
            opened = open_up(frame, BASECAMP_KEYS, self._seen)
        except FrameRefused:
            return
        self._seen = opened.seen
        match self.crops.take(decode_fragment(opened.content)):
            case CropArrived(name, content):
                assert name not in self.arrived, "stored twice"
                self.arrived[name] = content
            case CropNotHere(name):
                self.not_there.add(name)


def trap_with(card: dict[CropName, bytes]) -> Trap:
    return Trap(card, STATION, BASECAMP.token)


def season(trap: Trap, camp: Camp, air: Air, chance: random.Random, reboots: float = 0.0) -> None:
    """Rounds of a want and what the station answers, until nothing is wanted."""
    truth = dict(trap.card)
    wanted = {assembly.name for assembly in camp.crops.assemblies}
    for _ in range(ROUNDS):
        if not air.lost():
            trap.hear(camp.want())
        for _ in range(MOST_A_ROUND):
            frame = trap.next_frame(chance.choice((115, 242)))
            if frame is None:
                break
            for received in air.carried(frame):
                camp.hear(received)
            if chance.random() < reboots:
                trap.reboot()
            if chance.random() < reboots:
                camp.reboot()
        still = {assembly.name for assembly in camp.crops.assemblies}
        assert all(truth[name] == content for name, content in camp.arrived.items())
        assert still | camp.arrived.keys() | camp.not_there == wanted
        if not still:
            return


def made_up(chance: random.Random, count: int) -> dict[CropName, bytes]:
    return {
        CropName(chance.randbytes(4), number): chance.randbytes(chance.randrange(4000))
        for number in range(count)
    }


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.6),
    trouble=st.floats(0, 0.2),
    reboots=st.floats(0, 0.2),
    count=st.integers(1, 8),
)
def test_every_crop_arrives_byte_for_byte_however_bad_the_air(
    seed: int, loss: float, trouble: float, reboots: float, count: int
) -> None:
    chance = random.Random(seed)
    trap = trap_with(made_up(chance, count))
    camp = Camp(list(trap.card))
    season(trap, camp, Air(chance, loss, trouble), chance, reboots)
    assert camp.arrived == trap.card


@pytest.mark.parametrize("seed", range(3))
def test_a_card_that_is_changed_on_the_way_brings_no_wrong_crop(seed: int) -> None:
    chance = random.Random(seed)
    trap = trap_with(made_up(chance, 4))
    camp = Camp(list(trap.card))
    trap.hear(camp.want())
    for _ in range(10):
        camp.hear(trap.next_frame(242) or b"")
    gone = next(name for name in trap.card if name not in camp.arrived)
    trap.card = {name: content for name, content in trap.card.items() if name != gone}
    trap.memory = None
    trap.reboot()
    truth = dict(trap.card)
    for _ in range(20):
        trap.hear(camp.want())
        while (frame := trap.next_frame(242)) is not None:
            camp.hear(frame)
    assert camp.arrived == truth
    assert camp.not_there == {gone}


def test_while_nothing_gets_through_everything_is_still_wanted() -> None:
    chance = random.Random(9)
    trap = trap_with(made_up(chance, 3))
    camp = Camp(list(trap.card))
    season(trap, camp, Air(chance, loss=1.0, trouble=0.0), chance)
    assert {assembly.name for assembly in camp.crops.assemblies} == set(trap.card)
    assert not camp.arrived


def test_without_loss_a_crop_takes_one_want_and_no_symbol_too_many() -> None:
    chance = random.Random(10)
    trap = trap_with({CropName(b"burs", 0): chance.randbytes(2095)})
    camp = Camp(list(trap.card))
    trap.hear(camp.want())
    frames = list(iter(lambda: trap.next_frame(242), None))
    for frame in frames:
        camp.hear(frame)
    assert camp.arrived == trap.card
    # 66 symbols of 32 bytes, and 15 bytes around each of ten payloads.
    assert (len(frames), sum(map(len, frames))) == (10, 66 * 32 + 10 * 15)
