"""ChirpStack 4 on MQTT, with JSON.

Sources: the ``integration`` messages of its API (JSON of protocol buffers), its MQTT integration.
"""

from __future__ import annotations

import json
import uuid

from firmware_bridge.simulators.lorawan_air import UplinkFrame
from firmware_bridge.simulators.lorawan_events import (
    GATEWAY_EUI,
    Json,
    Order,
    dedup_id,
    device_id,
    downlink,
    rfc3339,
    to_base64,
)
from firmware_bridge.simulators.lorawan_network import Event, Joined, Received


class ChirpStack:
    """See Flavour. ``application`` is the id (a UUID) in its topics."""

    def __init__(self, application: str = "6a2c9f4e-3b67-4f52-9c1d-0d6f6f0f7a11") -> None:
        self._application = application

    @property
    def commands(self) -> str:
        """See Flavour."""
        return f"application/{self._application}/device/+/command/down"

    def message(self, event: Event) -> tuple[str, bytes]:
        """See Flavour."""
        kind, body = self._event(event)
        topic = (
            f"application/{self._application}/device/{event.identity.dev_eui.hex()}/event/{kind}"
        )
        return topic, json.dumps(body, separators=(",", ":")).encode()

    def order(self, topic: str, payload: bytes) -> Order | None:
        """See Flavour."""
        try:
            asked = json.loads(payload)
            dev_eui = bytes.fromhex(topic.split("/")[3])
            if asked.get("devEui", dev_eui.hex()).lower() != dev_eui.hex():
                return None
            found = downlink(asked["fPort"], asked["data"], asked.get("confirmed"), asked.get("id"))
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return None
        return None if found is None else Order(dev_eui, [found], replaces=False)

    def _event(self, event: Event) -> tuple[str, Json]:
        head: Json = {
            "deduplicationId": dedup_id(event),
            "time": rfc3339(event.at, "+00:00"),
            "deviceInfo": self._device_info(event.identity.dev_eui),
        }
        if isinstance(event, Joined):
            return "join", head | {"devAddr": event.dev_addr.hex()}
        if isinstance(event, Received):
            return "up", head | _uplink(event)
        if event.acknowledged is None:
            return "txack", {
                "downlinkId": _dedup_number(event),
                "time": head["time"],
                "deviceInfo": head["deviceInfo"],
                "queueItemId": event.downlink.item_id,
                "fCntDown": event.counter,
                "gatewayId": GATEWAY_EUI,
            }
        return "ack", head | {
            "queueItemId": event.downlink.item_id,
            "acknowledged": event.acknowledged,
            "fCntDown": event.counter,
        }

    def _device_info(self, dev_eui: bytes) -> Json:
        return {
            "tenantId": "52f14cd4-c6f1-4fbd-8f87-4025e1d49242",
            "tenantName": "simulator",
            "applicationId": self._application,
            "applicationName": "irbis",
            "deviceProfileId": "14855bf7-d10d-4aee-b618-ebfcb64dc7ad",
            "deviceProfileName": "camera trap",
            "deviceName": device_id(dev_eui),
            "devEui": dev_eui.hex(),
            "deviceClassEnabled": "CLASS_A",
            "tags": {},
        }


def _uplink(event: Received) -> Json:
    frame = event.frame
    return {
        "devAddr": frame.dev_addr.hex(),
        "adr": frame.adr,
        "dr": frame.data_rate,
        "fCnt": frame.counter,
        "fPort": frame.port or 0,
        "confirmed": frame.confirmed,
        "data": to_base64(frame.payload),
        "rxInfo": [
            {
                "gatewayId": GATEWAY_EUI,
                "uplinkId": event.event_id.int & 0xFFFFFFFF,
                "gwTime": rfc3339(event.at, "+00:00"),
                "rssi": event.rssi_dbm,
                "snr": event.snr_db,
                "context": to_base64(event.event_id.bytes[:4]),
                "metadata": {"region_common_name": event.region.name},
                "crcStatus": "CRC_OK",
            }
        ],
        "txInfo": {"frequency": frame.frequency_hz, "modulation": _modulation(frame)},
        "regionConfigId": event.region.name.lower(),
    }


def _modulation(frame: UplinkFrame) -> Json:
    if frame.spreading_factor == 0:
        return {"fsk": {"frequencyDeviation": 25_000, "datarate": 50_000}}
    return {
        "lora": {
            "bandwidth": frame.bandwidth_hz,
            "spreadingFactor": frame.spreading_factor,
            "codeRate": "CR_4_5",
        }
    }


def _dedup_number(event: Event) -> int:
    return uuid.UUID(dedup_id(event)).int & 0xFFFFFFFF
