"""ChirpStack 4's MQTT integration, set to JSON.

Sources: its pages on MQTT and on events, and ``integration.proto`` of its API.
"""

from __future__ import annotations

import json
import re

from tools.basecamp import lorawan_events as events
from tools.basecamp.broker_link import Publication
from tools.basecamp.lorawan_events import EventRefused, Uplink

_TOPIC = re.compile(r"(application/[^/+#]+/device/([0-9a-fA-F]{16}))/event/up")


class ChirpStack:
    """See LorawanNetwork."""

    subscription = "application/+/device/+/event/up"

    def hears(self, topic: str) -> bool:
        return topic.startswith("application/")

    def read(self, topic: str, data: bytes) -> Uplink | None:
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise EventRefused("its topic is not that of a device's uplinks")
        event = events.parse(data)
        dev_eui = events.eui(events.child(event, "deviceInfo"), "devEui")
        if dev_eui != match[2].lower():
            raise EventRefused("its topic names one device, its content another")
        payload = events.payload(event, "data")
        port = events.number(event, "fPort", 255)
        if not payload or not 1 <= port <= events.LAST_PORT:
            return None
        session = events.text(event, "devAddr")
        return Uplink(dev_eui, port, payload, session, events.counter(event, "fCnt"))

    def command(self, topic: str, uplink: Uplink, payload: bytes) -> Publication:
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise EventRefused("its topic is not that of a device's uplinks")
        body = {
            "devEui": uplink.dev_eui,
            "confirmed": False,
            "fPort": uplink.port,
            "data": events.to_base64(payload),
        }
        return Publication(f"{match[1]}/command/down", json.dumps(body).encode())
