"""The link over MQTT 5: messages at QoS 1, acknowledged by basecamp itself.

A PUBACK only says that the broker has a message; the broker may die with it. What releases an item
is basecamp's own signed acknowledgement.
"""

from __future__ import annotations

from collections.abc import Callable

from edge.security.envelope import open_acknowledgement
from edge.security.errors import SealError
from edge.security.keys import BasecampToken
from edge.uplink.backoff import Backoff
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.connection import Terms
from edge.uplink.errors import TooLarge
from edge.uplink.session import Session
from edge.uplink.status import LinkState, LinkStatus
from edge.wire.errors import WireError
from edge.wire.message import acknowledgement_topic, decode_acknowledgement, uplink_topic

_PACKET_HEAD_BYTES = 128
"""Room for the MQTT header, the topic and properties around a payload."""


class MqttLink:
    """One station's link. ``on_state`` gets one line for a person at each change."""

    def __init__(
        self,
        address: BrokerAddress,
        credentials: Credentials,
        station: str,
        basecamp: BasecampToken,
        on_state: Callable[[str], None],
        backoff_max_s: float,
    ) -> None:
        self._address = address
        self._station = station
        self._basecamp = basecamp
        self._on_state = on_state
        self._acknowledged: list[bytes] = []
        self._refused = ""
        terms = Terms(address, credentials, f"irbis-{station}", acknowledgement_topic(station))
        self._session = Session(terms, self._arrived, self._tell, Backoff(backoff_max_s))

    @property
    def generation(self) -> int:
        return self._session.generation

    @property
    def is_up(self) -> bool:
        return self.status.state is LinkState.LISTENING

    @property
    def status(self) -> LinkStatus:
        return self._session.status

    def send(self, data: bytes) -> bool:
        limit = self._session.max_packet_bytes
        if limit is not None and len(data) + _PACKET_HEAD_BYTES > limit:
            raise TooLarge(
                f"{len(data)} bytes; the broker takes packets of up to {limit}: raise its limit"
            )
        return self._session.publish(uplink_topic(self._station), data)

    def poll(self, timeout_s: float) -> list[bytes]:
        self._session.drive(timeout_s)
        acknowledged, self._acknowledged = self._acknowledged, []
        return acknowledged

    def close(self) -> None:
        self._session.close()

    def _tell(self, status: LinkStatus) -> None:
        if status.state is LinkState.LISTENING:
            self._on_state(f"connected to {self._address}")
        elif status.setback is not None:
            self._on_state(
                f"{self._address}: {status.setback} ({status.detail}); everything is kept, and"
                " tried again"
            )

    def _arrived(self, _topic: str, payload: bytes) -> None:
        try:
            body = open_acknowledgement(payload, self._station, self._basecamp)
            self._acknowledged.extend(decode_acknowledgement(body))
        except (SealError, WireError) as error:
            line = f"an acknowledgement that is not basecamp's was ignored: {error}"
            if line != self._refused:  # whoever forges one may forge thousands
                self._refused = line
                self._on_state(line)
