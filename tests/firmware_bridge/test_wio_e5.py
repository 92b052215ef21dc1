"""The Wio-E5's own ways: answers without OK, each documented refusal, lost and late lines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import wio_e5
from firmware_bridge.errors import JoinFailed, MustWait, NoReply, NotJoined, Refused, TooLong
from firmware_bridge.lorawan_modem import State
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Delivery, Downlink, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.lorawan_network import QueuedDownlink
from firmware_bridge.wio_e5 import WioE5
from firmware_bridge.wio_e5_lines import ERRORS, parse_line
from tests.firmware_bridge.lorawan import IDENTITY, Scripted, field_with

JOINED = ["+JOIN: Joined already"]


class Script:
    """A joined module with right settings, but for what a test lets it answer."""

    def __init__(self) -> None:
        self.answers: dict[str, list[list[str]]] = {
            "AT+ID=DevEui": [[f"+ID: DevEui, {IDENTITY.dev_eui.hex(':').upper()}"]],
            "AT+ID=AppEui": [[f"+ID: AppEui, {IDENTITY.join_eui.hex(':').upper()}"]],
            "AT+MODE": [["+MODE: LWOTAA"]],
            "AT+DR": [["+DR: DR0", "+DR: EU868 DR0  SF12 BW125K "]],
            "AT+CLASS": [["+CLASS: A"]],
            "AT+ADR": [["+ADR: ON"]],
            "AT+RETRY": [["+RETRY: 1"]],
            "AT+PORT=1": [["+PORT: 1"]],
            "AT+LW=LEN": [["+LW: LEN, 51"]],
            "AT+JOIN": [JOINED],
        }

    def on(self, command: str, *answers: list[str]) -> Script:
        """Answer what begins with ``command`` so, once each, the last for ever."""
        self.answers[command] = list(answers)
        return self

    def __call__(self, line: str) -> list[str]:
        for command, answers in self.answers.items():
            if line.startswith(command):
                return answers.pop(0) if len(answers) > 1 else answers[0]
        return ["+AT: OK"] if line == "AT" else ["+AT: ERROR(-10)"]


@contextmanager
def driving(answer: Callable[[str], list[str]]) -> Iterator[tuple[WioE5, Scripted]]:
    with Scripted(answer) as device:
        modem = WioE5(SerialPort(device.path), IDENTITY, REGIONS["EU868"])
        yield modem, device
        modem.close()


def said(*texts: str, name: str = "CMSGHEX") -> list[str]:
    return [f"+{name}: {text}" for text in texts]


@pytest.mark.parametrize("code", sorted(ERRORS))
@pytest.mark.parametrize("name", ["AT", "CMSGHEX"])
def test_each_error_of_an_uplink_is_told_with_its_number(code: str, name: str) -> None:
    with driving(Script().on("AT+CMSGHEX", [f"+{name}: ERROR({code})"])) as (modem, _):
        modem.connect()
        with pytest.raises(Refused) as refused:
            modem.exchange(Uplink(b"x", confirmed=True))
        assert refused.value.code == code
        assert modem.state is State.READY


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Please join network first", NotJoined),
        ("LoRaWAN modem is busy", MustWait),
        ("No free channel", MustWait),
        ("No band in 12345ms", MustWait),
        ("Length error 11", TooLong),
        ("DR error", Refused),
    ],
)
def test_each_refusal_of_an_uplink_is_the_error_that_it_means(
    text: str, kind: type[Exception]
) -> None:
    with driving(Script().on("AT+CMSGHEX", said(text))) as (modem, _):
        modem.connect()
        with pytest.raises(kind) as refused:
            modem.exchange(Uplink(b"x", confirmed=True))
        assert refused.value.unsent is (kind is not Refused)
        if isinstance(refused.value, TooLong):
            assert refused.value.most_bytes == 11
        if text.startswith("No band"):
            assert isinstance(refused.value, MustWait)
            assert refused.value.wait_s == 12.345


def test_a_refusal_after_the_start_may_have_been_on_the_air() -> None:
    with driving(Script().on("AT+CMSGHEX", said("Start", "No band in 5000ms"))) as (modem, _):
        modem.connect()
        with pytest.raises(MustWait) as refused:
            modem.exchange(Uplink(b"x", confirmed=True))
        assert not refused.value.unsent


def test_a_wait_that_only_noise_can_have_said_is_an_hour_at_most() -> None:
    with driving(Script().on("AT+CMSGHEX", said("No band in 9999999999ms"))) as (modem, _):
        modem.connect()
        with pytest.raises(MustWait) as refused:
            modem.exchange(Uplink(b"x", confirmed=True))
        assert refused.value.wait_s == 3600


def test_room_that_an_empty_frame_does_not_make_is_asked_for_once() -> None:
    script = Script().on("AT+LW=LEN", ["+LW: LEN, 40"])
    script.on("AT+MSGHEX", said("Start", "Done", name="MSGHEX"))
    with driving(script) as (modem, device):
        modem.connect()
        assert modem.capacity().payload_bytes == 51
        with pytest.raises(MustWait):
            modem.exchange(Uplink(bytes(51)))
        assert modem.capacity().payload_bytes == 40
        with pytest.raises(TooLong) as refused:
            modem.exchange(Uplink(bytes(51)))
        assert (refused.value.most_bytes, refused.value.unsent) == (40, True)
        assert device.asked.count("AT+MSGHEX") == 1


def test_an_acknowledged_frame_with_a_downlink() -> None:
    script = Script().on(
        "AT+CMSGHEX",
        said(
            "Start",
            "Wait ACK",
            "FPENDING",
            "Link 20, 1",
            "ACK Received",
            'PORT: 15; RX: "48656C6C6F"',
            "RXWIN1, RSSI -43, SNR 10.0",
            "Done",
        ),
    )
    with driving(script) as (modem, _):
        modem.connect()
        found = modem.exchange(Uplink(b"x", confirmed=True))
        assert found.delivery is Delivery.CONFIRMED
        assert found.downlinks == (Downlink(b"Hello", 15, -43.0, 10.0),)


def test_done_without_an_acknowledgement_is_unconfirmed() -> None:
    with driving(Script().on("AT+CMSGHEX", said("Start", "Wait ACK", "Done"))) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x", confirmed=True)).delivery is Delivery.UNCONFIRMED


def test_the_end_of_an_earlier_frame_does_not_end_this_one() -> None:
    script = Script().on("AT+CMSGHEX", said("ACK Received", "Done", "Start", "Wait ACK", "Done"))
    with driving(script) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x", confirmed=True)).delivery is Delivery.UNCONFIRMED


def test_a_lost_start_does_not_lose_the_end() -> None:
    with driving(Script().on("AT+CMSGHEX", said("Wait ACK", "ACK Received", "Done"))) as (modem, _):
        modem.connect()
        assert modem.exchange(Uplink(b"x", confirmed=True)).delivery is Delivery.CONFIRMED


def test_a_frame_that_never_starts_is_no_reply(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wio_e5, "REPLY_S", 0.3)
    with driving(Script().on("AT+CMSGHEX", ["+INFO: Input timeout"])) as (modem, _):
        modem.connect()
        with pytest.raises(NoReply, match="start"):
            modem.exchange(Uplink(b"x", confirmed=True))
        assert modem.state is State.UNKNOWN


def test_a_frame_whose_end_is_never_told_may_be_on_the_air(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wio_e5, "_SEND_S", 0.3)
    script = Script().on("AT+CMSGHEX", said("Start", "Wait ACK"))
    with driving(script) as (modem, _):
        modem.connect()
        with pytest.raises(NoReply, match="end"):
            modem.exchange(Uplink(b"x", confirmed=True))


def test_the_rate_in_force_is_the_one_that_the_network_chose() -> None:
    told = ["+DR: DR0 (ADR DR5)", "+DR: EU868 DR5  SF7  BW125K ", "+DR: EU868 DR0  SF12 BW125K "]
    with driving(Script().on("AT+DR", told).on("AT+LW=LEN", ["+LW: LEN, 242"])) as (modem, _):
        modem.connect()
        now = modem.capacity()
        assert (now.data_rate, now.payload_bytes) == (5, 242)


def test_a_session_that_is_there_already_is_kept() -> None:
    with driving(Script()) as (modem, device):
        modem.connect()
        assert modem.state is State.READY
        assert not any("KEY" in line for line in device.asked), "a key might end the session"


def test_a_join_whose_good_end_is_told_in_part_succeeded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wio_e5, "REPLY_S", 0.3)
    script = Script().on("AT+JOIN", said("Start", "NetID 000013 DevAddr 26:01:5F:66", name="JOIN"))
    with driving(script) as (modem, _):
        modem.connect()
        assert modem.state is State.READY


def test_a_join_of_which_only_the_end_is_told_is_in_doubt() -> None:
    script = Script().on("AT+JOIN", said("Start", "NORMAL", "Done", name="JOIN"), JOINED)
    with driving(script) as (modem, _):
        with pytest.raises(NoReply):
            modem.connect()
        assert modem.state is State.UNKNOWN


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("Start", "NORMAL", "Join failed", "Done"), "Join failed"),
        (("LoRaWAN modem is busy",), "LoRaWAN modem is busy"),
        (("No band in 900000ms",), "No band"),
    ],
)
def test_each_failure_of_a_join_is_told_with_its_reason(texts: tuple[str, ...], code: str) -> None:
    with driving(Script().on("AT+JOIN", said(*texts, name="JOIN"))) as (modem, _):
        with pytest.raises(JoinFailed) as refused:
            modem.connect()
        assert refused.value.code == code
        assert refused.value.wait_s >= (900 if "900000" in texts[0] else 100)


def test_a_new_module_is_given_its_key_before_its_mode() -> None:
    with field_with("wio-e5") as place:
        asked: list[str] = []
        command = place.device.command
        place.in_device(
            lambda: setattr(
                place.device, "command", lambda line: (asked.append(line), command(line))
            )
        )
        place.modem.connect()
        writes = [line.split(",")[0] for line in asked if '"' in line or "LWOTAA" in line]
        assert writes == ["AT+ID=DevEui", "AT+ID=AppEui", "AT+KEY=APPKEY", "AT+MODE=LWOTAA"]


def test_a_key_that_failed_is_written_anew() -> None:
    """The module cannot show its key, so one that was changed is written when a join failed."""
    with field_with("wio-e5", join_clock=lambda: time.monotonic() * 3000) as place:
        place.modem.connect()
        place.in_device(lambda: place.device._set_key('APPKEY,"' + "00" * 16 + '"'))
        with pytest.raises(JoinFailed) as refused:
            place.modem.connect()
        time.sleep(refused.value.wait_s / 3000)
        while place.modem.state is not State.READY:
            try:
                place.modem.connect()
            except JoinFailed as again:
                time.sleep(again.wait_s / 3000)
        assert place.send(b"x").delivery is Delivery.SENT


def test_a_refused_key_is_not_shown() -> None:
    script = Script().on("AT+MODE", ["+MODE: LWABP"]).on("AT+KEY", ["+KEY: ERROR(-1)"])
    with driving(script) as (modem, _):
        with pytest.raises(Refused) as refused:
            modem.connect()
        assert IDENTITY.app_key.hex().upper() not in str(refused.value)


def test_a_module_that_sleeps_is_woken() -> None:
    with field_with("wio-e5") as place:
        place.modem.connect()
        place.in_device(lambda: place.device.command("AT+LOWPOWER"))
        place.reboot()
        place.modem.connect()
        assert place.send(b"x").delivery is Delivery.SENT


def test_an_empty_frame_opens_a_window() -> None:
    with field_with("wio-e5") as place:
        place.modem.connect()
        place.network.queue(IDENTITY.dev_eui, [QueuedDownlink(5, b"hi")], False)
        assert [each.payload for each in place.modem.exchange(None).downlinks] == [b"hi"]
        assert place.received()[0].frame.port is None


def test_noise_before_an_answer_does_not_cost_it() -> None:
    found = parse_line("q\ufffd+7x+CM+CMSGHEX: Done")
    assert found is not None
    assert (found.command, found.text) == ("CMSGHEX", "Done")
    assert parse_line("CMSGHEX: Done") is None


@given(st.text(max_size=200))
def test_no_line_upsets_the_driver(text: str) -> None:
    line = parse_line(text)
    if line is not None:
        _ = (line.error, line.no_band_s, line.length_error)
        _ = (line.received, line.strength, line.named_rate)


@given(st.binary(max_size=242), st.integers(1, 255), st.booleans())
def test_every_downlink_is_read(payload: bytes, port: int, spaced: bool) -> None:
    digits = payload.hex(" ") if spaced and payload else payload.hex()
    line = parse_line(f'+MSGHEX: PORT: {port}; RX: "{digits.upper()}"')
    assert line is not None
    assert line.received == Downlink(payload, port)
    cut = parse_line(f'+MSGHEX: PORT: {port}; RX: "{digits.upper()}')
    assert cut is not None
    assert cut.received is None
