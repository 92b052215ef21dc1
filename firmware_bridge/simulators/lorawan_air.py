"""What a LoRaWAN end device and its network say to each other, as far as they can be told apart.

Frames are records, not encrypted bytes: keys are compared, counters checked, sizes and times real.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

FRAME_OVERHEAD_BYTES = 13
"""MHDR 1, DevAddr 4, FCtrl 1, FCnt 2, FPort 1, MIC 4."""

NEEDED_SNR_DB = {0: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}
"""What a gateway needs to demodulate a spreading factor (SX1301 datasheet); 0 is FSK."""


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """An end device asks to be let in."""

    dev_eui: bytes
    join_eui: bytes
    app_key: bytes = field(repr=False)
    data_rate: int
    spreading_factor: int
    frequency_hz: int


@dataclass(frozen=True, slots=True)
class JoinAccept:
    """It is. NetID has 3 bytes, DevAddr 4."""

    net_id: bytes
    dev_addr: bytes


@dataclass(frozen=True, slots=True)
class UplinkFrame:
    """One transmission. ``port`` is None for an empty frame; ``counter`` the same in repeats."""

    dev_addr: bytes
    counter: int
    port: int | None
    payload: bytes
    confirmed: bool
    acknowledges: bool
    adr: bool
    adr_ack_request: bool
    data_rate: int
    spreading_factor: int
    bandwidth_hz: int
    frequency_hz: int
    airtime_s: float


@dataclass(frozen=True, slots=True)
class DownlinkFrame:
    """What the network answers in a receive window, 1 or 2."""

    counter: int
    port: int | None
    payload: bytes
    confirmed: bool
    acknowledges: bool
    pending: bool
    data_rate: int | None
    """The data rate that the network orders from now on (LinkADRReq)."""
    rssi_dbm: int
    snr_db: float
    window: int


class Network(Protocol):
    """The other side of the air. May be called from several threads."""

    def join(self, request: JoinRequest) -> JoinAccept | None:
        """Whether ``request`` was heard and granted, and the answer heard."""

    def uplink(self, frame: UplinkFrame) -> DownlinkFrame | None:
        """The answer to ``frame`` that the device hears, if any."""
