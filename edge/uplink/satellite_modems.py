"""The satellite or Notecard modem that the configuration names, and the terms it is used on."""

from __future__ import annotations

import threading

from edge.config_uplink import Satellite
from edge.uplink.satellite import SatelliteTerms
from firmware_bridge.modem import Modem
from firmware_bridge.port import Port


def open_satellite(config: Satellite, stopping: threading.Event) -> Modem:
    """The modem on its port. Once ``stopping`` is set, nothing is waited for any more. Raises
    LinkLost."""
    if config.modem == "notecard":
        from firmware_bridge.notecard import BAUD as NOTECARD_BAUD
        from firmware_bridge.notecard import Notecard, NotecardSettings

        assert config.product is not None  # the configuration was validated
        port = _port(config, NOTECARD_BAUD, stopping)
        return Notecard(port, NotecardSettings(config.product))
    from firmware_bridge.iridium_sbd import BAUD as IRIDIUM_BAUD
    from firmware_bridge.iridium_sbd import IridiumSbd

    return IridiumSbd(_port(config, IRIDIUM_BAUD, stopping))


def _port(config: Satellite, baud: int, stopping: threading.Event) -> Port:
    from firmware_bridge.port import SerialPort
    from firmware_bridge.stopping import StoppablePort

    return StoppablePort(SerialPort(str(config.port), baud), stopping)


def satellite_terms(config: Satellite) -> SatelliteTerms:
    """What the configuration says of messages; none is longer than the modem takes."""
    from firmware_bridge.notecard import MOST_PAYLOAD_BYTES

    is_notecard = config.modem == "notecard"
    return SatelliteTerms(
        config.hold_s,
        config.pause_s,
        min(config.most_bytes, MOST_PAYLOAD_BYTES) if is_notecard else config.most_bytes,
        config.day_messages,
        config.heartbeat_s,
        "notecard" if is_notecard else "satellite",
    )
