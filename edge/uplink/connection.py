"""One MQTT 5 connection, from its making to its end.

A message is confirmed to the broker only after its handler has returned: a handler that cannot keep
it raises, and the broker gives it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.attempt import Attempt
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.status import Setback

QOS = 1
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


class Connection(Attempt):
    """An attempt with MQTT 5, whose session the broker keeps for ever."""

    def __init__(self, terms: Terms, handle: Handler) -> None:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=terms.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        super().__init__(client, terms.address, terms.credentials)
        self._subscription = terms.subscription
        self._handle = handle
        self._let_in = False
        self.max_packet_bytes: int | None = None

    def publish(self, topic: str, payload: bytes) -> bool:
        """Hand a message over; False when it cannot be taken now."""
        # Not only once it listens: what the broker kept for us comes before its answer to our
        # subscription, and wants one of ours.
        if not self._let_in or self.over:
            return False
        taken = self._client.publish(topic, payload, qos=QOS).rc
        return taken == MQTTErrorCode.MQTT_ERR_SUCCESS

    def _connect_words(self) -> dict[str, Any]:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        return {"clean_start": False, "properties": properties}

    def _admitted(self, properties: Properties | None) -> None:
        self._let_in = True
        self.max_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        # Also where the broker says that it kept our session: one that came back with an empty
        # store, or whose access list changed, may have forgotten the subscription.
        self._client.subscribe(self._subscription, qos=QOS)

    def _subscribed(self, reasons: list[ReasonCode]) -> None:
        refused = [reason for reason in reasons if reason.is_failure]
        if refused:
            why = f"{refused[0]}: this user may not subscribe to {self._subscription}"
            self._fail(Setback.REFUSED, why)
        else:
            self.listening = True

    def _take(self, message: MQTTMessage) -> None:
        try:
            self._handle(message.topic, bytes(message.payload))
        except OSError as error:
            self._fail(Setback.UNKEPT, str(error))
        else:
            self._client.ack(message.mid, message.qos)

    def _lost(self, reason: ReasonCode) -> Setback:
        return Setback.TAKEN_OVER if reason.value == SESSION_TAKEN_OVER else Setback.LOST
