"""What every radio modem does, whatever its network: small payloads up, smaller ones down.

All of them answer only after they spoke (LoRaWAN class A, a mailbox check of Iridium, a sync of a
Notecard), so there is one verb for both directions: ``exchange``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol


class Delivery(Enum):
    """What became of an uplink, as far as the modem can know."""

    SENT = "sent"
    """On the air; nobody was asked to confirm it."""
    CONFIRMED = "confirmed"
    """The network has it. That is not yet its recipient."""
    UNCONFIRMED = "unconfirmed"
    """Confirmation was asked for and did not come: it may have arrived, or not."""
    NOTHING = "nothing"
    """There was no uplink, only a look for downlinks."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """A payload for the network. ``port`` is LoRaWAN's FPort, 1 to 223, and ignored elsewhere."""

    payload: bytes = field(repr=False)
    port: int = 1
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Downlink:
    """A payload from the network."""

    payload: bytes
    port: int = 1
    rssi_dbm: float | None = None
    snr_db: float | None = None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the modem can take now.

    ``payload_bytes`` is the longest payload, 0 while nothing can be sent; ``wait_s`` how long that
    will stay so; ``data_rate`` the network's index of it, where there is one.
    """

    payload_bytes: int
    wait_s: float = 0.0
    data_rate: int | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one exchange brought."""

    delivery: Delivery
    downlinks: tuple[Downlink, ...] = ()


class Modem(Protocol):
    """A radio modem on its port. For one thread. What goes wrong is a BridgeError."""

    def connect(self) -> None:
        """Make the modem ready; keeps a session that it still has, joins where there is none.

        Raises LinkLost, NoReply, Refused, JoinFailed.
        """

    def capacity(self) -> Capacity:
        """What can be sent now. Raises LinkLost, NoReply, NotJoined."""

    def exchange(self, uplink: Uplink | None) -> Exchange:
        """Send ``uplink``, or only look for downlinks; returns when the modem is done with it.

        Raises TooLong before the modem sees a payload that it cannot carry, MustWait, NotJoined,
        NoReply (the uplink may be on the air), LinkLost. Where ``unsent`` of an error is true,
        nothing was on the air. Over LoRaWAN one exchange is one frame, but for the repeats that a
        network orders: a MustWait of 0 s means that another frame had to go first.
        """

    def close(self) -> None:
        """Let the modem sleep and release its port."""
