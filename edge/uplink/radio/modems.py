"""The modem that the configuration names, on its port."""

from __future__ import annotations

import threading

from edge.config import Lorawan
from edge.errors import ConfigError
from edge.uplink.radio.budget import AirBudget
from firmware_bridge.join_backoff import JoinBackoff, Memory
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.modem import Modem
from firmware_bridge.port import Port


class ChargedJoins(JoinBackoff):
    """The pauses between joins, where a request to join is airtime like any other frame."""

    def __init__(self, memory: Memory, budget: AirBudget, airtime_s: float) -> None:
        super().__init__(memory)
        self._budget, self._airtime_s = budget, airtime_s

    def wait_s(self) -> float:
        """See JoinBackoff; and until the region's airtime leaves room for one."""
        return max(super().wait_s(), self._budget.join_wait_s(self._airtime_s))

    def attempt(self, airtime_s: float) -> None:
        """See JoinBackoff."""
        super().attempt(airtime_s)
        self._budget.joins(airtime_s)

    def unsent(self) -> None:
        """See JoinBackoff."""
        self._budget.give_back()


def open_modem(
    config: Lorawan, memory: Memory, stopping: threading.Event, budget: AirBudget
) -> Modem:
    """The modem on its port. ``memory`` keeps the pauses between joins over reboots, and
    ``budget`` is charged for them; once ``stopping`` is set, nothing is waited for any more.

    Raises ConfigError, UnknownRegion, LinkLost.
    """
    from firmware_bridge.lorawan_regions import region
    from firmware_bridge.rak3172 import BAUD as RAK_BAUD
    from firmware_bridge.rak3172 import Rak3172
    from firmware_bridge.wio_e5 import BAUD as WIO_BAUD
    from firmware_bridge.wio_e5 import WioE5

    identity = identity_of(config)
    place = region(config.region.removesuffix("-dwell"))
    backoff = ChargedJoins(memory, budget, place.join_airtime_s())
    if config.modem == "rak3172":
        return Rak3172(_port(config, RAK_BAUD, stopping), identity, place, backoff)
    return WioE5(_port(config, WIO_BAUD, stopping), identity, place, backoff)


def identity_of(config: Lorawan) -> Identity:
    """Who the modem is to its network, with the key from its file. Raises ConfigError."""
    file = f"[uplink.lorawan] app_key_file: {config.app_key_file}"
    try:
        key = config.app_key_file.read_text(encoding="ascii").strip()
        return Identity.from_hex(config.dev_eui, config.join_eui, key)
    except OSError as error:
        why = f"{file}: cannot be read: {error.strerror}"
    except ValueError:
        # Never the key itself, which an error of its parser would quote.
        why = f"{file} holds no key of 32 hexadecimal digits"
    raise ConfigError(
        f"{why}; put the AppKey there that the network server has for this device, alone in the"
        " file"
    )


def _port(config: Lorawan, baud: int, stopping: threading.Event) -> Port:
    from firmware_bridge.port import SerialPort
    from firmware_bridge.stopping import StoppablePort

    return StoppablePort(SerialPort(str(config.port), baud), stopping)
