"""What a stamped station will do, in two lines: what it sees with, and to whom it tells it."""

from __future__ import annotations

from pathlib import Path

from edge.config import StationConfig, parse_config
from edge.config_capture import Capture
from edge.config_uplink import Uplink
from tools.flashing.order import Handover
from tools.handover import CONFIG, parse_text, parse_toml


def told_of(handover: Handover) -> list[str]:
    """The lines, for whoever holds the card now: a camera or a broker that was forgotten is seen
    here, or on the ridge."""
    values = parse_toml(parse_text(handover.files[CONFIG], CONFIG), CONFIG)
    config: StationConfig = parse_config(values, base=Path("/etc/irbis"), origin=CONFIG)
    return [f"  camera: {_eyes(config.capture)}", f"  news: {_voice(config.uplink)}"]


def _eyes(capture: Capture) -> str:
    if capture.camera == "folder":
        return f"no lens of its own; it takes what another camera lays into {capture.path}"
    called = [str(getattr(one, "line", None) or one.kind) for one in capture.triggers]
    return f"{capture.camera}, set off by {', '.join(called)}"


def _voice(uplink: Uplink) -> str:
    links = [f"LoRaWAN by {uplink.lorawan.modem}"] if uplink.lorawan else []
    links += [f"satellite by {uplink.satellite.modem}"] if uplink.satellite else []
    broker = uplink.broker
    if broker is not None:
        links.insert(0, f"{broker}, in cellular sessions" if uplink.cellular else broker)
    return ", ".join(links) or "it tells nobody: no broker (--broker URL) and no modem is named"
