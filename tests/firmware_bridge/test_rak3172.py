"""The RAK3172's own ways: each documented refusal, and events that come too early or too late."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import rak3172, rak3172_commands
from firmware_bridge.errors import JoinFailed, MustWait, NoReply, NotJoined, Refused
from firmware_bridge.lorawan_modem import State
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Delivery, Downlink, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.rak3172 import Rak3172
from firmware_bridge.rak3172_lines import ERRORS, JoinRefused, Restricted, Sent, parse_event
from tests.firmware_bridge.lorawan import IDENTITY, Scripted, field_with

SETTINGS = {
    "NWM": "1",
    "NJM": "1",
    "CLASS": "A",
    "ADR": "1",
    "RETY": "0",
    "BAND": "4",
    "DEVEUI": IDENTITY.dev_eui.hex().upper(),
    "APPEUI": IDENTITY.join_eui.hex().upper(),
    "APPKEY": IDENTITY.app_key.hex().upper(),
    "CFM": "0",
    "NJS": "1",
    "DR": "0",
}


class Script:
    """A joined module with right settings, but for what a test lets it answer."""

    def __init__(self, **settings: str) -> None:
        self.settings = SETTINGS | settings
        self.answers: dict[str, list[list[str]]] = {}

    def on(self, command: str, *answers: list[str]) -> Script:
        """Answer what begins with ``command`` so, once each, the last for ever."""
        self.answers[command] = list(answers)
        return self

    def __call__(self, line: str) -> list[str]:
        for command, answers in self.answers.items():
            if line.startswith(command):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        name, _, value = line.removeprefix("AT+").partition("=")
        if value == "?":
            return [f"AT+{name}={self.settings[name]}", "", "OK"]
        self.settings[name] = value
        return ["OK"]


@contextmanager
def driving(answer: Callable[[str], list[str]]) -> Iterator[tuple[Rak3172, Scripted]]:
    with Scripted(answer) as device:
        modem = Rak3172(SerialPort(device.path), IDENTITY, REGIONS["EU868"])
        yield modem, device
        modem.close()


@pytest.mark.parametrize("code", sorted(set(ERRORS) - {"AT_BUSY_ERROR", "AT_PARAM_ERROR"}))
def test_each_refusal_of_an_uplink_is_told_with_its_code(code: str) -> None:
    with driving(Script().on("AT+SEND", [code])) as (modem, _):
        modem.connect()
        with pytest.raises(Refused) as refused:
            modem.exchange(Uplink(b"x"))
        assert refused.value.code == code
        joined = code != "AT_NO_NETWORK_JOINED"
        assert refused.value.unsent is not joined, "of the others it is not sure"
        assert isinstance(refused.value, NotJoined) is not joined
        assert modem.state is (State.READY if joined else State.CONFIGURED)


def test_a_wait_for_the_duty_cycle_is_told_in_seconds() -> None:
    with driving(Script().on("AT+SEND", ["Restricted_Wait_12345_ms", "AT_BUSY_ERROR"])) as (m, _):
        m.connect()
        with pytest.raises(MustWait) as refused:
            m.exchange(Uplink(b"x"))
        assert refused.value.wait_s == 12.345
        assert refused.value.unsent
        assert 0 < m.capacity().wait_s <= 12.345


def test_a_wait_that_only_noise_can_have_said_is_an_hour_at_most() -> None:
    script = Script().on("AT+SEND", ["Restricted_Wait_9999999999_ms", "AT_BUSY_ERROR"])
    with driving(script) as (modem, _):
        modem.connect()
        with pytest.raises(MustWait) as refused:
            modem.exchange(Uplink(b"x"))
        assert refused.value.wait_s == 3600


def test_a_module_that_is_busy_asks_for_patience() -> None:
    with driving(Script().on("AT+SEND", ["AT_BUSY_ERROR"])) as (modem, _):
        modem.connect()
        with pytest.raises(MustWait) as refused:
            modem.exchange(Uplink(b"x"))
        assert refused.value.wait_s > 0


@pytest.mark.parametrize(
    ("event", "delivery"),
    [
        ("+EVT:TX_DONE", Delivery.SENT),
        ("+EVT:SEND_CONFIRMED_OK", Delivery.CONFIRMED),
        ("+EVT:SEND_CONFIRMED_FAILED(4)", Delivery.UNCONFIRMED),
    ],
)
def test_the_end_of_a_transmission_says_what_became_of_it(event: str, delivery: Delivery) -> None:
    with driving(Script().on("AT+SEND", ["", "OK", event])) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x")).delivery is delivery


def test_the_end_of_an_earlier_frame_does_not_end_this_one() -> None:
    script = Script().on("AT+SEND", ["+EVT:TX_DONE", "OK", "+EVT:SEND_CONFIRMED_FAILED(4)"])
    with driving(script) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x")).delivery is Delivery.UNCONFIRMED


def test_an_event_that_waits_in_the_buffer_is_not_the_end_of_the_next_frame() -> None:
    script = Script().on("AT+SEND", ["OK", "+EVT:SEND_CONFIRMED_OK"])
    script.on("AT+DR", ["AT+DR=0", "OK", "+EVT:TX_DONE"])
    with driving(script) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x")).delivery is Delivery.CONFIRMED


def test_a_lost_ok_does_not_lose_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with driving(Script().on("AT+SEND", ["+EVT:SEND_CONFIRMED_OK"])) as (modem, _):
        modem.connect()
        monkeypatch.setattr(rak3172_commands, "_REPLY_S", 0.5)
        assert modem.exchange(Uplink(b"x")).delivery is Delivery.CONFIRMED


def test_an_ok_too_many_does_not_put_the_driver_out_of_step() -> None:
    script = Script().on("AT+SEND", ["AT_BUSY_ERROR"])
    with driving(lambda line: ["OK", "OK"] if line == "AT" else script(line)) as (modem, device):
        modem.connect()
        with pytest.raises(MustWait):
            modem.exchange(Uplink(b"x"))
        assert device.asked.count("AT+NJS=?") == 1, "in step again after the first question"


def test_noise_before_an_answer_does_not_cost_it() -> None:
    script = Script().on("AT+DR=?", ["q~x7AT+DR=5", "", "OK"])
    with driving(script) as (modem, device):
        modem.connect()
        assert modem.capacity().data_rate == 5
        assert device.asked.count("AT+DR=?") == 1


def test_a_frame_whose_end_is_never_told_may_be_on_the_air(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rak3172, "_SEND_S", 0.3)
    with driving(Script().on("AT+SEND", ["OK"])) as (modem, _):
        modem.connect()
        with pytest.raises(NoReply, match="end"):
            modem.exchange(Uplink(b"x"))
        assert modem.state is State.UNKNOWN


def test_a_downlink_after_the_end_of_the_transmission_belongs_to_it() -> None:
    late = "+EVT:RX_1:-46:10:UNICAST:111:48454c4c4f0a"
    with driving(Script().on("AT+SEND", ["OK", "+EVT:TX_DONE", late])) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x")).downlinks == (Downlink(b"HELLO\n", 111, -46.0, 10.0),)


def test_a_downlink_that_came_between_two_exchanges_is_not_lost() -> None:
    script = Script().on("AT+SEND", ["OK", "+EVT:TX_DONE"])
    script.on("AT+DR", ["+EVT:RX_2:-90:-5:UNICAST:3:00ff", "AT+DR=0", "OK"])
    with driving(script) as (modem, _):
        modem.connect()
        modem.capacity()
        first = modem.exchange(Uplink(b"x")).downlinks
        assert Downlink(b"\x00\xff", 3, -90.0, -5.0) in first


def test_what_fits_and_was_refused_is_sent_after_the_empty_frame() -> None:
    """Answers to the network took its room: the module sends them alone, and then there is room."""
    script = Script().on(
        "AT+SEND", ["AT_PARAM_ERROR", "+EVT:TX_DONE"], ["OK", "+EVT:SEND_CONFIRMED_OK"]
    )
    with driving(script) as (modem, device):
        modem.connect()
        with pytest.raises(MustWait) as refused:
            modem.exchange(Uplink(b"x"))
        assert (refused.value.wait_s, refused.value.unsent) == (0.0, False)
        assert modem.exchange(Uplink(b"x")).delivery is Delivery.CONFIRMED
        assert sum(line.startswith("AT+SEND") for line in device.asked) == 2


def test_what_is_refused_twice_in_a_row_is_not_tried_for_ever() -> None:
    with driving(Script().on("AT+SEND", ["AT_PARAM_ERROR", "+EVT:TX_DONE"])) as (modem, _):
        modem.connect()
        with pytest.raises(MustWait):
            modem.exchange(Uplink(b"x"))
        with pytest.raises(Refused) as refused:
            modem.exchange(Uplink(b"x"))
        assert refused.value.code == "AT_PARAM_ERROR"
        assert not refused.value.unsent, "the empty frame was on the air"


def test_noise_before_an_event_does_not_cost_it() -> None:
    with driving(Script().on("AT+SEND", ["OK", "q~x7+EVT:TX_DONE"])) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x")).delivery is Delivery.SENT


def test_a_restart_in_the_middle_of_a_transmission_is_seen_at_once() -> None:
    banner = ["OK", "RAKwireless RAK3172-E", "Current Work Mode: LoRaWAN."]
    with driving(Script().on("AT+SEND", banner)) as (modem, _):
        modem.connect()
        with pytest.raises(NoReply, match="restarted"):
            modem.exchange(Uplink(b"x"))
        with pytest.raises(NotJoined):
            modem.capacity()


def test_a_restart_between_two_exchanges_is_seen() -> None:
    with field_with("rak3172") as place:
        place.modem.connect()
        place.in_device(place.device.powered_up)
        with pytest.raises(NotJoined):
            place.modem.exchange(Uplink(b"x"))


def test_echo_and_blank_lines_are_no_answers() -> None:
    with field_with("rak3172", echo=True) as place:
        place.modem.connect()
        assert place.send(b"x").delivery is Delivery.SENT
        assert place.modem.capacity().payload_bytes == 51


def test_a_module_in_another_work_mode_is_switched_and_waited_for() -> None:
    with field_with("rak3172") as place:
        place.in_device(lambda: place.device.settings.update(NWM="0"))
        place.modem.connect()
        assert place.send(b"x").delivery is Delivery.SENT


@pytest.mark.parametrize("reason", ["RX_TIMEOUT", "TX_TIMEOUT", "7"])
def test_each_failure_of_a_join_is_told_with_its_reason(reason: str) -> None:
    script = Script(NJS="0").on("AT+JOIN", ["OK", f"+EVT:JOIN_FAILED_{reason}"])
    with driving(script) as (modem, device):
        with pytest.raises(JoinFailed) as refused:
            modem.connect()
        assert refused.value.code == reason
        assert "AT+JOIN=1:0:7:0" in device.asked, "one request, and no retries of its own"


def test_a_join_that_the_duty_cycle_forbids_waits_at_least_so_long() -> None:
    script = Script(NJS="0").on("AT+JOIN", ["Restricted_Wait_900000_ms", "AT_BUSY_ERROR"])
    with driving(script) as (modem, _):
        with pytest.raises(JoinFailed) as refused:
            modem.connect()
        assert refused.value.wait_s == 900


def test_a_join_whose_event_got_lost_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rak3172, "_JOIN_S", 0.3)
    script = Script(NJS="0").on("AT+JOIN", ["OK"])
    script.on("AT+NJS=?", ["AT+NJS=0", "OK"], ["AT+NJS=1", "OK"])
    with driving(script) as (modem, _):
        modem.connect()
        assert modem.state is State.READY


def test_a_band_that_the_hardware_lacks_is_told() -> None:
    script = Script(BAND="1").on("AT+BAND=4", ["AT_UNSUPPORTED_BAND"])
    with driving(script) as (modem, _), pytest.raises(Refused, match="AT\\+BAND"):
        modem.connect()


def test_a_refused_key_is_not_shown() -> None:
    script = Script(APPKEY="00").on("AT+APPKEY=0", ["AT_PARAM_ERROR"])
    with driving(script) as (modem, _):
        with pytest.raises(Refused) as refused:
            modem.connect()
        assert IDENTITY.app_key.hex().upper() not in str(refused.value)


def test_the_module_refuses_what_is_too_long_by_an_empty_frame() -> None:
    """What the driver guards against, seen on the simulated module itself."""
    with field_with("rak3172") as place:
        place.modem.connect()
        place.in_device(lambda: place.device.command("AT+SEND=2:" + "00" * 52))
        assert place.send(b"after").delivery is Delivery.SENT
        assert place.payloads() == [b"", b"after"]


@given(st.text(max_size=200))
def test_no_line_upsets_the_driver(line: str) -> None:
    parse_event(line)


@given(st.binary(max_size=242), st.integers(1, 223), st.integers(-150, 0), st.integers(-30, 20))
def test_every_downlink_is_read(payload: bytes, port: int, rssi: int, snr: int) -> None:
    line = f"+EVT:RX_1:{rssi}:{snr}:UNICAST:{port}:{payload.hex()}"
    assert parse_event(line) == Downlink(payload, port, float(rssi), float(snr))
    assert parse_event(line[:-1]) != parse_event(line), "a line cut short is another one, or none"


def test_events_are_told_apart() -> None:
    assert parse_event("+EVT:SEND_CONFIRMED_FAILED(4)") == Sent(False)
    assert parse_event("+EVT:JOIN_FAILED_RX_TIMEOUT") == JoinRefused("RX_TIMEOUT")
    assert parse_event("Restricted_Wait_5000_ms") == Restricted(5.0)
    assert parse_event("+EVT:TX_DON") is None
    assert parse_event("+EVT:RX_1:-46:10:UNICAST:111:4") is None
    assert parse_event("+EVT:RX_1:-46:10:UNICAST:999:48") is None
