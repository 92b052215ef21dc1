"""The Notecard driver against a simulated card on a real pty."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from firmware_bridge.errors import LinkLost, MustWait, NoReply, NotJoined, Refused, TooLong
from firmware_bridge.modem import Delivery, Uplink
from firmware_bridge.notecard import Notecard, NotecardSettings, NotecardState, NotecardTiming
from firmware_bridge.notecard_codes import DOCUMENTED, Advice, Tag
from firmware_bridge.notecard_link import SEGMENT_BYTES, NotecardLink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.notecard import Faults, NotecardSimulator
from tests.firmware_bridge.modems import Clock

# The simulated card lives a thousand times as fast, its longest sync in 45 ms.
_SPEED = 1000.0
# Where replies are lost on purpose, and waited for in vain.
_HASTY = NotecardTiming(
    reply_s=0.3,
    line_s=0.1,
    segment_s=0.25 / _SPEED,
    quiet_s=0.02,
    retry_s=0.5 / _SPEED,
    poll_s=3.0 / _SPEED,
    sync_s=20.0,
    restart_s=10.0 / _SPEED,
)
# For a machine that has other things to do.
_PATIENT = replace(_HASTY, reply_s=5.0, line_s=2.0)
_SETTINGS = NotecardSettings("org.example.ridge:traps")


class Field:
    """A driver, its card, and what the cloud got."""

    def __init__(self, faults: Faults | None = None, seed: int = 0, checks: bool = True) -> None:
        self.got: list[bytes] = []
        self._faults = faults
        self.clock = Clock()
        self.sim = NotecardSimulator(
            self.got.append, seed=seed, speed=_SPEED, faults=faults, checks=checks
        )

    @contextmanager
    def running(self) -> Iterator[Notecard]:
        with self.sim:
            self.modem = self.plug_in()
            yield self.modem
            self.modem.close()

    def plug_in(self) -> Notecard:
        return Notecard(
            SerialPort(self.sim.path, 9600),
            _SETTINGS,
            timing=_PATIENT if self._faults is None else _HASTY,
            rng=random.Random(1),
            clock=self.clock,
        )

    def insist(self, uplink: Uplink | None) -> None:
        """As a station does: wait, and try again."""
        for _ in range(2000):
            try:
                self.modem.exchange(uplink)
            except (MustWait, NoReply):
                self.clock.now_s += 4000
            else:
                return
        pytest.fail("never delivered")


@pytest.fixture
def field() -> Iterator[Field]:
    field = Field()
    with field.running():
        yield field


def test_a_note_reaches_the_cloud(field: Field) -> None:
    field.modem.connect()
    assert field.modem.exchange(Uplink(b"leopard")).delivery is Delivery.CONFIRMED
    assert field.got == [b"leopard"]
    assert field.modem.state is NotecardState.READY


@pytest.mark.parametrize("payload", [b"\0", bytes(range(250)), b"\n{}\n" * 60])
def test_any_bytes_pass_unchanged(field: Field, payload: bytes) -> None:
    field.modem.exchange(Uplink(payload))
    assert field.got == [payload]


@pytest.mark.parametrize("payload", [b"", bytes(251)])
def test_a_payload_of_another_length_is_not_handed_to_the_card(
    field: Field, payload: bytes
) -> None:
    with pytest.raises((TooLong, Refused)):
        field.modem.exchange(Uplink(payload))
    assert field.sim.requests == []


def test_a_card_that_is_set_up_already_is_left_as_it_is(field: Field) -> None:
    field.modem.connect()
    field.modem.close()
    field.modem = field.plug_in()
    field.modem.connect()
    assert field.sim.requests.count("hub.set") == 1


def test_downlinks_come_with_a_sync_oldest_first(field: Field) -> None:
    for payload in (b"one", b"two", bytes(200)):
        field.sim.send_downlink(payload)
    exchange = field.modem.exchange(None)
    assert exchange.delivery is Delivery.NOTHING
    assert [d.payload for d in exchange.downlinks] == [b"one", b"two", bytes(200)]
    assert field.modem.exchange(None).downlinks == ()


def test_a_long_queue_of_downlinks_comes_in_several_exchanges(field: Field) -> None:
    sent = [bytes([i]) for i in range(20)]
    for payload in sent:
        field.sim.send_downlink(payload)
    heard = [d.payload for _ in range(2) for d in field.modem.exchange(None).downlinks]
    assert heard == sent


def test_without_coverage_the_note_stays_in_the_card_and_is_not_added_twice(field: Field) -> None:
    field.sim.card.covered = False
    with pytest.raises(MustWait) as caught:
        field.modem.exchange(Uplink(b"patience"))
    assert caught.value.code == "extended-network-failure"
    assert caught.value.wait_s >= 900
    assert field.modem.state is NotecardState.QUEUED
    assert field.modem.capacity().payload_bytes == 0
    field.sim.card.covered = True
    field.insist(Uplink(b"patience"))
    assert field.got == [b"patience"]
    assert field.sim.requests.count("note.add") == 1


def test_a_note_that_went_with_anothers_sync_is_known_to_have_arrived(field: Field) -> None:
    field.sim.card.fails_with.append("network")
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"first"))
    field.clock.now_s += 4000
    field.modem.exchange(Uplink(b"second"))
    assert field.got == [b"first", b"second"]
    syncs = field.sim.requests.count("hub.sync")
    assert field.modem.exchange(Uplink(b"first")).delivery is Delivery.CONFIRMED
    assert field.sim.requests.count("hub.sync") == syncs
    assert field.got == [b"first", b"second"]


def test_a_full_card_syncs_to_make_room(field: Field) -> None:
    field.sim.card.most_notes = 1
    field.sim.card.fails_with.append("network")
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"first"))
    field.clock.now_s += 4000
    field.modem.exchange(Uplink(b"second"))
    assert field.got == [b"first", b"second"]


def _ids(tag: Tag) -> str:
    return tag.name


@pytest.mark.parametrize(
    "tag", [tag for tag in DOCUMENTED.values() if tag.advice is Advice.WAIT], ids=_ids
)
def test_every_failure_that_passes_asks_for_a_wait(field: Field, tag: Tag) -> None:
    field.sim.card.fails_with.append(tag.name)
    with pytest.raises(MustWait) as caught:
        field.modem.exchange(Uplink(b"later"))
    assert caught.value.code == tag.name
    assert caught.value.wait_s >= tag.wait_s
    syncs = field.sim.requests.count("hub.sync")
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"later"))
    assert field.sim.requests.count("hub.sync") == syncs
    field.insist(Uplink(b"later"))
    assert field.got == [b"later"]


@pytest.mark.parametrize(
    "tag", [tag for tag in DOCUMENTED.values() if tag.advice >= Advice.ACCOUNT], ids=_ids
)
def test_every_failure_that_needs_a_person_is_told_with_its_code(field: Field, tag: Tag) -> None:
    field.sim.card.fails_with.append(tag.name)
    with pytest.raises(Refused, match=tag.meaning.split(":")[0]) as caught:
        field.modem.exchange(Uplink(b"help"))
    assert caught.value.code == tag.name
    assert isinstance(caught.value, NotJoined) == (tag.advice is Advice.ACCOUNT)


def test_waits_between_failed_syncs_double_up_to_an_hour(field: Field) -> None:
    field.sim.card.fails_with.extend(["network"] * 8)
    waits = []
    for _ in range(8):
        with pytest.raises(MustWait) as caught:
            field.modem.exchange(Uplink(b"again"))
        waits.append(caught.value.wait_s)
        field.clock.now_s += 4000
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


class Fainting(NotecardSimulator):
    """Loses its power in the middle of its first sync."""

    fainted = False

    def _note(self, name: str) -> None:
        super()._note(name)
        if name == "hub.sync.status" and not self.fainted:
            self.fainted = True
            self._brown_out()


def test_a_power_cut_during_a_sync_loses_no_note_and_the_sync_is_asked_for_again() -> None:
    got: list[bytes] = []
    with Fainting(got.append, speed=_SPEED) as sim:
        modem = Notecard(SerialPort(sim.path), _SETTINGS, timing=_HASTY)
        assert modem.exchange(Uplink(b"safe")).delivery is Delivery.CONFIRMED
        modem.close()
    assert sim.fainted
    assert got == [b"safe"]
    assert sim.requests.count("hub.sync") == 2


class Mute(NotecardSimulator):
    """Answers empty lines alone, until it is restarted."""

    hung = True

    def write(self, data: bytes) -> None:
        if "card.restart" in self.requests:
            self.hung = False
        if not self.hung or not data.strip():
            super().write(data)


def test_a_card_that_answers_only_empty_lines_is_restarted_once() -> None:
    with Mute(speed=_SPEED) as sim:
        modem = Notecard(SerialPort(sim.path), _SETTINGS, timing=_HASTY)
        modem.connect()
        assert sim.requests.count("card.restart") == 1
        modem.close()


class Silent(NotecardSimulator):
    def write(self, data: bytes) -> None:
        """Says nothing."""


def test_a_card_that_is_not_there_is_told() -> None:
    with Silent(speed=_SPEED) as sim:
        modem = Notecard(SerialPort(sim.path), _SETTINGS, timing=_HASTY)
        with pytest.raises(NoReply, match="switched on"):
            modem.connect()
        assert modem.state is NotecardState.OFFLINE
        modem.close()


def test_a_line_that_is_gone_is_told() -> None:
    field = Field()
    with field.sim:
        modem = field.plug_in()
        modem.connect()
    with pytest.raises(LinkLost):
        modem.exchange(None)
    assert modem.state is NotecardState.OFFLINE


class Recorder:
    """A port that writes down what is written and when the writer paused."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self.log: list[int | float] = []
        self.read = port.read
        self.discard_input = port.discard_input
        self.close = port.close

    def write(self, data: bytes) -> None:
        self.log.append(len(data))
        self._port.write(data)

    def pause(self, seconds: float) -> None:
        self.log.append(seconds)


def test_a_long_request_goes_in_segments_of_250_bytes_with_a_pause_after_each(
    field: Field,
) -> None:
    field.modem.close()
    port = Recorder(SerialPort(field.sim.path))
    link = NotecardLink(port, _PATIENT, random.Random(1), port.pause)
    link.reset()
    port.log.clear()
    link.transact({"req": "hub.get", "padding": "x" * 600})
    pause = _PATIENT.segment_s
    assert port.log[:5] == [SEGMENT_BYTES, pause, SEGMENT_BYTES, pause, port.log[4]]
    assert len(port.log) == 5
    assert port.log[4] <= SEGMENT_BYTES
    port.close()


def test_a_request_that_the_card_does_not_know_is_not_repeated(field: Field) -> None:
    field.modem.close()
    link = NotecardLink(SerialPort(field.sim.path), _PATIENT, random.Random(1))
    with pytest.raises(Refused) as caught:
        link.transact({"req": "card.unknown"})
    assert caught.value.code == "not-supported"
    assert field.sim.requests == ["card.unknown"]
    link.close()


@pytest.mark.parametrize(
    "faults",
    [
        Faults(lost_reply=0.2),
        Faults(flipped_bit=0.3),
        Faults(garbage=0.5),
        Faults(heartbeat=0.8),
    ],
    ids=["lost replies", "flipped bits", "garbage", "heartbeats"],
)
def test_over_a_bad_line_each_note_arrives_once(faults: Faults) -> None:
    field = Field(faults, seed=5)
    sent = [bytes([i]) * 30 for i in range(8)]
    with field.running():
        for payload in sent:
            field.insist(Uplink(payload))
    assert field.got == sent


@pytest.mark.parametrize("seed", range(3))
def test_with_everything_going_wrong_no_note_and_no_downlink_is_lost(seed: int) -> None:
    faults = Faults(lost_reply=0.05, flipped_bit=0.05, garbage=0.1, brown_out=0.03, failed_sync=0.2)
    field = Field(faults, seed)
    sent = [bytes([i]) * 30 for i in range(6)]
    down = [bytes([100 + i]) * 10 for i in range(6)]
    heard: list[bytes] = []
    with field.running():
        for payload, downlink in zip(sent, down, strict=True):
            field.sim.send_downlink(downlink)
            for _ in range(500):
                try:
                    exchange = field.modem.exchange(Uplink(payload))
                except (MustWait, NoReply):
                    field.clock.now_s += 4000
                else:
                    heard += [d.payload for d in exchange.downlinks]
                    break
        for _ in range(500):
            if set(heard) == set(down):
                break
            field.clock.now_s += 4000
            try:
                heard += [d.payload for d in field.modem.exchange(None).downlinks]
            except (MustWait, NoReply):
                continue
    # In order, for a note may come twice but none overtakes another.
    assert list(dict.fromkeys(field.got)) == sent
    assert list(dict.fromkeys(heard)) == down


def test_old_firmware_without_checksums_is_spoken_to_all_the_same() -> None:
    field = Field(checks=False)
    with field.running() as modem:
        assert modem.exchange(Uplink(b"old")).delivery is Delivery.CONFIRMED
    assert field.got == [b"old"]


def test_megabytes_of_garbage_leave_the_driver_working(field: Field) -> None:
    field.modem.connect()
    noise = random.Random(3)
    left = [500]

    def shout() -> None:
        while left[0] and field.sim._line.has_room():
            field.sim.write(noise.randbytes(4096))
            left[0] -= 1
        if left[0]:
            field.sim.rest(0.1)
            field.sim.order(shout)

    field.sim.order(shout)
    field.insist(Uplink(b"still here"))
    assert left == [0]
    # Whether a note was added can be lost in the noise: then it comes twice, never not at all.
    assert set(field.got) == {b"still here"}
