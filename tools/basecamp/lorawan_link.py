"""Basecamp's session with the broker on which LoRaWAN networks speak, on a thread of its own.

MQTT 3.1.1: The Things Stack's server speaks nothing newer, and every other broker speaks it, too.
A message is confirmed to the broker only after its handler has returned; where it cannot be kept,
the connection is given up, and the broker gives the message again.
"""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.backoff import Backoff
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.errors import LinkError
from edge.uplink.status import LinkState, LinkStatus, Setback
from tools.basecamp.broker_link import PAUSE_MAX_S, STOP_LATENCY_S, Responder

log = logging.getLogger(__name__)

KEEPALIVE_S = 60
CONNECT_TIMEOUT_S = 10.0
ANSWER_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class LorawanTerms:
    """Which broker, as whom, and what to hear there: one broker seldom carries every network, so
    one filter that it grants is enough."""

    address: BrokerAddress
    credentials: Credentials
    client_id: str
    subscriptions: Sequence[str]


class LorawanLink:
    """Keeps the subscriptions alive from ``start`` to ``stop``.

    What ``respond`` returns is published with QoS 0: the networks promise no more, and a downlink
    that is lost is made anew when the station sends again.
    """

    def __init__(self, terms: LorawanTerms, respond: Responder) -> None:
        self._terms = terms
        self._respond = respond
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.status = LinkStatus(LinkState.STOPPED)

    def start(self) -> None:
        self._stopping.clear()
        self.status = LinkStatus(LinkState.CONNECTING)
        self._thread = threading.Thread(target=self._run, name="lorawan-link", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and wait for the thread. The broker may keep the session."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        backoff = Backoff(PAUSE_MAX_S)
        while not self._stopping.is_set():
            attempt = _Attempt(self._terms, self._respond)
            attempt.open()
            while not attempt.over and not self._stopping.is_set():
                attempt.drive(STOP_LATENCY_S)
                if attempt.listening and not attempt.over:
                    self._enter(LinkStatus(LinkState.LISTENING))
            attempt.close()
            if self._stopping.is_set():
                break
            if attempt.listening and attempt.setback is not Setback.UNKEPT:
                backoff.reset()
            self._enter(LinkStatus(LinkState.BACKING_OFF, attempt.setback, attempt.detail))
            self._stopping.wait(backoff.wait_s())
        self._enter(LinkStatus(LinkState.STOPPED))

    def _enter(self, status: LinkStatus) -> None:
        """One line for each change, none for each repeated try."""
        if status == self.status:
            return
        self.status = status
        where = f"LoRaWAN broker {self._terms.address}"
        if status.setback is not None:
            log.warning("%s: %s (%s)", where, status.setback, status.detail)
        elif status.state is LinkState.LISTENING:
            log.info("%s: listening on %s", where, ", ".join(self._terms.subscriptions))


class _Attempt:
    """One connection. ``setback`` and ``detail`` say why it ended, once it is ``over``."""

    def __init__(self, terms: LorawanTerms, respond: Responder) -> None:
        self._terms = terms
        self._respond = respond
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=terms.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        self._answer_by_s = 0.0
        self.listening = False
        self.over = False
        self.setback = Setback.ABSENT
        self.detail = ""

    def open(self) -> None:
        """Connect; a failure shows in ``over``."""
        client, address, credentials = self._client, self._terms.address, self._terms.credentials
        client.connect_timeout = CONNECT_TIMEOUT_S
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        try:
            if credentials.username is not None or credentials.password_file is not None:
                client.username_pw_set(credentials.username, credentials.password())
            if address.tls:
                client.tls_set_context(credentials.tls_context())
            client.connect(address.host, address.port, KEEPALIVE_S)
        except LinkError as error:
            self._fail(Setback.SETTINGS, str(error))
        except ssl.SSLError as error:
            self._fail(Setback.INSECURE, f"{error.reason}; check the CA file, host name and port")
        except (OSError, ValueError) as error:
            self._fail(Setback.ABSENT, f"{getattr(error, 'strerror', None) or error}; is it up?")
        self._answer_by_s = time.monotonic() + ANSWER_TIMEOUT_S

    def drive(self, timeout_s: float) -> None:
        """Move bytes both ways for up to ``timeout_s``, and notice what broke."""
        if self._client.loop(timeout_s) is not MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._fail(Setback.LOST, "the broker closed it; is it up?")
        elif not self.listening and time.monotonic() > self._answer_by_s:
            self._fail(Setback.ABSENT, "what listens there does not answer as a broker")

    def close(self) -> None:
        """Take leave of the broker, where it is there."""
        if self._client.is_connected():
            self._client.disconnect()
            self._client.loop(0.1)
        self.over = True

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
        _properties: Properties | None,
    ) -> None:
        if reason.is_failure:
            self._fail(Setback.REFUSED, f"{reason}: check user name and password file")
        else:
            client.subscribe([(topic, 1) for topic in self._terms.subscriptions])

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        reasons: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self.listening = not all(reason.is_failure for reason in reasons)
        if not self.listening:
            topics = " nor ".join(self._terms.subscriptions)
            self._fail(Setback.REFUSED, f"this user may subscribe neither to {topics}")

    def _on_message(self, client: Client, _userdata: object, message: MQTTMessage) -> None:
        if self.over:
            return
        try:
            answer = self._respond(message.topic, bytes(message.payload))
        except OSError as error:
            self._fail(Setback.UNKEPT, str(error))
            return
        except Exception as error:
            # Whatever it is, a link that died of it would leave basecamp deaf.
            log.exception("LoRaWAN broker %s: a message broke its handler", self._terms.address)
            self._fail(Setback.UNKEPT, f"{type(error).__name__}: {error}")
            return
        if answer is not None:
            client.publish(answer.topic, answer.payload)
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
