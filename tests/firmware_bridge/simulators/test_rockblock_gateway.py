"""The stand-in for the RockBLOCK services posts and answers as Ground Control describes it."""

from __future__ import annotations

import json
import re
from http.client import HTTPConnection
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from firmware_bridge.iridium_sbd import IridiumSbd
from firmware_bridge.modem import Downlink, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway

from .hook import hook
from .programs import started

IMEI = "300234010753370"


def ask(url: str, path: str = "/rockblock/MT", **form: str) -> str:
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    whole = {"imei": IMEI, "username": "user", "password": "password", **form}
    try:
        connection.request("POST", path, urlencode(whole))
        return connection.getresponse().read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("as_json", [False, True])
def test_a_message_up_is_posted_with_iridiums_estimate_of_the_place(as_json: bool) -> None:
    with hook() as there, RockblockGateway("user", "password", as_json=as_json) as gateway:
        gateway.hook.aim(there.url)
        gateway.receiver(IMEI)(17, b"leopard")
        assert gateway.hook.wait_until_idle(20)
    (body,) = there.bodies
    if as_json:
        fields = json.loads(body)
        assert fields["momsn"] == 17
    else:
        fields = {name: value for name, (value,) in parse_qs(body.decode()).items()}
        assert fields["momsn"] == "17"
    assert (fields["imei"], fields["data"]) == (IMEI, b"leopard".hex())
    assert re.fullmatch(r"\d\d-\d\d-\d\d \d\d:\d\d:\d\d", fields["transmit_time"])
    assert float(fields["iridium_latitude"]) == pytest.approx(42.5738)
    assert fields["JWT"].count(".") == 2


@pytest.mark.parametrize("status", [201, 404, 500])
def test_a_message_up_counts_as_handled_with_200_alone(status: int) -> None:
    with (
        hook(status) as there,
        RockblockGateway("user", "password", speed=1000) as gateway,
    ):
        gateway.hook.aim(there.url)
        gateway.receiver(IMEI)(17, b"leopard")
        assert gateway.hook.wait_until_idle(20)
    assert len(there.bodies) == 2
    assert len(set(there.bodies)) == 1


def test_messages_down_are_queued_for_credits_and_refused_with_their_code() -> None:
    got: list[bytes] = []
    with RockblockGateway("user", "password", credits_left=3) as gateway:
        gateway.connect(IMEI, got.append)
        answers = [
            ask(gateway.url, data=bytes(51).hex()),
            ask(gateway.url, data="00", username="another"),
            ask(gateway.url, data="00", imei="300234010753371"),
            ask(gateway.url, data="no"),
            ask(gateway.url, data=bytes(271).hex()),
            ask(gateway.url, data=""),
            ask(gateway.url, data=bytes(51).hex()),
            ask(gateway.url, data=b"answer".hex()),
        ]
        assert gateway.credits_left == 0
    codes = [one.split(",")[1] if one.startswith("FAILED") else "OK" for one in answers]
    assert codes == ["OK", "10", "11", "14", "15", "16", "13", "OK"]
    assert got == [bytes(51), b"answer"]


def test_the_system_may_fail() -> None:
    with RockblockGateway("user", "password", system_error=1.0) as gateway:
        gateway.connect(IMEI, lambda message: None)
        assert ask(gateway.url, data="00") == "FAILED,99,System Error"
        assert ask(gateway.url, "/rockblock/another") == "not found"


def test_the_program_is_a_modem_with_its_gateway() -> None:
    with (
        hook() as there,
        started("rockblock_gateway", "--hook", there.url, "--speed", "200") as program,
    ):
        assert ask(program.line(), data=b"answer".hex()).startswith("OK,")
        modem = IridiumSbd(SerialPort(program.path, 19_200))
        exchange = modem.exchange(Uplink(b"leopard"))
        assert exchange.downlinks == (Downlink(b"answer"),)
        modem.close()
