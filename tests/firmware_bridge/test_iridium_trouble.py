"""The Iridium driver where answers, power and bytes are lost."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from firmware_bridge.errors import MustWait, NoReply, Refused
from firmware_bridge.iridium_sbd import IridiumSbd, SbdState, SbdTiming
from firmware_bridge.modem import Delivery, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.iridium_sky import Fate, Faults
from tests.firmware_bridge.iridium import HASTY, Field


@pytest.fixture
def field() -> Iterator[Field]:
    field = Field()
    with field.running():
        yield field


class Deafened(IridiumSbdSimulator):
    """Loses the answers that a test names, once each."""

    lose: tuple[bytes, ...] = ()

    def write(self, data: bytes) -> None:
        for text in self.lose:
            if text in data:
                self.lose = tuple(one for one in self.lose if one != text)
                return
        super().write(data)


@pytest.fixture
def deafened() -> Iterator[Field]:
    field = Field(timing=HASTY, kind=Deafened)
    with field.running():
        field.modem.connect()
        yield field


def _lose(field: Field, answer: bytes) -> None:
    assert isinstance(field.sim, Deafened)
    field.sim.lose = (answer,)


class Broken(IridiumSbdSimulator):
    """Says that its hardware failed where it should report on a session."""

    def write(self, data: bytes) -> None:
        super().write(b"\r\nHARDWARE FAILURE: 3,4\r\n" if b"+SBDIX:" in data else data)


def test_a_hardware_failure_is_told_and_the_message_not_forgotten() -> None:
    field = Field(kind=Broken)
    with field.running() as modem:
        with pytest.raises(Refused) as caught:
            modem.exchange(Uplink(b"sent?"))
        assert caught.value.code == "HARDWARE FAILURE"
        # Its number tells that it went.
        assert modem.exchange(Uplink(b"sent?")).delivery is Delivery.CONFIRMED
    assert field.got == [(0, b"sent?")]


class BrokenOnce(IridiumSbdSimulator):
    """Says so of its first session."""

    broke = False

    def write(self, data: bytes) -> None:
        if b"+SBDIX:" in data and not self.broke:
            self.broke, data = True, b"\r\nHARDWARE FAILURE: 3,4\r\n"
        super().write(data)


def test_a_message_that_says_the_same_later_is_another_one() -> None:
    field = Field(kind=BrokenOnce)
    with field.running() as modem:
        with pytest.raises(Refused):
            modem.exchange(Uplink(b"all is well"))
        for payload in (b"leopard", b"all is well"):
            modem.exchange(Uplink(payload))
    assert field.messages == [b"all is well", b"leopard", b"all is well"]


class Small(IridiumSbdSimulator):
    """Takes no message, whatever its size."""

    def _write_mo(self, size: int) -> None:
        self._answer("3", "OK")


def test_a_size_that_the_modem_refuses_is_told() -> None:
    field = Field(kind=Small)
    with field.running() as modem, pytest.raises(Refused) as caught:
        modem.exchange(Uplink(b"small"))
    assert caught.value.code == "3"
    assert field.sim.sessions == 0


class Spoiling:
    """A port on which the first message to the modem is spoilt."""

    def __init__(self, port: SerialPort, spoil: Callable[[bytes], bytes]) -> None:
        self._port, self._spoil, self.spoilt = port, spoil, 0
        self.read, self.discard_input, self.close = port.read, port.discard_input, port.close

    def write(self, data: bytes) -> None:
        if data.startswith(b"message") and not self.spoilt:
            self.spoilt += 1
            data = self._spoil(data)
        self._port.write(data)


@pytest.mark.parametrize(
    "spoil",
    [lambda data: b"M" + data[1:], lambda data: data[:-3]],
    ids=["another byte, status 2", "bytes lost, status 1"],
)
def test_a_message_that_did_not_reach_the_modem_whole_is_written_again(
    spoil: Callable[[bytes], bytes],
) -> None:
    field = Field()
    with field.sim:
        port = Spoiling(SerialPort(field.sim.path), spoil)
        modem = IridiumSbd(port, timing=HASTY)
        modem.exchange(Uplink(b"message"))
        modem.close()
    assert port.spoilt == 1
    assert field.messages == [b"message"]


def test_a_session_whose_report_was_lost_is_settled_by_its_number(deafened: Field) -> None:
    deafened.sim.gateway.queue(b"answer")
    _lose(deafened, b"+SBDIX:")
    exchange = deafened.modem.exchange(Uplink(b"arrived"))
    assert exchange.delivery is Delivery.CONFIRMED
    assert [d.payload for d in exchange.downlinks] == [b"answer"]
    assert deafened.got == [(0, b"arrived")]


@pytest.mark.parametrize(
    "answer", [b"READY", b"\r\n0\r\n", b"+SBDSX", b"leopard, come", b"\r\nOK\r\n"]
)
def test_any_other_lost_answer_is_asked_for_again(deafened: Field, answer: bytes) -> None:
    deafened.sim.gateway.queue(b"leopard, come")
    _lose(deafened, answer)
    exchange = deafened.modem.exchange(Uplink(bytes(30)))
    assert exchange.delivery is Delivery.CONFIRMED
    assert [d.payload for d in exchange.downlinks] == [b"leopard, come"]
    assert deafened.got == [(0, bytes(30))]


class Unready(IridiumSbdSimulator):
    """Its first READY is lost; slow enough to notice who waits for whom."""

    def __init__(self) -> None:
        super().__init__(speed=10.0)
        self.said: list[bytes] = []

    def write(self, data: bytes) -> None:
        self.said.append(data)
        if b"READY" not in data or sum(b"READY" in line for line in self.said) > 1:
            super().write(data)


def test_a_modem_that_waits_for_a_message_is_not_left_waiting() -> None:
    with Unready() as sim:
        modem = IridiumSbd(SerialPort(sim.path), timing=replace(HASTY, session_s=10.0))
        modem.exchange(Uplink(bytes(340)))
        modem.close()
    statuses = [line[2:3] for line in sim.said if line[:1] == b"\r" and line[2:3].isdigit()]
    # Refused for its checksum at once, not after the modem's 60 s, then written whole.
    assert statuses[:2] == [b"2", b"0"]


def test_a_message_that_reached_the_gateway_during_a_power_cut_is_not_sent_again() -> None:
    delivered_then_silent = 0
    for seed in range(12):
        field = Field(Faults(brown_out=0.6), seed, HASTY)
        with field.running() as modem:
            while True:
                try:
                    modem.exchange(Uplink(b"cut"))
                    break
                except (MustWait, NoReply):
                    field.clock.now_s += 400
            numbers = [momsn for momsn, _ in field.got]
            # Never under two numbers: a repeat is always known as one.
            assert set(numbers) == {0}
            delivered_then_silent += len(numbers) > 1
            assert modem.state is SbdState.READY
    assert delivered_then_silent > 0


def test_settings_that_a_power_cut_took_are_made_again() -> None:
    field = Field(timing=HASTY)
    with field.running() as modem:
        modem.connect()
        field.sim.cut_power()
        modem.exchange(Uplink(b"awake"))
    assert field.messages == [b"awake"]


def test_a_modem_that_was_parked_is_woken_again(field: Field) -> None:
    field.modem.connect()
    field.modem.close()
    assert not field.sim.radio
    field.modem = field.plug_in()
    field.modem.exchange(Uplink(b"good morning"))
    assert field.messages == [b"good morning"]


def test_a_host_that_starts_anew_finds_its_modem_and_its_unread_downlink(field: Field) -> None:
    field.sim.meet(Fate(18))
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"before"))
    field.modem.close()
    field.modem = field.plug_in()
    field.modem.exchange(Uplink(b"after"))
    assert field.messages == [b"after"]


def test_a_modem_that_is_not_there_is_told() -> None:
    field = Field()
    with field.sim:
        modem = IridiumSbd(
            SerialPort(field.sim.path),
            timing=SbdTiming(reply_s=0.05, session_s=0.1, awake_s=0.1, step_s=0.05),
        )
        field.sim.write = lambda data: None  # type: ignore[method-assign]
        with pytest.raises(NoReply, match="switched on"):
            modem.connect()


@pytest.mark.parametrize("seed", range(4))
def test_over_a_bad_line_every_message_arrives_and_a_repeat_is_known_by_its_number(
    seed: int,
) -> None:
    faults = Faults(lost_reply=0.05, garbage=0.1, failed_session=0.3, brown_out=0.1, no_signal=0.3)
    field = Field(faults, seed, HASTY)
    sent = [bytes([i]) * 20 for i in range(10)]
    with field.running() as modem:
        for payload in sent:
            for _ in range(200):
                try:
                    modem.exchange(Uplink(payload))
                    break
                except (MustWait, NoReply, Refused):
                    field.clock.now_s += 400
            else:
                pytest.fail("never delivered")
    by_number = dict(field.got)
    assert [by_number[momsn] for momsn in sorted(by_number)] == sent
    assert len(set(field.got)) == len(sent)


def test_megabytes_of_garbage_leave_the_driver_working_and_small() -> None:
    field = Field(timing=HASTY)
    with field.running():
        _shout_at(field)


def _shout_at(field: Field) -> None:
    field.modem.connect()
    noise = Noise(field.sim, random.Random(3).randbytes(4096), 500)
    field.sim.order(noise.shout)
    for _ in range(100):
        with contextlib.suppress(NoReply):
            if field.modem.exchange(Uplink(b"still here")).delivery is Delivery.CONFIRMED:
                break
    assert noise.heard
    assert set(field.messages) == {b"still here"}
    assert len(field.modem._line._pending) <= 1024


class Noise:
    """Fills the line as fast as the driver empties it."""

    def __init__(self, sim: IridiumSbdSimulator, block: bytes, blocks: int) -> None:
        self._sim, self._block, self._left = sim, block, blocks
        self.heard = False

    def shout(self) -> None:
        while self._left and self._sim._line.has_room():
            self._sim.write(self._block)
            self._left -= 1
        if self._left:
            self._sim.rest(0.1)
            self._sim.order(self.shout)
        else:
            self.heard = True
