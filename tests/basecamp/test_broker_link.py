"""Brokers come and go, forget, and refuse; the link says why and comes back."""

from __future__ import annotations

import gc
import logging
from pathlib import Path

import pytest

from edge.security.envelope import sign_acknowledgement
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.connection import Terms
from edge.uplink.status import LinkState, Setback
from edge.wire.message import acknowledgement_topic, encode_acknowledgement, item_id
from tools.basecamp.broker_link import MOST_POSTED, BrokerLink, Publication
from tools.basecamp.listening import ListenAddress
from tools.basecamp.service import Basecamp

from . import samples
from .field import Broker, FieldStation, eventually


def listening(basecamp: Basecamp) -> bool:
    return basecamp.link_status.state is LinkState.LISTENING


def test_a_broker_that_forgot_everything_is_subscribed_to_again(
    basecamp: Basecamp, broker: Broker, station: FieldStation
) -> None:
    broker.kill()
    eventually(lambda: basecamp.link_status.state is LinkState.BACKING_OFF, "the loss is seen")
    broker.start()
    station.wait_until_connected()
    eventually(lambda: listening(basecamp), "basecamp listens again")
    message = samples.sighting_message(samples.sighting(1))
    station.send(message)
    assert station.next_acknowledged() == message.item_id


def test_what_is_sent_while_basecamp_is_down_arrives_when_it_is_back(
    basecamp: Basecamp, broker: Broker, station: FieldStation
) -> None:
    basecamp.stop()
    message = samples.sighting_message(samples.sighting(1))
    station.send(message)
    basecamp.start()
    assert station.next_acknowledged() == message.item_id


def test_basecamp_starts_before_its_broker(
    data: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder)
    with Basecamp(data, broker.address, listen=ListenAddress(port=0)) as basecamp:
        eventually(lambda: basecamp.link_status.setback is Setback.ABSENT, "absence is seen")
        broker.start()
        try:
            eventually(lambda: listening(basecamp), "basecamp listens")
        finally:
            broker.kill()
    assert caplog.text.count("no broker answers") == 1
    assert "is it running?" in caplog.text


def test_a_wrong_password_is_told_and_a_mended_one_taken_up(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker.with_password(folder, "basecamp", "right")
    broker.start()
    password_file = tmp_path / "password"
    password_file.write_text("wrong\n")
    credentials = Credentials("basecamp", password_file)
    try:
        with Basecamp(data, broker.address, credentials, ListenAddress(port=0)) as basecamp:
            eventually(lambda: basecamp.link_status.setback is Setback.REFUSED, "refusal is seen")
            assert "password file" in basecamp.link_status.detail
            password_file.write_text("right\n")
            eventually(lambda: listening(basecamp), "basecamp is let in")
    finally:
        broker.kill()


def test_a_missing_password_file_is_told(data: Path, broker: Broker, tmp_path: Path) -> None:
    credentials = Credentials("basecamp", tmp_path / "nowhere")
    with Basecamp(data, broker.address, credentials, ListenAddress(port=0)) as basecamp:
        eventually(lambda: basecamp.link_status.setback is Setback.SETTINGS, "it is told")
        assert "nowhere" in basecamp.link_status.detail


def test_a_handler_that_breaks_does_not_leave_the_link_deaf(
    broker: Broker, basecamp_key: BasecampKey
) -> None:
    taken: list[str] = []

    def break_once(topic: str, _data: bytes) -> Publication | None:
        taken.append(topic)
        if len(taken) == 1:
            raise ZeroDivisionError("a defect")
        return None

    link = BrokerLink(Terms(broker.address, Credentials(), "breaking", "irbis/1/+/up"), break_once)
    link.start()
    try:
        eventually(lambda: link.status.state is LinkState.LISTENING, "it listens")
        station = FieldStation("ridge-2", StationKey.generate(), basecamp_key.token, broker)
        station.send_raw(b"anything")
        eventually(lambda: len(taken) == 2, "the message is given again")
        station.close()
    finally:
        link.stop()
    assert link.status.state is LinkState.STOPPED


def test_a_broker_with_a_trusted_certificate_is_spoken_to_over_tls(tmp_path: Path) -> None:
    broker, ca_file = Broker.with_certificate(tmp_path)
    broker.start()
    link = BrokerLink(
        Terms(broker.address, Credentials(ca_file=ca_file), "tls", "irbis/1/+/up"), lambda *_: None
    )
    link.start()
    try:
        eventually(lambda: link.status.state is LinkState.LISTENING, "it listens")
    finally:
        link.stop()
        broker.kill()


# paho leaves the socket of a failed handshake to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_broker_with_an_unknown_certificate_is_not_spoken_to(tmp_path: Path) -> None:
    broker, _ = Broker.with_certificate(tmp_path)
    broker.start()
    link = BrokerLink(Terms(broker.address, Credentials(), "tls", "irbis/1/+/up"), lambda *_: None)
    link.start()
    try:
        eventually(lambda: link.status.setback is Setback.INSECURE, "it is not trusted")
        assert "CA file" in link.status.detail
    finally:
        link.stop()
        gc.collect()
        broker.kill()


def test_a_host_that_does_not_exist_is_told() -> None:
    address = BrokerAddress("no-such-host.invalid", 1883)
    link = BrokerLink(Terms(address, Credentials(), "lost", "irbis/1/+/up"), lambda *_: None)
    link.start()
    try:
        eventually(lambda: link.status.setback is Setback.ABSENT, "it backs off")
    finally:
        link.stop()


def test_what_is_posted_waits_for_the_broker_and_only_the_oldest_is_let_go(
    broker: Broker, station: FieldStation, basecamp_key: BasecampKey
) -> None:
    items = [item_id(number) for number in range(MOST_POSTED + 3)]
    link = BrokerLink(
        Terms(broker.address, Credentials(), "posting", "irbis/1/+/up"), lambda *_: None
    )
    for item in items:
        signed = sign_acknowledgement(encode_acknowledgement([item]), station.name, basecamp_key)
        link.post(Publication(acknowledgement_topic(station.name), signed))
    link.start()
    try:
        assert [station.next_acknowledged() for _ in items[3:]] == items[3:]
        link.post(Publication(acknowledgement_topic(station.name), signed))
        assert station.next_acknowledged() == items[-1]
    finally:
        link.stop()
