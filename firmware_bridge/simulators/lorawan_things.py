"""The Things Stack 3 on MQTT. It leaves out of its JSON whatever is zero, false or empty.

Sources: its data formats, its MQTT server.
"""

from __future__ import annotations

import json
from typing import Any

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


class TheThingsStack:
    """See Flavour. ``tenant`` is empty for the open source stack, ``ttn`` for the community's."""

    def __init__(self, application: str = "irbis", tenant: str = "ttn") -> None:
        self._application = application
        self._root = f"v3/{application}@{tenant}" if tenant else f"v3/{application}"

    @property
    def commands(self) -> str:
        """See Flavour."""
        return f"{self._root}/devices/+/down/+"

    def message(self, event: Event) -> tuple[str, bytes]:
        """See Flavour."""
        kind, body = self._event(event)
        head = {
            "end_device_ids": self._device_ids(event),
            "correlation_ids": [f"as:up:{dedup_id(event)}"],
            "received_at": rfc3339(event.at, "Z"),
        }
        topic = f"{self._root}/devices/{device_id(event.identity.dev_eui)}/{kind}"
        return topic, json.dumps(_without_empty(head | body), separators=(",", ":")).encode()

    def order(self, topic: str, payload: bytes) -> Order | None:
        """See Flavour. Topics that end in neither push nor replace are its own."""
        parts = topic.split("/")
        try:
            verb, dev_eui = parts[-1], bytes.fromhex(parts[3].removeprefix("eui-"))
            if verb not in ("push", "replace"):
                return None
            asked = json.loads(payload)["downlinks"]
            found = [
                downlink(each["f_port"], each["frm_payload"], each.get("confirmed"), None)
                for each in asked
            ]
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return None
        return Order(dev_eui, [each for each in found if each], replaces=verb == "replace")

    def _event(self, event: Event) -> tuple[str, Json]:
        if isinstance(event, Joined):
            accept = {
                "session_key_id": _session_key(event.dev_addr),
                "received_at": rfc3339(event.at, "Z"),
            }
            return "join", {"join_accept": accept}
        if isinstance(event, Received):
            return "up", {"uplink_message": _uplink(event)}
        downlink = {
            "session_key_id": _session_key(event.dev_addr),
            "f_port": event.downlink.port,
            "f_cnt": event.counter,
            "frm_payload": to_base64(event.downlink.payload),
            "confirmed": event.downlink.confirmed,
            "priority": "NORMAL",
            "correlation_ids": [f"as:downlink:{event.downlink.item_id}"],
        }
        kind = {None: "sent", True: "ack", False: "nack"}[event.acknowledged]
        return f"down/{kind}", {f"downlink_{kind}": downlink}

    def _device_ids(self, event: Event) -> Json:
        addr = event.frame.dev_addr if isinstance(event, Received) else event.dev_addr
        return {
            "device_id": device_id(event.identity.dev_eui),
            "application_ids": {"application_id": self._application},
            "dev_eui": event.identity.dev_eui.hex().upper(),
            "join_eui": event.identity.join_eui.hex().upper(),
            "dev_addr": addr.hex().upper(),
        }


def _uplink(event: Received) -> Json:
    frame, at = event.frame, rfc3339(event.at, "Z")
    rate: Json = {"fsk": {"bit_rate": 50_000}}
    if frame.spreading_factor:
        rate = {
            "lora": {
                "bandwidth": frame.bandwidth_hz,
                "spreading_factor": frame.spreading_factor,
                "coding_rate": "4/5",
            }
        }
    return {
        "session_key_id": _session_key(frame.dev_addr),
        "f_port": frame.port,
        "f_cnt": frame.counter,
        "frm_payload": to_base64(frame.payload),
        "rx_metadata": [
            {
                "gateway_ids": {"gateway_id": "ridge-gateway", "eui": GATEWAY_EUI.upper()},
                "time": at,
                "timestamp": event.event_id.int & 0xFFFFFFFF,
                "rssi": event.rssi_dbm,
                "channel_rssi": event.rssi_dbm,
                "snr": event.snr_db,
                "uplink_token": to_base64(event.event_id.bytes),
                "received_at": at,
            }
        ],
        "settings": {
            "data_rate": rate,
            "frequency": str(frame.frequency_hz),
            "timestamp": event.event_id.int & 0xFFFFFFFF,
            "time": at,
        },
        "received_at": at,
        "confirmed": frame.confirmed,
        "consumed_airtime": f"{frame.airtime_s:.6f}s",
        "network_ids": {"net_id": "000013", "tenant_id": "ttn", "cluster_id": "eu1"},
    }


def _without_empty(value: Any) -> Any:
    """``value`` without what protocol buffers call default: zero, false, empty, nothing."""
    if isinstance(value, dict):
        kept = {key: _without_empty(each) for key, each in value.items()}
        return {key: each for key, each in kept.items() if each not in (None, 0, False, "", {}, [])}
    if isinstance(value, list):
        return [_without_empty(each) for each in value]
    return value


def _session_key(dev_addr: bytes) -> str:
    return to_base64(b"session/" + dev_addr)
