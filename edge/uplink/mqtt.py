"""A connection to an MQTT 5 broker that heals itself, driven from the caller's own loop.

paho-mqtt does the protocol; this file decides when to connect, when to give up waiting, and says
why in one line each time the state changes. No thread is started.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from edge.uplink.backoff import Backoff
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.errors import LinkError

KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
HANDSHAKE_TIMEOUT_S = 30.0
"""A broker that accepts the connection but then stays silent is given up after this long."""
SESSION_EXPIRY_S = 0xFFFF_FFFF
"""MQTT 5, section 3.1.2.11.2: the session does not expire."""


class State(Enum):
    """Where the connection stands."""

    WAITING = auto()
    CONNECTING = auto()
    SUBSCRIBING = auto()
    ONLINE = auto()
    CLOSED = auto()


class MqttConnection:
    """One persistent session under ``client_id``, subscribed to ``topics`` at QoS 1.

    Call ``drive`` again and again; it does at most ``timeout_s`` of waiting. ``on_message`` gets
    (topic, payload) of what arrives, within ``drive``. ``on_state`` gets one line for a person
    whenever the state or the reason for it changes.
    """

    def __init__(
        self,
        address: BrokerAddress,
        credentials: Credentials,
        client_id: str,
        topics: Sequence[str],
        on_message: Callable[[str, bytes], None],
        on_state: Callable[[str], None],
        backoff: Backoff,
    ) -> None:
        self._address = address
        self._credentials = credentials
        self._client_id = client_id
        self._topics = list(topics)
        self._on_message = on_message
        self._on_state = on_state
        self._backoff = backoff
        self._client: paho.Client | None = None
        self._state = State.WAITING
        self._deadline = 0.0  # of the present wait or handshake, on time.monotonic()
        self._refusal: str | None = None
        self._said = ""
        self.connections = 0
        self.max_packet_bytes: int | None = None

    @property
    def online(self) -> bool:
        """Whether the broker has accepted us and confirmed the subscriptions."""
        return self._state is State.ONLINE

    def drive(self, timeout_s: float) -> None:
        """Connect if it is time, move bytes both ways, notice what broke."""
        if self._state is State.CLOSED:
            return
        if self._client is None:
            remaining = self._deadline - time.monotonic()
            if remaining > 0:
                time.sleep(min(remaining, timeout_s))
                return
            self._connect()
        if self._client is not None:
            self._move(self._client, timeout_s)

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over at QoS 1; False when the connection cannot take it now."""
        if self._client is None or not self.online:
            return False
        return self._client.publish(topic, payload, qos=1).rc == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self) -> None:
        """Take leave of the broker; the session stays there."""
        if self._client is not None:
            self._client.disconnect()
            self._client.loop(0.1)
            self._client = None
        self._state = State.CLOSED

    def _connect(self) -> None:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=self._client_id, protocol=paho.MQTTv5
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._connected
        client.on_subscribe = self._subscribed
        client.on_message = self._arrived
        expiry = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        expiry.SessionExpiryInterval = SESSION_EXPIRY_S
        self._refusal = None
        try:
            client.username_pw_set(self._credentials.username, self._credentials.password())
            if self._address.tls:
                client.tls_set_context(self._credentials.tls_context())
            client.connect(
                self._address.host,
                self._address.port,
                KEEPALIVE_S,
                clean_start=False,
                properties=expiry,
            )
        except LinkError as error:
            self._fail(f"cannot be tried: {error}")
            return
        except (OSError, ValueError) as error:
            self._fail(f"cannot be reached: {getattr(error, 'strerror', None) or error}")
            return
        self._client = client
        self._state = State.CONNECTING
        self._deadline = time.monotonic() + HANDSHAKE_TIMEOUT_S

    def _move(self, client: paho.Client, timeout_s: float) -> None:
        result = client.loop(timeout_s)
        if result != MQTTErrorCode.MQTT_ERR_SUCCESS or self._refusal:
            self._fail(self._refusal or f"connection lost: {paho.error_string(result)}")
        elif not self.online and time.monotonic() > self._deadline:
            self._fail("accepted the connection but did not answer")

    def _fail(self, reason: str) -> None:
        wait_s = self._backoff.wait_s()
        self._client = None
        self._state = State.WAITING
        self._deadline = time.monotonic() + wait_s
        self._say(f"{self._address} {reason}; everything is kept, and tried again")

    def _say(self, line: str) -> None:
        if line != self._said:
            self._said = line
            self._on_state(line)

    def _connected(
        self, client: paho.Client, _: object, __: object, reason: ReasonCode, answer: Any
    ) -> None:
        if reason.is_failure:
            hint = "; check username and password" if reason.value in (0x86, 0x87) else ""
            self._refusal = f"refused us: {reason}{hint}"
            return
        self.max_packet_bytes = getattr(answer, "MaximumPacketSize", None)
        # Always anew: a broker restarted with an empty store has forgotten what we asked for.
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        self._state = State.SUBSCRIBING

    def _subscribed(
        self, _: paho.Client, __: object, ___: int, reasons: list[ReasonCode], ____: object
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._refusal = f"refused the subscription: {', '.join(refused)}"
            return
        self._state = State.ONLINE
        self._backoff.reset()
        self.connections += 1
        self._say(f"connected to {self._address}")

    def _arrived(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        self._on_message(message.topic, bytes(message.payload))
