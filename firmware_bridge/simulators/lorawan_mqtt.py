"""A network server's side of MQTT: events to a broker, orders from it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from firmware_bridge.errors import LinkLost
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_network import Event, NetworkServer

if TYPE_CHECKING:
    from paho.mqtt.client import Client, MQTTMessage, MQTTMessageInfo

_PATIENCE_S = 10.0


class MqttApplication:
    """A context manager: within it ``tell`` publishes, and orders reach ``server``.

    The client has a thread of its own, and comes back after a broken connection.
    """

    def __init__(self, host: str, port: int, flavours: Sequence[Flavour]) -> None:
        self._address = (host, port)
        self._flavours = flavours
        self._subscribed = threading.Event()
        self._client: Client | None = None
        self._last: MQTTMessageInfo | None = None
        self.server: NetworkServer | None = None

    def tell(self, event: Event) -> None:
        """Publish ``event`` in each flavour, QoS 1."""
        if self._client is not None:
            for flavour in self._flavours:
                topic, payload = flavour.message(event)
                self._last = self._client.publish(topic, payload, qos=1)

    def __enter__(self) -> Self:
        """Connect, and return when orders are heard. Raises LinkLost."""
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion

        client = Client(CallbackAPIVersion.VERSION2)
        client.reconnect_delay_set(1, 5)
        client.on_connect = self._on_connect
        client.on_subscribe = lambda *_: self._subscribed.set()
        client.on_message = self._on_message
        host, port = self._address
        try:
            client.connect(host, port)
        except OSError as error:
            raise LinkLost(f"broker {host}:{port}: no connection ({error}): is it up?") from error
        client.loop_start()
        self._client = client
        if not self._subscribed.wait(_PATIENCE_S):
            self.__exit__(None, None, None)
            raise LinkLost(f"broker {host}:{port}: it does not answer: may a stranger subscribe?")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        client, self._client = self._client, None
        if client is not None:
            if self._last is not None and client.is_connected():
                self._last.wait_for_publish(_PATIENCE_S)
            client.disconnect()
            client.loop_stop()

    def _on_connect(self, client: Client, *_: Any) -> None:
        client.subscribe([(flavour.commands, 1) for flavour in self._flavours])

    def _on_message(self, _client: Client, _data: Any, message: MQTTMessage) -> None:
        for flavour in self._flavours:
            order = flavour.order(message.topic, bytes(message.payload))
            if order is not None and self.server is not None:
                self.server.queue(order.dev_eui, order.downlinks, order.replaces)
