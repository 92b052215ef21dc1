"""Messages of both kinds of network are read alike, and no message breaks the reader."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.lorawan_air import UplinkFrame
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack as ChirpStackServer
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_network import Received
from firmware_bridge.simulators.lorawan_things import TheThingsStack as TheThingsServer
from tools.basecamp.lorawan_chirpstack import ChirpStack
from tools.basecamp.lorawan_events import (
    LARGEST_EVENT_BYTES,
    EventRefused,
    LorawanNetwork,
    Uplink,
)
from tools.basecamp.lorawan_things import TheThingsStack

from . import lorawan as air

PAIRS: list[tuple[Flavour, LorawanNetwork]] = [
    (ChirpStackServer(), ChirpStack()),
    (TheThingsServer(), TheThingsStack()),
]
READERS: list[LorawanNetwork] = [reader for _, reader in PAIRS]
TOPICS = [
    f"application/6a2c9f4e-3b67-4f52-9c1d-0d6f6f0f7a11/device/{air.DEV_EUI}/event/up",
    f"v3/irbis@ttn/devices/eui-{air.DEV_EUI}/up",
]
NOON = datetime(2025, 11, 2, 12, tzinfo=UTC)


def received(payload: bytes, counter: int = 0, port: int | None = 2) -> Received:
    frame = UplinkFrame(
        dev_addr=bytes.fromhex("260b1c2d"),
        counter=counter,
        port=port,
        payload=payload,
        confirmed=False,
        acknowledges=False,
        adr=True,
        adr_ack_request=False,
        data_rate=0,
        spreading_factor=12,
        bandwidth_hz=125_000,
        frequency_hz=868_100_000,
        airtime_s=2.79,
    )
    event_id = uuid.UUID(int=7, version=4)
    return Received(air.IDENTITY, frame, REGIONS["EU868"], -110, -3.5, NOON, event_id)


@given(st.binary(max_size=242), st.integers(0, 2**32 - 1), st.integers(1, 222))
def test_both_networks_tell_of_one_uplink_alike(payload: bytes, counter: int, port: int) -> None:
    read = []
    for server, reader in PAIRS:
        topic, data = server.message(received(payload, counter, port))
        uplink = reader.read(topic, data)
        if uplink is not None:
            assert uplink.session.lower() == "260b1c2d"
        read.append(uplink and (uplink.dev_eui, uplink.port, uplink.payload, uplink.counter))
    expected = (air.DEV_EUI, port, payload, counter) if payload else None
    assert read == [expected, expected]


@pytest.mark.parametrize(("server", "reader"), PAIRS)
def test_what_a_modem_sends_only_to_hear_is_no_frame(server: Any, reader: LorawanNetwork) -> None:
    assert reader.read(*server.message(received(b"\x00", port=223))) is None
    assert reader.read(*server.message(received(b"", port=2))) is None


@pytest.mark.parametrize(("server", "reader"), PAIRS)
def test_an_uplink_of_the_network_itself_is_no_news(server: Any, reader: LorawanNetwork) -> None:
    assert reader.read(*server.message(received(b"", port=None))) is None
    assert reader.read(*server.message(received(b"\x02", port=0))) is None


@pytest.mark.parametrize(("server", "reader"), PAIRS)
def test_a_downlink_is_an_order_that_its_network_understands(
    server: Any, reader: LorawanNetwork
) -> None:
    topic, data = server.message(received(b"frame", port=9))
    uplink = reader.read(topic, data)
    assert uplink is not None
    command = reader.command(topic, uplink, b"answer")
    order = server.order(command.topic, command.payload)
    assert order.dev_eui == air.IDENTITY.dev_eui
    assert [(one.port, one.payload, one.confirmed) for one in order.downlinks] == [
        (9, b"answer", False)
    ]


def event(reader: LorawanNetwork) -> tuple[str, dict[str, Any]]:
    server = next(server for server, known in PAIRS if known is reader)
    topic, data = server.message(received(b"frame"))
    return topic, json.loads(data)


@pytest.mark.parametrize("reader", READERS)
def test_fields_of_a_later_version_do_not_matter(reader: LorawanNetwork) -> None:
    topic, value = event(reader)
    value["later"] = {"than": ["this"]}
    assert reader.read(topic, json.dumps(value).encode()) is not None


CHIRPSTACK_WRONG: list[dict[str, Any]] = [
    {"deviceInfo": {"devEui": "70b3d57ed0060002"}},
    {"deviceInfo": {"devEui": "70b3"}},
    {"deviceInfo": {}},
    {"deviceInfo": None},
    {"data": "not base64!"},
    {"data": 7},
    {"data": "A" * 400},
    {"fPort": "2"},
    {"fPort": True},
    {"fPort": 2.0},
    {"fPort": -1},
    {"fCnt": 2**32},
    {"devAddr": []},
]


@pytest.mark.parametrize("wrong", CHIRPSTACK_WRONG)
def test_a_chirpstack_event_with_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    topic, value = event(READERS[0])
    with pytest.raises(EventRefused):
        READERS[0].read(topic, json.dumps(value | wrong).encode())


THINGS_WRONG: list[dict[str, Any]] = [
    {"end_device_ids": {"device_id": "another", "dev_eui": air.DEV_EUI}},
    {"end_device_ids": {"device_id": f"eui-{air.DEV_EUI}"}},
    {"end_device_ids": "eui"},
    {"uplink_message": {"f_port": 300, "frm_payload": "AA=="}},
    {"uplink_message": {"f_port": 2, "frm_payload": "A"}},
    {"uplink_message": {"f_port": 2, "frm_payload": ["AA=="]}},
    {"uplink_message": []},
]


@pytest.mark.parametrize("wrong", THINGS_WRONG)
def test_a_things_stack_message_with_a_wrong_field_is_refused(wrong: dict[str, Any]) -> None:
    topic, value = event(READERS[1])
    with pytest.raises(EventRefused):
        READERS[1].read(topic, json.dumps(value | wrong).encode())


@pytest.mark.parametrize(("reader", "topic"), [*zip(READERS, TOPICS, strict=True)])
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[1]",
        b"\xff\xfe",
        b"[" * 50_000,
        b'{"a":' * 5_000,
        b"9" * 6000,
        b'{"data": "' + b"A" * LARGEST_EVENT_BYTES + b'"}',
    ],
    ids=lambda data: repr(data[:8]),
)
def test_what_is_no_event_is_refused(reader: LorawanNetwork, topic: str, data: bytes) -> None:
    with pytest.raises(EventRefused):
        reader.read(topic, data)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "topic",
    [
        "",
        "v3/app/devices/one/down/ack",
        "v3//devices/one/up",
        "application/a/b/device/70b3d57ed0060001/event/up",
        "application/a/device/70b3/event/up",
        "application/a/device/70b3d57ed0060001/event/join",
    ],
)
def test_another_topic_is_refused(reader: LorawanNetwork, topic: str) -> None:
    with pytest.raises(EventRefused):
        reader.read(topic, b"{}")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
NAMES = [
    ("deviceInfo", "devEui", "data", "fPort", "fCnt", "devAddr"),
    ("end_device_ids", "uplink_message", "device_id", "dev_eui", "frm_payload", "f_port", "f_cnt"),
]


def mutated(value: Any, name: str, other: Any) -> Any:
    """``value`` with every field called ``name`` replaced."""
    if not isinstance(value, dict):
        return value
    return {key: other if key == name else mutated(one, name, other) for key, one in value.items()}


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1), st.data())
def test_no_field_whatever_it_holds_breaks_the_reader(which: int, data: st.DataObject) -> None:
    reader = READERS[which]
    topic, value = event(reader)
    for name in data.draw(st.lists(st.sampled_from(NAMES[which]), max_size=3)):
        value = mutated(value, name, data.draw(json_values))
    outcome = read_or_refuse(reader, topic, json.dumps(value).encode())
    assert outcome is None or isinstance(outcome, Uplink | EventRefused)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1), st.text(max_size=60), st.binary(max_size=300))
def test_no_bytes_on_any_topic_break_the_reader(which: int, topic: str, data: bytes) -> None:
    for heard in (topic, TOPICS[which]):
        outcome = read_or_refuse(READERS[which], heard, data)
        assert outcome is None or isinstance(outcome, EventRefused)


def read_or_refuse(reader: LorawanNetwork, topic: str, data: bytes) -> object:
    try:
        return reader.read(topic, data)
    except EventRefused as refused:
        return refused
