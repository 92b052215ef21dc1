"""The link to a network's broker says what hinders it, and loses nothing over it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.status import LinkState, Setback
from tools.basecamp.broker_link import Publication, Responder
from tools.basecamp.lorawan_link import LorawanLink, LorawanTerms

from .field import PATIENCE_S, Broker, eventually


@contextmanager
def link_to(
    address: BrokerAddress,
    respond: Responder = lambda *_: None,
    credentials: Credentials | None = None,
    subscriptions: tuple[str, ...] = ("a/+/up", "b/+/up"),
) -> Iterator[LorawanLink]:
    terms = LorawanTerms(address, credentials or Credentials(), "basecamp-test", subscriptions)
    link = LorawanLink(terms, respond)
    link.start()
    try:
        yield link
    finally:
        link.stop()


def is_set_back(link: LorawanLink, setback: Setback) -> None:
    eventually(lambda: link.status.setback is setback, f"it is told: {setback}")


def listens(link: LorawanLink) -> None:
    eventually(lambda: link.status.state is LinkState.LISTENING, "it listens")


def publish(broker: Broker, topic: str, payload: bytes) -> None:
    client = Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()
    client.publish(topic, payload, qos=1).wait_for_publish(PATIENCE_S)
    client.disconnect()
    client.loop_stop()


# paho leaves the socket of a failed handshake to the garbage collector, which says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_tls_needs_the_authority_that_signed(tmp_path: Path) -> None:
    broker, certificate = Broker.with_certificate(tmp_path)
    broker.start()
    try:
        with link_to(broker.address) as link:
            is_set_back(link, Setback.INSECURE)
        gc.collect()
        with link_to(broker.address, credentials=Credentials(ca_file=certificate)) as link:
            listens(link)
    finally:
        broker.kill()


def test_a_wrong_password_is_told_and_a_mended_file_is_taken_up(tmp_path: Path) -> None:
    broker = Broker.with_password(tmp_path, "traps", "right")
    broker.start()
    password = tmp_path / "password"
    password.write_text("wrong\n")
    try:
        with link_to(broker.address, credentials=Credentials("traps", password)) as link:
            is_set_back(link, Setback.REFUSED)
            password.write_text("right\n")
            listens(link)
    finally:
        broker.kill()


def test_a_password_file_that_is_not_there_is_told(broker: Broker, tmp_path: Path) -> None:
    credentials = Credentials("traps", tmp_path / "absent")
    with link_to(broker.address, credentials=credentials) as link:
        is_set_back(link, Setback.SETTINGS)


def test_a_message_that_cannot_be_kept_comes_again(broker: Broker) -> None:
    heard: Queue[bytes] = Queue()
    tries: list[bytes] = []

    def respond(_topic: str, payload: bytes) -> None:
        tries.append(payload)
        heard.put(payload)
        if len(tries) == 1:
            raise OSError("the disk is full")

    with link_to(broker.address, respond) as link:
        listens(link)
        publish(broker, "b/x/up", b"news")
        assert [heard.get(timeout=PATIENCE_S), heard.get(timeout=PATIENCE_S)] == [b"news"] * 2


def test_a_message_that_breaks_the_handler_does_not_end_the_link(broker: Broker) -> None:
    heard: Queue[bytes] = Queue()
    tries: list[bytes] = []

    def respond(_topic: str, payload: bytes) -> None:
        tries.append(payload)
        heard.put(payload)
        if len(tries) == 1:
            raise ZeroDivisionError

    with link_to(broker.address, respond) as link:
        listens(link)
        publish(broker, "a/x/up", b"news")
        assert [heard.get(timeout=PATIENCE_S) for _ in range(2)] == [b"news"] * 2
        listens(link)


def test_what_the_handler_answers_is_published(broker: Broker) -> None:
    answers: Queue[bytes] = Queue()

    def respond(topic: str, payload: bytes) -> Publication | None:
        if topic == "a/x/up":
            return Publication("b/x/up", payload * 2)
        answers.put(payload)
        return None

    with link_to(broker.address, respond) as link:
        listens(link)
        publish(broker, "a/x/up", b"ab")
        assert answers.get(timeout=PATIENCE_S) == b"abab"
