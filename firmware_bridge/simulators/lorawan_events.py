"""How networks differ on MQTT, and what their JSON has in common."""

from __future__ import annotations

import base64
import binascii
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from firmware_bridge.lorawan_modem import FIRST_PORT, LAST_PORT
from firmware_bridge.simulators.lorawan_network import Event, QueuedDownlink, Received

GATEWAY_EUI = "0016c001f153a14c"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """An application's wish: downlinks for a device, in place of those that wait or after them."""

    dev_eui: bytes
    downlinks: list[QueuedDownlink]
    replaces: bool


class Flavour(Protocol):
    """How one kind of network speaks MQTT."""

    @property
    def commands(self) -> str:
        """The topic filter of what applications ask for."""

    def message(self, event: Event) -> tuple[str, bytes]:
        """Topic and payload for ``event``."""

    def order(self, topic: str, payload: bytes) -> Order | None:
        """What an application asks for; None where it is nothing that makes sense."""


def device_id(dev_eui: bytes) -> str:
    """The name of a device that has no other."""
    return f"eui-{dev_eui.hex()}"


def downlink(port: Any, data: Any, confirmed: Any, item_id: Any) -> QueuedDownlink | None:
    """A downlink of what an application wrote; None where that is none."""
    if type(port) is not int or not FIRST_PORT <= port <= LAST_PORT:
        return None
    try:
        payload = base64.b64decode(data, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return None
    known = {"item_id": item_id} if isinstance(item_id, str) and item_id else {}
    return QueuedDownlink(port, payload, confirmed is True, **known)


def dedup_id(event: Event) -> str:
    """A UUID: the same in each telling of one event."""
    if isinstance(event, Received):
        return str(event.event_id)
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr((event.identity.dev_eui, event.at))))


def to_base64(data: bytes) -> str:
    """As text."""
    return base64.b64encode(data).decode()


def rfc3339(at: datetime, zone: str) -> str:
    """``at`` with nanoseconds and ``zone``."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f000") + zone
