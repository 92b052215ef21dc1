"""One MQTT 5 connection, from its making to its end.

paho-mqtt does the protocol and is driven from the caller's loop; no thread is started. A message
is confirmed to the broker only after its handler has returned: a handler that cannot keep it
raises, and the broker gives it again.
"""

from __future__ import annotations

import ssl
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
from edge.uplink.status import Setback

QOS = 1
KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0
"""A broker that accepts the connection and then says nothing for so long is not one."""
SESSION_EXPIRY_S = 0xFFFF_FFFF
"""The broker keeps our session, and what comes for us meanwhile, for ever (MQTT 5, 3.1.2.11.2)."""
RECEIVE_MAXIMUM = 16
"""Messages in flight to us at once: bounds memory where each may be a whole burst."""
SESSION_TAKEN_OVER = 0x8E
"""Reason code of a broker that lets go of us for another client of our name (MQTT 5, 3.14.2.1)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Which broker, as whom, and what to hear there."""

    address: BrokerAddress
    credentials: Credentials
    client_id: str
    subscription: str


Handler = Callable[[str, bytes], None]
"""Takes (topic, payload) of what arrives; an OSError means "not kept: give it again"."""


class Connection:
    """One attempt. ``setback`` and ``detail`` say why it ended, once it is ``over``."""

    def __init__(self, terms: Terms, handle: Handler) -> None:
        self._terms = terms
        self._handle = handle
        self._client: Client | None = None
        self._answer_by_s = 0.0
        self._admitted = False
        self.listening = False
        self.over = False
        self.setback = Setback.ABSENT
        self.detail = ""
        self.max_packet_bytes: int | None = None

    def open(self) -> None:
        """Connect; a failure shows in ``over``."""
        client = self._prepared_client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        address, credentials = self._terms.address, self._terms.credentials
        try:
            if credentials.username is not None or credentials.password_file is not None:
                client.username_pw_set(credentials.username, credentials.password())
            if address.tls:
                client.tls_set_context(credentials.tls_context())
            client.connect(
                address.host, address.port, KEEPALIVE_S, clean_start=False, properties=properties
            )
        except (OSError, ValueError) as error:
            self._fail(*_explained(error))
            return
        self._client = client
        self._answer_by_s = time.monotonic() + ANSWER_TIMEOUT_S

    def drive(self, timeout_s: float) -> None:
        """Move bytes both ways for up to ``timeout_s``, and notice what broke."""
        if self._client is None or self.over:
            return
        if self._client.loop(timeout_s) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._fail(Setback.LOST, "the broker closed it; is it up?")
        elif not self.listening and time.monotonic() > self._answer_by_s:
            self._fail(Setback.ABSENT, "what listens there does not answer as a broker")

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over; False when it cannot be taken now."""
        # Not only once it listens: what the broker kept for us comes before its answer to our
        # subscription, and wants one of ours.
        if self._client is None or not self._admitted or self.over:
            return False
        taken = self._client.publish(topic, payload, qos=QOS).rc
        return taken == MQTTErrorCode.MQTT_ERR_SUCCESS

    def close(self) -> None:
        """Take leave of the broker; it keeps the session."""
        if self._client is not None and not self.over:
            self._client.disconnect()
            self._client.loop(0.1)
        self._client = None
        self.over = True

    def _prepared_client(self) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self._terms.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _fail(self, setback: Setback, detail: str) -> None:
        """End this attempt; the first reason given is the true one."""
        if not self.over:
            self.over, self.setback, self.detail = True, setback, detail

    def _on_connect(
        self,
        client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(Setback.REFUSED, f"{reason}: check user name and password file")
            return
        self._admitted = True
        self.max_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        # Also where the broker says that it kept our session: one that came back with an empty
        # store, or whose access list changed, may have forgotten the subscription.
        client.subscribe(self._terms.subscription, qos=QOS)

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
            topic = self._terms.subscription
            self._fail(Setback.REFUSED, f"{refused[0]}: this user may not subscribe to {topic}")
        else:
            self.listening = True

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self.over:
            return
        try:
            self._handle(message.topic, bytes(message.payload))
        except OSError as error:
            self._fail(Setback.UNKEPT, str(error))
        else:
            client.ack(message.mid, message.qos)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        taken = reason.value == SESSION_TAKEN_OVER
        self._fail(Setback.TAKEN_OVER if taken else Setback.LOST, str(reason))


def _explained(error: OSError | ValueError) -> tuple[Setback, str]:
    if isinstance(error, LinkError):
        return Setback.SETTINGS, str(error)
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", None) or error.reason
        return Setback.INSECURE, f"{why}; check the CA file, the host name and the port"
    return Setback.ABSENT, f"{getattr(error, 'strerror', None) or error}; is it running?"
