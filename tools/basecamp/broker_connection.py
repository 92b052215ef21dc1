"""One MQTT 5 connection, from its making to its end."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.errors import LinkError
from tools.basecamp.link_status import Setback

log = logging.getLogger(__name__)

_QOS = 1
_KEEPALIVE_S = 30
_CONNECT_TIMEOUT_S = 5.0
_ANSWER_TIMEOUT_S = 15.0
"""A broker that accepts the connection and then says nothing for so long is not one."""
_STOP_LATENCY_S = 0.5
_SESSION_EXPIRY_S = 30 * 24 * 3600
"""How long the broker keeps messages for a basecamp that is down."""
_RECEIVE_MAXIMUM = 16
"""Messages in flight to us at once: bounds memory where each may be a whole burst."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which broker, as whom, and what to hear there."""

    address: BrokerAddress
    credentials: Credentials
    client_id: str
    subscription: str


@dataclass(frozen=True, slots=True)
class Publication:
    """Something to publish, with QoS 1."""

    topic: str
    payload: bytes


Handler = Callable[[str, bytes], Publication | None]
"""Takes (topic, payload) and gives the answer to publish; an OSError means "not kept"."""


class Connection:
    """One connection from its making to its end; ``setback`` and ``detail`` say why it ended."""

    def __init__(
        self,
        terms: Terms,
        handle: Handler,
        stopping: threading.Event,
        on_listening: Callable[[], None],
    ) -> None:
        self._terms = terms
        self._handle = handle
        self._stopping = stopping
        self._on_listening = on_listening
        self.setback = Setback.ABSENT
        self.detail = ""
        self._listening_since_s: float | None = None
        self._ended_s = 0.0
        self._over = False

    @property
    def listened_s(self) -> float:
        """How long it listened. One that ended soon is not tried again at once.

        So neither a full disk nor a second basecamp with the same key makes the two ends run in
        circles.
        """
        return 0.0 if self._listening_since_s is None else self._ended_s - self._listening_since_s

    def run(self) -> None:
        try:
            client = self._connect()
        except (OSError, UnicodeError) as error:
            self._fail(*_explained(error))
            return
        try:
            self._serve(client)
        except Exception as error:
            # Whatever it is, a link that died without a word would leave basecamp deaf.
            log.exception("broker %s: a message or answer broke the link", self._terms.address)
            self._fail(Setback.UNKEPT, f"{type(error).__name__}: {error}")

    def _connect(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._terms.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.connect_timeout = _CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        self._admit(client)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = _SESSION_EXPIRY_S
        properties.ReceiveMaximum = _RECEIVE_MAXIMUM
        client.connect(
            self._terms.address.host,
            self._terms.address.port,
            _KEEPALIVE_S,
            clean_start=False,
            properties=properties,
        )
        return client

    def _admit(self, client: Client) -> None:
        """Set TLS and credentials. Raises LinkError."""
        credentials = self._terms.credentials
        if credentials.username is not None:
            client.username_pw_set(credentials.username, credentials.password())
        if self._terms.address.tls:
            client.tls_set_context(credentials.tls_context())

    def _serve(self, client: Client) -> None:
        """Drive the client until it ends, is stopped, or the broker stays silent."""
        answer_by_s = time.monotonic() + _ANSWER_TIMEOUT_S
        while not self._over and not self._stopping.is_set():
            if client.loop(_STOP_LATENCY_S) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
                self._fail(Setback.LOST, "the broker closed it; is it up?")
            if self._listening_since_s is None and time.monotonic() > answer_by_s:
                self._fail(Setback.ABSENT, "what listens there does not answer as a broker")
        client.disconnect()

    def _fail(self, setback: Setback, detail: str) -> None:
        """End this attempt; the first reason given is the true one."""
        if not self._over:
            self._over, self.setback, self.detail = True, setback, detail
            self._ended_s = time.monotonic()

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(Setback.REFUSED, f"{reason}: check --username and --password-file")
            return
        # Also where the broker says that it kept our session: one that came back with an empty
        # store, or whose access list changed, may have forgotten the subscription.
        client.subscribe(self._terms.subscription, qos=_QOS)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            self._fail(
                Setback.REFUSED,
                f"{refused[0]}: this user may not subscribe to {self._terms.subscription}",
            )
            return
        self._listening_since_s = time.monotonic()
        self._on_listening()

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self._over:
            return
        try:
            answer = self._handle(message.topic, bytes(message.payload))
        except OSError as error:
            self._fail(Setback.UNKEPT, str(error))
            return
        if answer is not None:
            client.publish(answer.topic, answer.payload, qos=_QOS)
        client.ack(message.mid, message.qos)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._fail(Setback.LOST, str(reason))


def _explained(error: OSError | UnicodeError) -> tuple[Setback, str]:
    if isinstance(error, LinkError):
        return Setback.SETTINGS, str(error)
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", None) or error.reason
        return Setback.INSECURE, f"{why}; check --ca-file, the host name and the port"
    return Setback.ABSENT, f"{getattr(error, 'strerror', None) or error}; is it running?"
