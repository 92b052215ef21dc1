"""Basecamp's session with the broker on which LoRaWAN networks speak, on a thread of its own.

MQTT 3.1.1: The Things Stack's server speaks nothing newer, and every other broker speaks it, too.
A message is confirmed to the broker only after its handler has returned; where it cannot be kept,
the connection is given up, and the broker gives the message again.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.uplink.attempt import Attempt
from edge.uplink.backoff import Backoff
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.status import LinkState, LinkStatus, Setback
from tools.basecamp.broker_link import PAUSE_MAX_S, STOP_LATENCY_S, Responder

log = logging.getLogger(__name__)


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


class _Attempt(Attempt):
    """One connection, which answers what it hears."""

    def __init__(self, terms: LorawanTerms, respond: Responder) -> None:
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=terms.client_id,
            clean_session=False,
            protocol=MQTTProtocolVersion.MQTTv311,
            manual_ack=True,
        )
        super().__init__(client, terms.address, terms.credentials)
        self._subscriptions = terms.subscriptions
        self._respond = respond

    def _admitted(self, _properties: Properties | None) -> None:
        self._client.subscribe([(topic, 1) for topic in self._subscriptions])

    def _subscribed(self, reasons: list[ReasonCode]) -> None:
        self.listening = not all(reason.is_failure for reason in reasons)
        if not self.listening:
            topics = " nor ".join(self._subscriptions)
            self._fail(Setback.REFUSED, f"this user may subscribe neither to {topics}")

    def _take(self, message: MQTTMessage) -> None:
        try:
            answer = self._respond(message.topic, bytes(message.payload))
        except OSError as error:
            self._fail(Setback.UNKEPT, str(error))
            return
        except Exception as error:
            # Whatever it is, a link that died of it would leave basecamp deaf.
            log.exception("LoRaWAN broker %s: a message broke its handler", self._address)
            self._fail(Setback.UNKEPT, f"{type(error).__name__}: {error}")
            return
        if answer is not None:
            self._client.publish(answer.topic, answer.payload)
        self._client.ack(message.mid, message.qos)
