"""One attempt to reach an MQTT broker: what connections of every kind have in common.

paho-mqtt does the protocol and is driven from the caller's loop; no thread is started.
"""

from __future__ import annotations

import ssl
import time
from abc import ABC, abstractmethod
from typing import Any

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.errors import LinkError
from edge.uplink.status import Setback

KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0
"""A broker that accepts the connection and then says nothing for so long is not one."""


class Attempt(ABC):
    """From `open` until it is ``over``; ``setback`` and ``detail`` then say why it ended."""

    def __init__(self, client: Client, address: BrokerAddress, credentials: Credentials) -> None:
        self._client = client
        self._address = address
        self._credentials = credentials
        self._answer_by_s = 0.0
        self.listening = False
        self.over = False
        self.setback = Setback.ABSENT
        self.detail = ""

    def open(self) -> None:
        """Connect; a failure shows in ``over``."""
        client, credentials = self._client, self._credentials
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        try:
            if credentials.username is not None or credentials.password_file is not None:
                client.username_pw_set(credentials.username, credentials.password())
            if self._address.tls:
                client.tls_set_context(credentials.tls_context())
            client.connect(
                self._address.host, self._address.port, KEEPALIVE_S, **self._connect_words()
            )
        except (OSError, ValueError) as error:
            self._fail(*_explained(error))
        self._answer_by_s = time.monotonic() + ANSWER_TIMEOUT_S

    def drive(self, timeout_s: float) -> None:
        """Move bytes both ways for up to ``timeout_s``, and notice what broke."""
        if self.over:
            return
        if self._client.loop(timeout_s) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._fail(Setback.LOST, "the broker closed it; is it up?")
        elif not self.listening and time.monotonic() > self._answer_by_s:
            self._fail(Setback.ABSENT, "what listens there does not answer as a broker")

    def close(self) -> None:
        """Take leave of the broker; it may keep the session."""
        if not self.over:
            self._client.disconnect()
            self._client.loop(0.1)
        self.over = True

    def _connect_words(self) -> dict[str, Any]:
        """What the protocol's version adds to CONNECT."""
        return {}

    @abstractmethod
    def _admitted(self, properties: Properties | None) -> None:
        """The broker let us in: subscribe."""

    @abstractmethod
    def _subscribed(self, reasons: list[ReasonCode]) -> None:
        """The broker's answer to each filter."""

    @abstractmethod
    def _take(self, message: MQTTMessage) -> None:
        """A message came; it is the taker's to confirm it."""

    def _lost(self, reason: ReasonCode) -> Setback:
        """What the end of a connection is called that neither side asked for."""
        return Setback.LOST

    def _fail(self, setback: Setback, detail: str) -> None:
        """End this attempt; the first reason given is the true one."""
        if not self.over:
            self.over, self.setback, self.detail = True, setback, detail

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(Setback.REFUSED, f"{reason}: check user name and password file")
        else:
            self._admitted(properties)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._subscribed(reasons)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        if not self.over:
            self._take(message)

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        reason: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._fail(self._lost(reason), str(reason))


def _explained(error: OSError | ValueError) -> tuple[Setback, str]:
    if isinstance(error, LinkError):
        return Setback.SETTINGS, str(error)
    if isinstance(error, ssl.SSLError):
        why = getattr(error, "verify_message", None) or error.reason
        return Setback.INSECURE, f"{why}; check the CA file, the host name and the port"
    return Setback.ABSENT, f"{getattr(error, 'strerror', None) or error}; is it running?"
