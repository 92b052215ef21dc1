"""What the network stand-in says on a real broker, in both flavours, and what it hears there."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from queue import Empty, Queue
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from firmware_bridge.errors import LinkLost
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.modem import Delivery, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.rak3172 import Rak3172
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack
from firmware_bridge.simulators.lorawan_events import Flavour, device_id
from firmware_bridge.simulators.lorawan_mqtt import MqttApplication
from firmware_bridge.simulators.lorawan_network import NetworkServer, Received
from firmware_bridge.simulators.lorawan_things import TheThingsStack
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.wio_e5 import WioE5
from tests.basecamp.field import Broker, eventually
from tests.firmware_bridge.lorawan import IDENTITY, PATIENCE_S, SPEED, when_allowed
from tests.firmware_bridge.simulators.test_lorawan_network import frame_of

EUI = IDENTITY.dev_eui.hex()
CHIRPSTACK = f"application/trap/device/{EUI}"
THINGS = f"v3/trap@ttn/devices/{device_id(IDENTITY.dev_eui)}"
FLAVOURS: list[Flavour] = [ChirpStack("trap"), TheThingsStack("trap", "ttn")]


@dataclass
class Application:
    """The other end of the broker."""

    broker: Broker
    messages: Queue[tuple[str, dict[str, Any]]] = field(default_factory=Queue)

    def __enter__(self) -> Application:
        ready: Queue[None] = Queue()
        self.client = Client(CallbackAPIVersion.VERSION2)
        self.client.on_message = lambda _, __, got: self.messages.put(
            (got.topic, json.loads(got.payload))
        )
        self.client.on_subscribe = lambda *_: ready.put(None)
        self.client.connect("127.0.0.1", self.broker.port)
        self.client.subscribe([("application/#", 1), ("v3/#", 1)])
        self.client.loop_start()
        ready.get(timeout=PATIENCE_S)
        return self

    def __exit__(self, *_: object) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def next(self, topic: str) -> dict[str, Any]:
        """The next message on ``topic``; others are passed over."""
        try:
            while True:
                found, body = self.messages.get(timeout=PATIENCE_S)
                if found == topic:
                    return body
        except Empty:
            pytest.fail(f"nothing came on {topic}")

    def ask(self, topic: str, body: object) -> None:
        """Publish, and wait until it was heard by everyone: the broker keeps the order."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)


@pytest.fixture
def application(broker: Broker) -> Iterator[Application]:
    with Application(broker) as found:
        yield found


@contextmanager
def trap(broker: Broker) -> Iterator[tuple[Rak3172, NetworkServer]]:
    """A joined modem whose network is on the broker."""
    with MqttApplication("127.0.0.1", broker.port, FLAVOURS) as side:
        server = NetworkServer(side.tell)
        server.register(IDENTITY, REGIONS["EU868"])
        side.server = server
        with SimulatedRak3172(server, speed=SPEED) as device:
            modem = Rak3172(SerialPort(device.path), IDENTITY, REGIONS["EU868"])
            modem.connect()
            yield modem, server
            modem.close()


def wait_until_queued(server: NetworkServer, number: int) -> None:

    eventually(lambda: server.queued(IDENTITY.dev_eui) == number, "the downlinks are queued")


def test_an_uplink_is_told_as_chirpstack_tells_it(broker: Broker, application: Application) -> None:
    with trap(broker) as (modem, _):
        when_allowed(lambda: modem.exchange(Uplink(b"\x01cat", 7, confirmed=True)))
    joined = application.next(f"{CHIRPSTACK}/event/join")
    up = application.next(f"{CHIRPSTACK}/event/up")
    assert up["devAddr"] == joined["devAddr"]
    assert uuid.UUID(up["deduplicationId"])
    assert datetime.fromisoformat(up["time"][:26] + "+00:00").tzinfo is not None
    assert up["deviceInfo"]["devEui"] == EUI
    assert up["deviceInfo"]["applicationId"] == "trap"
    assert base64.b64decode(up["data"]) == b"\x01cat"
    assert (up["fPort"], up["fCnt"], up["dr"]) == (7, 0, 0)
    assert (up["adr"], up["confirmed"]) == (True, True)
    (heard,) = up["rxInfo"]
    assert isinstance(heard["rssi"], int)
    assert isinstance(heard["snr"], float)
    lora = up["txInfo"]["modulation"]["lora"]
    assert lora == {"bandwidth": 125_000, "spreadingFactor": 12, "codeRate": "CR_4_5"}


def test_an_uplink_is_told_as_the_things_stack_tells_it(
    broker: Broker, application: Application
) -> None:
    with trap(broker) as (modem, _):
        when_allowed(lambda: modem.exchange(Uplink(b"\x01cat", 7)))
    up = application.next(f"{THINGS}/up")
    ids = up["end_device_ids"]
    assert (ids["dev_eui"], ids["device_id"]) == (EUI.upper(), f"eui-{EUI}")
    assert ids["application_ids"] == {"application_id": "trap"}
    message = up["uplink_message"]
    assert base64.b64decode(message["frm_payload"]) == b"\x01cat"
    assert message["f_port"] == 7
    assert "f_cnt" not in message, "zero is left out"
    assert "confirmed" not in message, "false is left out"
    lora = message["settings"]["data_rate"]["lora"]
    assert lora == {"bandwidth": 125_000, "spreading_factor": 12, "coding_rate": "4/5"}
    assert message["settings"]["frequency"].isdecimal()
    assert message["consumed_airtime"].endswith("s")
    assert isinstance(message["rx_metadata"][0]["rssi"], int)


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        (
            f"{CHIRPSTACK}/command/down",
            {"devEui": EUI, "confirmed": True, "fPort": 9, "data": "d2FudA=="},
        ),
        (
            f"{THINGS}/down/push",
            {"downlinks": [{"f_port": 9, "frm_payload": "d2FudA==", "confirmed": True}]},
        ),
    ],
)
def test_a_downlink_goes_from_the_application_to_the_modem_and_its_answer_back(
    broker: Broker, application: Application, topic: str, body: object
) -> None:
    with trap(broker) as (modem, server):
        application.ask(topic, body)
        wait_until_queued(server, 1)
        got = when_allowed(lambda: modem.exchange(Uplink(b"a")))
        assert [(each.payload, each.port) for each in got.downlinks] == [(b"want", 9)]
        when_allowed(lambda: modem.exchange(Uplink(b"b")))
    acknowledged = application.next(f"{CHIRPSTACK}/event/ack")
    assert acknowledged["acknowledged"] is True


def test_the_things_stack_tells_what_became_of_a_downlink(
    broker: Broker, application: Application
) -> None:
    with trap(broker) as (modem, server):
        both = [{"f_port": port, "frm_payload": "AA==", "confirmed": port == 2} for port in (1, 2)]
        application.ask(f"{THINGS}/down/push", {"downlinks": both})
        wait_until_queued(server, 2)
        application.ask(f"{THINGS}/down/replace", {"downlinks": both[1:]})
        wait_until_queued(server, 1)
        for payload in (b"a", b"b"):
            when_allowed(lambda payload=payload: modem.exchange(Uplink(payload)))
    assert application.next(f"{THINGS}/down/sent")["downlink_sent"]["f_port"] == 2
    assert application.next(f"{THINGS}/down/ack")["downlink_ack"]["confirmed"] is True


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"nonsense",
        b'{"fPort": 0, "data": ""}',
        b'{"fPort": 5, "data": "?"}',
        b'{"fPort": "5", "data": "AA=="}',
        b'{"fPort": 5, "data": 7}',
        b'{"fPort": 5, "data": "AA==", "devEui": "0000000000000000"}',
        b'{"downlinks": {}}',
        b'{"downlinks": [7]}',
        b'{"downlinks": [{"f_port": 5}]}',
    ],
)
def test_what_is_no_order_is_none(body: bytes) -> None:
    for flavour, topic in zip(
        FLAVOURS, (f"{CHIRPSTACK}/command/down", f"{THINGS}/down/push"), strict=True
    ):
        order = flavour.order(topic, body)
        assert order is None or not order.downlinks


@given(st.text(), st.binary())
def test_no_message_upsets_the_network(topic: str, payload: bytes) -> None:
    for flavour in FLAVOURS:
        assert flavour.order(topic, payload) is None


@given(st.binary(max_size=242))
def test_both_flavours_carry_every_payload(payload: bytes) -> None:

    frame = replace(frame_of(b"addr"), payload=payload)
    event = Received(
        IDENTITY, frame, REGIONS["EU868"], -100, 5.0, datetime.now(UTC), uuid.UUID(int=1)
    )
    chirp, things = (json.loads(flavour.message(event)[1]) for flavour in FLAVOURS)
    assert base64.b64decode(chirp["data"]) == payload
    assert base64.b64decode(things["uplink_message"].get("frm_payload", "")) == payload


def test_a_broker_that_is_not_there_is_told() -> None:
    with pytest.raises(LinkLost, match=r"127\.0\.0\.1:1"):
        MqttApplication("127.0.0.1", 1, FLAVOURS).__enter__()


@pytest.mark.parametrize(
    ("module", "arguments", "driver"),
    [
        ("rak3172", [], Rak3172),
        ("wio_e5", [], WioE5),
        ("lorawan", ["--modem", "wio-e5", "--flavour", "chirpstack"], WioE5),
    ],
)
def test_the_program_is_a_modem_on_a_pty_with_its_network_on_a_broker(
    broker: Broker,
    application: Application,
    module: str,
    arguments: list[str],
    driver: type[Rak3172] | type[WioE5],
) -> None:
    command = [sys.executable, "-m", f"firmware_bridge.simulators.{module}", *arguments]
    options = f"--region IN865 --seed 1 --speed {SPEED} --application trap"
    where = ["--broker", f"127.0.0.1:{broker.port}"]
    with subprocess.Popen(
        [*command, *options.split(), *where], stdout=subprocess.PIPE, text=True
    ) as program:
        try:
            assert program.stdout is not None
            path = program.stdout.readline().strip()
            modem = driver(SerialPort(path), IDENTITY, REGIONS["IN865"])
            modem.connect()
            assert modem.exchange(Uplink(b"cat", 3)).delivery is Delivery.SENT
            modem.close()
            assert base64.b64decode(application.next(f"{CHIRPSTACK}/event/up")["data"]) == b"cat"
        finally:
            program.terminate()
        assert program.wait(PATIENCE_S) == 0


def test_the_program_says_in_one_line_what_is_wrong() -> None:
    command = [sys.executable, "-m", "firmware_bridge.simulators.lorawan"]
    failed = subprocess.run(
        [*command, "--broker", "127.0.0.1:1"], capture_output=True, text=True, check=False
    )
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
    assert "127.0.0.1:1" in failed.stderr
    wrong = subprocess.run([*command, "--loss", "2"], capture_output=True, check=False)
    assert wrong.returncode == 2
