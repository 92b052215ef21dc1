"""A station sends of its crops what basecamp asks for, no more, and goes on after a reboot."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.spool.database import Database
from edge.spool.keepsake import Keepsake
from edge.uplink.radio.crop_sender import CropSender
from edge.uplink.radio.crop_sender_state import (
    SendingState,
    Task,
    decode_state,
    encode_state,
)
from edge.wire.air.fragments import CropName, Fragment, NotHere, decode_fragment
from edge.wire.air.fragments_crop import LARGEST_CONTENT_BYTES, packed
from edge.wire.air.frame import OVERHEAD_BYTES
from edge.wire.air.want import Want, Wanted

FLANK, HEAD = CropName(b"\x01\x02\x03\x04", 0), CropName(b"\x01\x02\x03\x04", 1)
CONTENT = bytes(value % 251 for value in range(2000))
DR3, DR5 = 115, 242


class Card(dict[CropName, bytes]):
    """Crops by name."""

    def content(self, name: CropName) -> bytes | None:
        return self.get(name)


class Remembered:
    """A few bytes that outlive the sender."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.full = False

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes) -> None:
        if self.full:
            raise OSError("no room")
        self.state = state


@pytest.fixture
def card() -> Card:
    return Card({FLANK: CONTENT, HEAD: CONTENT[:300]})


@pytest.fixture
def memory() -> Remembered:
    return Remembered()


def want(*crops: Wanted) -> Want:
    return Want(crops)


def drained(sender: CropSender, payload_bytes: int = DR5) -> list[Fragment | NotHere]:
    sent = []
    while (record := sender.next_fragment(payload_bytes)) is not None:
        assert len(record) + OVERHEAD_BYTES <= payload_bytes
        sent.append(decode_fragment(record))
    return sent


def numbers(sent: list[Fragment | NotHere]) -> list[int]:
    """The numbers of all symbols in ``sent``, in their order."""
    fragments = [one for one in sent if isinstance(one, Fragment)]
    return [number for fragment in fragments for number in fragment.numbered()]


def test_a_station_that_was_asked_nothing_sends_nothing(card: Card, memory: Remembered) -> None:
    assert CropSender(card, memory).next_fragment(DR5) is None


def test_all_of_a_crop_is_as_many_symbols_as_it_has(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK)), 10)
    sent = drained(sender)
    assert {one.slot for one in sent} == {3}
    assert numbers(sent) == list(range(len(packed(CONTENT, FLANK)) // 32))


def test_only_as_many_symbols_go_as_were_asked_for(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, position=20, symbols=9)), 10)
    assert numbers(drained(sender)) == [*range(140, 147), 147, 148]
    assert not sender.asked()


def test_the_most_wanted_crop_goes_first(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(4, HEAD), Wanted(3, FLANK)), 10)
    slots = [one.slot for one in drained(sender)]
    assert slots == sorted(slots, reverse=True)


def test_a_crop_goes_on_where_it_was_at_another_data_rate(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, symbols=12)), 10)
    slow = decode_fragment(sender.next_fragment(DR3) or b"")
    assert numbers([slow]) == [0, 1, 2]
    assert numbers(drained(sender)) == [*range(7, 14), 14, 15]


def test_a_packet_that_is_too_small_costs_nothing(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, symbols=7)), 10)
    assert sender.next_fragment(46) is None
    assert numbers(drained(sender)) == list(range(7))


@pytest.mark.parametrize("payload_bytes", [51, DR3, DR5])
def test_the_size_of_the_next_fragment_is_told_without_sending_it(
    card: Card, memory: Remembered, payload_bytes: int
) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(7, CropName(b"gone", 2)), Wanted(3, FLANK)), 10)
    told = sender.next_payload_bytes(payload_bytes)
    while (record := sender.next_fragment(payload_bytes)) is not None:
        assert told == len(record) + OVERHEAD_BYTES
        told = sender.next_payload_bytes(payload_bytes)
        assert told == sender.next_payload_bytes(payload_bytes)
    assert told is None


def test_what_the_next_want_does_not_name_is_cancelled(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK), Wanted(4, HEAD)), 10)
    sender.next_fragment(DR5)
    sender.hear(want(Wanted(4, HEAD)), 11)
    assert {one.slot for one in drained(sender)} == {4}


def test_a_want_that_comes_late_changes_nothing(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(), 11)
    sender.hear(want(Wanted(3, FLANK)), 10)
    assert sender.next_fragment(DR5) is None


def test_a_want_that_is_repeated_asks_for_the_same_symbols_once(
    card: Card, memory: Remembered
) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, symbols=14)), 10)
    sender.hear(want(Wanted(3, FLANK, symbols=14)), 11)
    assert len(numbers(drained(sender))) == 14


def test_no_symbol_goes_twice_while_there_are_others(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sent: list[int] = []
    for number in range(20):
        sender.hear(want(Wanted(3, FLANK, position=0, symbols=63)), number)
        sent += numbers(drained(sender))
    assert len(sent) == len(set(sent)) == 20 * 63


def test_after_the_last_position_comes_the_first(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, position=255, symbols=14)), 10)
    assert numbers(drained(sender)) == [*range(1785, 1792), *range(7)]


def test_a_crop_that_is_not_on_the_card_is_told_once(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    gone = CropName(b"gone", 2)
    sender.hear(want(Wanted(7, gone), Wanted(4, HEAD)), 10)
    sent = drained(sender)
    assert sent[0] == NotHere(7, gone)
    assert {one.slot for one in sent[1:]} == {4}


def test_a_crop_too_large_for_radio_counts_as_not_here(card: Card, memory: Remembered) -> None:
    card[FLANK] = bytes(LARGEST_CONTENT_BYTES + 1)
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK)), 10)
    assert drained(sender) == [NotHere(3, FLANK)]


@pytest.mark.parametrize("reboot_after", range(12))
def test_a_reboot_anywhere_neither_repeats_nor_forgets_a_symbol(
    card: Card, memory: Remembered, reboot_after: int
) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK), Wanted(4, HEAD)), 10)
    sent = [decode_fragment(sender.next_fragment(DR5) or b"") for _ in range(reboot_after)]
    sent += drained(CropSender(card, memory))
    undisturbed = CropSender(card, Remembered())
    undisturbed.hear(want(Wanted(3, FLANK), Wanted(4, HEAD)), 10)
    assert sent == drained(undisturbed)


def test_a_station_that_forgot_goes_on_where_basecamp_says(card: Card) -> None:
    sender = CropSender(card, Remembered())
    sender.hear(want(Wanted(3, FLANK, position=30, symbols=7)), 10)
    assert numbers(drained(sender)) == list(range(210, 217))


def test_without_room_to_remember_nothing_is_given_out(card: Card, memory: Remembered) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(3, FLANK, symbols=7)), 10)
    memory.full = True
    with pytest.raises(OSError, match="room"):
        sender.next_fragment(DR5)
    memory.full = False
    assert numbers(drained(sender)) == list(range(7))


def test_the_spools_database_remembers(card: Card, tmp_path: Path) -> None:
    before = Database(tmp_path / "spool.db")
    sender = CropSender(card, Keepsake(before, "crops"))
    sender.hear(want(Wanted(3, FLANK)), 10)
    sender.next_fragment(DR5)
    before.close()
    after = Database(tmp_path / "spool.db")
    assert numbers(drained(CropSender(card, Keepsake(after, "crops"))))[0] == 7
    after.close()


tasks = st.builds(
    Task,
    st.integers(0, 15),
    st.builds(CropName, st.binary(min_size=4, max_size=4), st.integers(0, 15)),
    st.integers(0, 255),
    st.none() | st.integers(0, 255),
)
states = st.builds(SendingState, st.integers(-1, 2**24 - 1), st.lists(tasks, max_size=5).map(tuple))


@settings(deadline=None)
@given(states)
def test_what_is_remembered_is_read_as_it_was_and_small(state: SendingState) -> None:
    data = encode_state(state)
    assert decode_state(data) == state
    assert len(data) <= 53


@settings(deadline=None)
@given(st.binary(max_size=80) | states.map(encode_state).map(lambda data: data[:-1]))
def test_a_damaged_memory_is_an_empty_one(data: bytes) -> None:
    assert decode_state(data) == SendingState()


def test_what_is_left_of_the_next_crop_is_told_for_packets_of_that_size(
    card: Card, memory: Remembered
) -> None:
    sender = CropSender(card, memory)
    assert sender.next_asked(DR5) is None
    sender.hear(want(Wanted(3, FLANK, symbols=9), Wanted(4, HEAD)), 10)
    asked = sender.next_asked(DR5)
    assert asked is not None
    assert (asked.name, asked.want, asked.record_bytes) == (FLANK, 10, 9 * 32 + 2 * 3)
    assert sender.next_asked(46) is None, "no symbol fits"


@pytest.mark.parametrize("payload_bytes", [51, DR3, DR5])
def test_what_is_told_is_what_is_then_sent(
    card: Card, memory: Remembered, payload_bytes: int
) -> None:
    sender = CropSender(card, memory)
    sender.hear(want(Wanted(7, CropName(b"gone", 2)), Wanted(3, FLANK), Wanted(4, HEAD)), 10)
    told: dict[CropName, int] = {}
    while (asked := sender.next_asked(payload_bytes)) is not None:
        left_bytes = told.setdefault(asked.name, asked.record_bytes)
        assert left_bytes == asked.record_bytes
        told[asked.name] -= len(sender.next_fragment(payload_bytes) or b"")
    assert set(told.values()) == {0}
    assert len(told) == 3


def test_wants_and_fragments_on_two_threads_do_not_disturb_each_other(
    card: Card, memory: Remembered
) -> None:
    """A want that comes by one link while another sends: none is forgotten, no symbol doubled."""
    sender = CropSender(card, memory)
    sent: list[int] = []
    done = threading.Event()

    def send() -> None:
        while not done.is_set() or sender.asked():
            record = sender.next_fragment(DR5)
            sent.extend(numbers([decode_fragment(record)] if record else []))

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    for number in range(200):
        sender.hear(want(Wanted(3, FLANK, symbols=7)), number)
    done.set()
    thread.join(60.0)
    assert not thread.is_alive()
    assert len(sent) == len(set(sent)), "a symbol went twice"
    assert CropSender(card, memory).asked() == ()
    sender.hear(want(Wanted(3, FLANK, symbols=7)), 199)
    assert not sender.asked(), "the last want was not forgotten"
