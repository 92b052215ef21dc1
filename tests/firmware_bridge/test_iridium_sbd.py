"""The Iridium driver against a simulated modem on a real pty."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from firmware_bridge.errors import MustWait, NotJoined, Refused, TooLong
from firmware_bridge.iridium_codes import DOCUMENTED, MoStatus, Outcome
from firmware_bridge.iridium_line import SbdLine
from firmware_bridge.iridium_sbd import IridiumSbd, SbdState
from firmware_bridge.modem import Delivery, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.iridium_sky import Fate
from tests.firmware_bridge.iridium import Field


@pytest.fixture
def field() -> Iterator[Field]:
    field = Field()
    with field.running():
        yield field


def test_a_message_reaches_the_gateway(field: Field) -> None:
    field.modem.connect()
    assert field.modem.exchange(Uplink(b"leopard")).delivery is Delivery.CONFIRMED
    assert field.got == [(0, b"leopard")]
    assert field.modem.state is SbdState.READY


@pytest.mark.parametrize("payload", [b"\0", bytes(340), bytes(range(256)), b"\r\n" * 20, b"AT\r"])
def test_any_bytes_pass_unchanged(field: Field, payload: bytes) -> None:
    field.modem.exchange(Uplink(payload))
    assert field.messages == [payload]


@pytest.mark.parametrize("payload", [b"", bytes(341)])
def test_a_message_of_another_length_is_not_handed_to_the_modem(
    field: Field, payload: bytes
) -> None:
    with pytest.raises((TooLong, Refused)):
        field.modem.exchange(Uplink(payload))
    assert field.sim.sessions == 0


def test_a_delivered_message_does_not_go_again_with_the_next_look(field: Field) -> None:
    field.modem.exchange(Uplink(b"once"))
    assert field.modem.exchange(None).delivery is Delivery.NOTHING
    assert field.messages == [b"once"]


def test_a_failed_message_does_not_go_with_a_mere_look_for_downlinks(field: Field) -> None:
    field.sim.meet(Fate(32))
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"later"))
    field.clock.now_s += 400
    field.modem.exchange(None)
    assert field.messages == []
    field.modem.exchange(Uplink(b"later"))
    assert field.messages == [b"later"]


@pytest.mark.parametrize("payload", [b"\0\0\0\0", bytes(270), b"\1\x0e" * 135, b"OK\r\n", b"\xff"])
def test_downlinks_come_with_any_session(field: Field, payload: bytes) -> None:
    field.sim.gateway.queue(payload)
    field.sim.gateway.queue(b"second")
    (downlink,) = field.modem.exchange(Uplink(b"up")).downlinks
    assert downlink.payload == payload
    assert field.modem.waiting_downlinks == 1
    assert [d.payload for d in field.modem.exchange(None).downlinks] == [b"second"]
    assert field.modem.exchange(None).downlinks == ()


def _leave_unread(field: Field, message: bytes) -> None:
    """A host that stops between a session and reading what it brought."""
    field.sim.gateway.queue(message)
    field.modem.close()
    port = SerialPort(field.sim.path, 19_200)
    SbdLine(port, lambda line: None).command("+SBDIX", 5.0, "+SBDIX")
    port.close()
    field.modem = field.plug_in()


def test_a_downlink_that_nobody_read_is_read_before_a_session_would_erase_it(field: Field) -> None:
    _leave_unread(field, b"unread")
    field.sim.gateway.queue(b"next")
    downlinks = field.modem.exchange(None).downlinks
    assert [d.payload for d in downlinks] == [b"unread", b"next"]


def test_a_downlink_that_was_read_before_a_session_failed_is_given_with_the_next(
    field: Field,
) -> None:
    _leave_unread(field, b"unread")
    field.sim.meet(Fate(32))
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"up"))
    field.clock.now_s += 400
    assert [d.payload for d in field.modem.exchange(Uplink(b"up")).downlinks] == [b"unread"]


def test_a_ring_says_that_a_message_waits(field: Field) -> None:
    field.modem.connect()
    field.sim.send_downlink(b"who is this?")
    assert field.modem.listen(5.0)
    assert [d.payload for d in field.modem.exchange(None).downlinks] == [b"who is this?"]
    assert not field.modem.ring_alert


class Listening:
    """A port that remembers what was said to the modem."""

    def __init__(self, port: SerialPort) -> None:
        self._port = port
        self.said: list[bytes] = []
        self.read, self.discard_input, self.close = port.read, port.discard_input, port.close

    def write(self, data: bytes) -> None:
        self.said.append(data)
        self._port.write(data)


def test_only_a_session_that_answers_a_ring_says_so(field: Field) -> None:
    field.modem.close()
    port = Listening(SerialPort(field.sim.path, 19_200))
    modem = IridiumSbd(port)
    modem.exchange(None)
    field.sim.send_downlink(b"ring")
    assert modem.listen(10.0)
    modem.exchange(None)
    modem.exchange(None)
    modem.close()
    sessions = [command for command in port.said if b"+SBDIX" in command]
    assert sessions == [b"AT+SBDIX\r", b"AT+SBDIXA\r", b"AT+SBDIX\r"]


def _ids(status: MoStatus) -> str:
    return str(status.code)


@pytest.mark.parametrize(
    "status", [s for s in DOCUMENTED if s.outcome is Outcome.DELIVERED], ids=_ids
)
def test_every_kind_of_success_is_one(field: Field, status: MoStatus) -> None:
    field.sim.meet(Fate(status.code))
    assert field.modem.exchange(Uplink(b"here")).delivery is Delivery.CONFIRMED


@pytest.mark.parametrize(
    "status", [s for s in DOCUMENTED if s.outcome in (Outcome.RETRY, Outcome.WAIT)], ids=_ids
)
def test_every_failure_that_passes_asks_for_a_wait_and_keeps_the_message(
    field: Field, status: MoStatus
) -> None:
    field.sim.meet(Fate(status.code))
    with pytest.raises(MustWait) as caught:
        field.modem.exchange(Uplink(b"patience"))
    assert caught.value.code == str(status.code)
    assert caught.value.wait_s >= status.wait_s
    assert field.modem.state is SbdState.LOADED
    assert field.sim.mo_buffer == b"patience"
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"patience"))
    assert field.modem.capacity().payload_bytes == 0
    assert field.sim.sessions == 1
    field.clock.now_s += caught.value.wait_s + 1
    field.modem.exchange(Uplink(b"patience"))
    assert field.messages == [b"patience"]


@pytest.mark.parametrize(
    "status", [s for s in DOCUMENTED if s.outcome is Outcome.REFUSED], ids=_ids
)
def test_every_failure_that_needs_a_person_is_told_with_its_code(
    field: Field, status: MoStatus
) -> None:
    field.sim.meet(Fate(status.code))
    with pytest.raises(Refused, match=str(status.code)) as caught:
        field.modem.exchange(Uplink(b"help"))
    assert caught.value.code == str(status.code)
    assert isinstance(caught.value, NotJoined) == (status.code == 15)


def test_when_the_network_limits_traffic_the_modem_says_for_how_long(field: Field) -> None:
    field.sim.meet(Fate(38))
    with pytest.raises(MustWait) as caught:
        field.modem.exchange(Uplink(b"busy"))
    assert caught.value.wait_s >= 45


def test_a_repeat_after_a_lost_confirmation_carries_the_same_number(field: Field) -> None:
    field.sim.meet(Fate(18, arrives=True))
    with pytest.raises(MustWait):
        field.modem.exchange(Uplink(b"twice"))
    field.clock.now_s += 400
    field.modem.exchange(Uplink(b"twice"))
    field.modem.exchange(Uplink(b"next"))
    assert field.got == [(0, b"twice"), (0, b"twice"), (1, b"next")]


def test_without_signal_there_is_no_capacity(field: Field) -> None:
    field.sim.set_bars(0)
    capacity = field.modem.capacity()
    assert (capacity.payload_bytes, capacity.wait_s > 0) == (0, True)
    field.sim.set_bars(3)
    assert field.modem.capacity().payload_bytes == 340


def test_the_networks_time_is_told_and_an_unknown_epoch_is_noticed(field: Field) -> None:
    now = datetime.now(UTC)
    told = field.modem.network_time(not_before=now - timedelta(days=365))
    assert told is not None
    assert abs(told - now) < timedelta(minutes=5)
    assert field.modem.network_time(not_before=now + timedelta(days=1)) is None
    field.sim.set_bars(0)
    assert field.modem.network_time(not_before=now - timedelta(days=365)) is None
