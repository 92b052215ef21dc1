"""The Things Stack 3's MQTT server. Its JSON leaves out what is zero, false or empty.

Sources: its pages on the MQTT server and on data formats.
"""

from __future__ import annotations

import json
import re

from tools.basecamp import lorawan_events as events
from tools.basecamp.broker_link import Publication
from tools.basecamp.lorawan_events import EventRefused, Uplink

_TOPIC = re.compile(r"(v3/[^/+#]+/devices/([^/+#]+))/up")


class TheThingsStack:
    """See LorawanNetwork."""

    subscription = "v3/+/devices/+/up"

    def hears(self, topic: str) -> bool:
        return topic.startswith("v3/")

    def read(self, topic: str, data: bytes) -> Uplink | None:
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise EventRefused("its topic is not that of a device's uplinks")
        event = events.parse(data)
        device = events.child(event, "end_device_ids")
        if events.text(device, "device_id") != match[2]:
            raise EventRefused("its topic names one device, its content another")
        dev_eui = events.eui(device, "dev_eui")
        message = events.child(event, "uplink_message")
        payload = events.payload(message, "frm_payload")
        port = events.number(message, "f_port", 255)
        if not payload or not 1 <= port <= events.LAST_PORT:
            return None
        session = events.text(device, "dev_addr")
        return Uplink(dev_eui, port, payload, session, events.counter(message, "f_cnt"))

    def command(self, topic: str, uplink: Uplink, payload: bytes) -> Publication:
        """In place of what still waits for the device: it is older and says less."""
        match = _TOPIC.fullmatch(topic)
        if match is None:
            raise EventRefused("its topic is not that of a device's uplinks")
        downlink = {
            "f_port": uplink.port,
            "frm_payload": events.to_base64(payload),
            "priority": "NORMAL",
        }
        body = json.dumps({"downlinks": [downlink]}).encode()
        return Publication(f"{match[1]}/down/replace", body)
