"""What LoRaWAN networks tell an application over MQTT, read strictly.

The messages are JSON of protocol buffers. Fields that are not used here are ignored; one that is,
and is not what it should be, makes the whole message refused. Whatever the bytes are, nothing but
EventRefused is raised.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass, field
from typing import Any, Protocol

from edge.errors import IrbisError
from tools.basecamp.broker_link import Publication

LARGEST_EVENT_BYTES = 65_536
"""An uplink that forty gateways heard takes about half of this."""
LARGEST_PAYLOAD_BYTES = 242
LAST_PORT = 222
"""Ports from 224 on are the network's own (LoRaWAN 1.0.4, 4.3.2), and so is 0. On 223 an RAK3172
sends a byte of nothing to have a downlink: it can send no empty packet."""
_EUI = re.compile("[0-9a-fA-F]{16}")
_LARGEST_COUNTER = 2**32 - 1
Json = dict[str, Any]


class EventRefused(IrbisError, ValueError):
    """A message from a network that cannot be what it says."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """A packet of a device. ``session`` and ``counter`` order the packets of one session."""

    dev_eui: str
    """16 lower-case hexadecimal digits."""
    port: int
    payload: bytes = field(repr=False)
    session: str
    counter: int


class LorawanNetwork(Protocol):
    """One kind of network server on MQTT."""

    @property
    def subscription(self) -> str:
        """The topic filter of all devices' uplinks."""

    def hears(self, topic: str) -> bool:
        """Whether the topic is one of this network's uplinks."""

    def read(self, topic: str, data: bytes) -> Uplink | None:
        """The packet in an uplink message; None for one without content. Raises EventRefused."""

    def command(self, topic: str, uplink: Uplink, payload: bytes) -> Publication:
        """What to publish to have ``payload`` sent to the device that ``uplink`` came from, once
        it listens. ``topic`` is the uplink's."""


def parse(data: bytes) -> Json:
    """The JSON object in ``data``. Raises EventRefused."""
    if len(data) > LARGEST_EVENT_BYTES:
        raise EventRefused(f"it has {len(data)} bytes, at most {LARGEST_EVENT_BYTES} are read")
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        raise EventRefused("it is no JSON; choose JSON as the network's encoding") from None
    if not isinstance(value, dict):
        raise EventRefused("it is no JSON object")
    return value


def child(value: Json, name: str) -> Json:
    """An object inside an object; empty where it is absent, as protocol buffers have it."""
    found = value.get(name, {})
    if not isinstance(found, dict):
        raise EventRefused(f"{name} is no object")
    return found


def text(value: Json, name: str) -> str:
    """A string; empty where it is absent."""
    found = value.get(name, "")
    if not isinstance(found, str):
        raise EventRefused(f"{name} is no text")
    return found


def number(value: Json, name: str, largest: int) -> int:
    """A number from 0; 0 where it is absent."""
    found = value.get(name, 0)
    if type(found) is not int or not 0 <= found <= largest:
        raise EventRefused(f"{name} is no number from 0 to {largest}")
    return found


def counter(value: Json, name: str) -> int:
    """A frame counter of 32 bits."""
    return number(value, name, _LARGEST_COUNTER)


def eui(value: Json, name: str) -> str:
    """A device's EUI in lower case."""
    found = text(value, name)
    if _EUI.fullmatch(found) is None:
        raise EventRefused(f"{name} is no EUI of 16 hexadecimal digits")
    return found.lower()


def payload(value: Json, name: str) -> bytes:
    """Bytes in base64; empty where they are absent."""
    try:
        found = base64.b64decode(text(value, name), validate=True)
    except (binascii.Error, ValueError):
        raise EventRefused(f"{name} is not base64") from None
    if len(found) > LARGEST_PAYLOAD_BYTES:
        raise EventRefused(f"{name} has {len(found)} bytes, a packet at most 242")
    return found


def to_base64(data: bytes) -> str:
    """As protocol buffers write bytes in JSON."""
    return base64.b64encode(data).decode()
