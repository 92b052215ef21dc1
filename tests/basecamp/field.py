"""A real broker, and a station that publishes as the real one does."""

from __future__ import annotations

import getpass
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.security.envelope import open_acknowledgement, seal_message
from edge.security.keys import BasecampToken, StationKey
from edge.uplink.broker import BrokerAddress
from edge.wire.message import (
    Message,
    acknowledgement_topic,
    decode_acknowledgement,
    encode_message,
    uplink_topic,
)
from tests.kit.ports import held_port

MOSQUITTO = "/usr/sbin/mosquitto"
PATIENCE_S = 150.0


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until ``condition`` holds; fail with ``what`` when it never does.

    What has been waited for is asked for ever more seldom, at least ten times a second.
    """
    began_s = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began_s
        if waited_s > PATIENCE_S:
            pytest.fail(f"never happened: {what}")
        time.sleep(min(0.1, 0.02 + 0.05 * waited_s))


class Broker:
    """Mosquitto without persistence: each restart begins with an empty store."""

    def __init__(
        self, folder: Path, extra: str = "allow_anonymous true\n", *, tls: bool = False
    ) -> None:
        if not Path(MOSQUITTO).exists():
            pytest.skip("mosquitto is not installed")
        self._folder = folder
        self._tls = tls
        self.port = held_port(self)
        self._config = folder / "mosquitto.conf"
        self._config.write_text(
            # Started by root it would become another user, who may not read the test's files.
            f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\npersistence false\n{extra}"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def with_password(cls, folder: Path, user: str, password: str) -> Broker:
        """A broker that lets in one user."""
        passwords = folder / "passwords"
        tool = shutil.which("mosquitto_passwd")
        if tool is None:
            pytest.skip("mosquitto_passwd is not installed")
        subprocess.run([tool, "-b", "-c", passwords, user, password], check=True)
        return cls(folder, f"allow_anonymous false\npassword_file {passwords}\n")

    @classmethod
    def with_certificate(cls, folder: Path) -> tuple[Broker, Path]:
        """A TLS broker, and the file that says whom to trust: its own certificate."""
        certificate, key = folder / "certificate.pem", folder / "key.pem"
        openssl = shutil.which("openssl")
        if openssl is None:
            pytest.skip("openssl is not installed")
        words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        names = ["-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1"]
        files = ["-keyout", key, "-out", certificate]
        subprocess.run([openssl, *words.split(), *names, *files], check=True, capture_output=True)
        extra = f"allow_anonymous true\ncertfile {certificate}\nkeyfile {key}\n"
        return cls(folder, extra, tls=True), certificate

    @property
    def address(self) -> BrokerAddress:
        return BrokerAddress("127.0.0.1", self.port, self._tls)

    def start(self) -> None:
        with (self._folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([MOSQUITTO, "-c", self._config], stderr=log)
        eventually(self._answers, "the broker listens")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class FieldStation:
    """Publishes sealed messages and collects what basecamp acknowledges."""

    def __init__(self, name: str, key: StationKey, basecamp: BasecampToken, broker: Broker) -> None:
        self.name = name
        self.key = key
        self._basecamp = basecamp
        self._acknowledged: Queue[bytes] = Queue()
        self._client = Client(
            CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5, client_id=name
        )
        self._client.on_connect = lambda client, *_: client.subscribe(
            acknowledgement_topic(name), qos=1
        )
        self._client.on_subscribe = lambda *_: self._ready.put(None)
        self._client.on_message = lambda _, __, message: self._take(bytes(message.payload))
        self._ready: Queue[None] = Queue()
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", broker.port)
        self._client.loop_start()
        self.wait_until_connected()

    def wait_until_connected(self) -> None:
        self._ready.get(timeout=PATIENCE_S)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def seal(self, message: Message) -> bytes:
        return seal_message(encode_message(message), self.key, self._basecamp)

    def send(self, message: Message) -> None:
        self.send_raw(self.seal(message))

    def send_raw(self, data: bytes, topic: str | None = None) -> None:
        sent = self._client.publish(topic or uplink_topic(self.name), data, qos=1)
        sent.wait_for_publish(PATIENCE_S)

    def next_acknowledged(self) -> bytes:
        try:
            return self._acknowledged.get(timeout=PATIENCE_S)
        except Empty:
            pytest.fail(f"{self.name}: nothing was acknowledged")

    def nothing_acknowledged(self) -> bool:
        return self._acknowledged.empty()

    def _take(self, data: bytes) -> None:
        for item_id in decode_acknowledgement(
            open_acknowledgement(data, self.name, self._basecamp)
        ):
            self._acknowledged.put(item_id)
