"""The modem that the configuration names, on its port."""

from __future__ import annotations

import threading

from edge.config import Lorawan
from edge.errors import ConfigError
from firmware_bridge.join_backoff import JoinBackoff, Memory
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.modem import Modem
from firmware_bridge.port import Port


def open_modem(config: Lorawan, memory: Memory, stopping: threading.Event) -> Modem:
    """The modem on its port. ``memory`` keeps the pauses between joins over reboots; once
    ``stopping`` is set, nothing is waited for any more.

    Raises ConfigError, UnknownRegion, LinkLost.
    """
    from firmware_bridge.lorawan_regions import region
    from firmware_bridge.rak3172 import BAUD as RAK_BAUD
    from firmware_bridge.rak3172 import Rak3172
    from firmware_bridge.wio_e5 import BAUD as WIO_BAUD
    from firmware_bridge.wio_e5 import WioE5

    identity = _identity(config)
    place = region(config.region.removesuffix("-dwell"))
    backoff = JoinBackoff(memory)
    if config.modem == "rak3172":
        return Rak3172(_port(config, RAK_BAUD, stopping), identity, place, backoff)
    return WioE5(_port(config, WIO_BAUD, stopping), identity, place, backoff)


def _identity(config: Lorawan) -> Identity:
    try:
        key = config.app_key_file.read_text(encoding="ascii").strip()
        return Identity.from_hex(config.dev_eui, config.join_eui, key)
    except (OSError, ValueError) as error:
        # Never the key itself, which an error of its parser would quote.
        raise ConfigError(
            f"[uplink.lorawan] app_key_file: {config.app_key_file} holds no key of 32 hexadecimal"
            f" digits ({type(error).__name__})"
        ) from None


def _port(config: Lorawan, baud: int, stopping: threading.Event) -> Port:
    from firmware_bridge.port import SerialPort
    from firmware_bridge.stopping import StoppablePort

    return StoppablePort(SerialPort(str(config.port), baud), stopping)
