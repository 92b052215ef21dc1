"""The simulated Iridium modem, spoken to in bytes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.iridium_frames import checksum
from firmware_bridge.iridium_sbd import IridiumSbd
from firmware_bridge.modem import Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.iridium_sky import Fate
from tests.firmware_bridge.simulators.programs import started


class Host:
    """Says commands and waits for what they must bring."""

    def __init__(self, sim: IridiumSbdSimulator) -> None:
        self._port = SerialPort(sim.path, 19_200)

    def say(self, raw: bytes, until: bytes = b"\r\nOK\r\n") -> bytes:
        self._port.write(raw)
        return self.hear(until)

    def hear(self, until: bytes) -> bytes:
        heard = b""
        while until not in heard:
            more = self._port.read(1, 5.0)
            assert more, f"silence after {heard!r}"
            heard += more
        return heard

    def load(self, message: bytes) -> bytes:
        self.say(b"AT+SBDWB=%d\r" % len(message), b"READY\r\n")
        return self.say(message + checksum(message))

    def close(self) -> None:
        self._port.close()


@pytest.fixture
def sim() -> Iterator[IridiumSbdSimulator]:
    with IridiumSbdSimulator(speed=1000.0) as sim:
        yield sim


@pytest.fixture
def host(sim: IridiumSbdSimulator) -> Iterator[Host]:
    host = Host(sim)
    yield host
    host.close()


def test_it_echoes_until_it_is_told_not_to(host: Host) -> None:
    assert host.say(b"AT\r") == b"AT\r\r\nOK\r\n"
    host.say(b"ATE0\r")
    assert host.say(b"AT\r") == b"\r\nOK\r\n"


def test_a_command_that_it_does_not_know_is_an_error(host: Host) -> None:
    host.say(b"AT+NONSENSE\r", b"\r\nERROR\r\n")


@pytest.mark.parametrize("size", [0, 341, 100_000])
def test_a_message_of_another_size_is_refused_before_it_is_sent(host: Host, size: int) -> None:
    assert b"\r\n3\r\n" in host.say(b"AT+SBDWB=%d\r" % size)


def test_a_message_with_a_wrong_checksum_is_refused(host: Host, sim: IridiumSbdSimulator) -> None:
    host.say(b"AT+SBDWB=5\r", b"READY\r\n")
    assert b"\r\n2\r\n" in host.say(b"hello\x00\x00")
    assert sim.mo_buffer == b""


def test_a_message_that_stops_in_the_middle_times_out(host: Host) -> None:
    host.say(b"AT+SBDWB=5\r", b"READY\r\n")
    assert b"\r\n1\r\n" in host.say(b"he")


def test_a_sent_message_stays_in_its_buffer_until_it_is_cleared(
    host: Host, sim: IridiumSbdSimulator
) -> None:
    assert b"\r\n0\r\n" in host.load(b"stay")
    assert b"+SBDIX: 0, 0, 0, 0, 0, 0" in host.say(b"AT+SBDIX\r")
    assert b"+SBDSX: 1, 1, 0, -1, 0, 0" in host.say(b"AT+SBDSX\r")
    assert b"\r\n0\r\n" in host.say(b"AT+SBDD0\r")
    assert b"+SBDSX: 0, 1, 0, -1, 0, 0" in host.say(b"AT+SBDSX\r")


def test_a_failed_session_does_not_raise_the_number(host: Host, sim: IridiumSbdSimulator) -> None:
    sim.meet(Fate(18))
    host.load(b"again")
    assert b"+SBDIX: 18, 0, 2, 0, 0, 0" in host.say(b"AT+SBDIX\r")
    assert b"+SBDSX: 1, 0, 0, -1, 0, 0" in host.say(b"AT+SBDSX\r")


def test_a_session_empties_the_buffer_of_what_was_received(
    host: Host, sim: IridiumSbdSimulator
) -> None:
    sim.gateway.queue(b"hello")
    assert b"+SBDIX: 0, 0, 1, 0, 5, 0" in host.say(b"AT+SBDIX\r")
    answer = b"\x00\x05hello\x02\x14"
    assert answer in host.say(b"AT+SBDRB\r")
    assert answer in host.say(b"AT+SBDRB\r")
    host.say(b"AT+SBDIX\r")
    assert bytes(4) in host.say(b"AT+SBDRB\r")


def test_a_power_cut_empties_both_buffers_and_keeps_the_number(
    host: Host, sim: IridiumSbdSimulator
) -> None:
    host.load(b"gone")
    host.say(b"AT+SBDIX\r")
    sim.cut_power()
    sim.order(lambda: sim.write(b"awake"))
    host.hear(b"awake")
    assert b"+SBDSX: 0, 1, 0, -1, 0, 0" in host.say(b"AT+SBDSX\r")


def test_it_tells_of_its_signal_only_when_asked(host: Host, sim: IridiumSbdSimulator) -> None:
    sim.set_bars(2)
    assert b"CIEV" not in host.say(b"AT+CIER=1,1,1\r")
    sim.set_bars(0)
    assert b"+CIEV:0,0" in host.hear(b"+CIEV:1,0\r\n")


def test_it_rings_only_where_it_has_signal(host: Host, sim: IridiumSbdSimulator) -> None:
    sim.set_bars(0)
    sim.send_downlink(b"unheard")
    assert b"SBDRING" not in host.say(b"AT+CSQF\r")
    sim.set_bars(4)
    sim.send_downlink(b"heard")
    host.hear(b"SBDRING\r\n")


@settings(deadline=None, max_examples=40)
@given(st.binary(max_size=400))
def test_any_bytes_are_survived(noise: bytes) -> None:
    with IridiumSbdSimulator(speed=1000.0) as sim:
        host = Host(sim)
        # Enough line ends to fill any message that the noise has begun.
        host.say(noise + b"\r" * 400 + b"AT-MSSTM\r", b"-MSSTM: ")
        host.close()


def test_the_program_is_a_modem_for_a_driver_and_shows_what_the_gateway_got() -> None:
    with started("iridium_sbd", "--speed", "1000", "--seed", "1") as program:
        modem = IridiumSbd(SerialPort(program.path, 19_200))
        modem.exchange(Uplink(b"cat"))
        assert program.line() == f"0 {b'cat'.hex()}"
        program.say("nonsense")
        program.say(b"dog".hex())
        assert modem.listen(10.0)
        assert [d.payload for d in modem.exchange(None).downlinks] == [b"dog"]
        modem.close()
