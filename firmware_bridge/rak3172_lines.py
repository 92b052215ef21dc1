"""What a RAK3172 says: the unsolicited lines of RUI3, taken apart.

Source: RUI3 AT command manual and the RUI3 5.0.0 sources (service_lora.c, atcmd.c).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from firmware_bridge.modem import Downlink

ERRORS = {
    "AT_ERROR": "it gives no reason",
    "AT_PARAM_ERROR": "it does not take the value",
    "AT_BUSY_ERROR": "it is busy with something else",
    "AT_TEST_PARAM_OVERFLOW": "the value is too long",
    "AT_NO_CLASSB_ENABLE": "class B is not on",
    "AT_NO_NETWORK_JOINED": "it has joined no network",
    "AT_RX_ERROR": "the command arrived damaged",
    "AT_MODE_NO_SUPPORT": "not in this work mode: it must be LoRaWAN (AT+NWM=1)",
    "AT_COMMAND_NOT_FOUND": "it does not know the command",
    "AT_UNSUPPORTED_BAND": "its firmware or hardware has no such band",
}

_RESTRICTED = re.compile(r"Restricted_Wait_(\d{1,10})_ms")
_RECEIVED = re.compile(
    r"\+EVT:RX_(?:1|2|B|C):(-?\d{1,4}):(-?\d{1,4}):(?:UNICAST|MULTICAST):(\d{1,3}):((?:[0-9a-fA-F]{2})*)"
)
_JOIN_FAILED = re.compile(r"\+EVT:JOIN_FAILED_(\w+)")
_SEND_FAILED = re.compile(r"\+EVT:SEND_CONFIRMED_FAILED\((\d+)\)")
_EVENT = "+EVT:"
# Printed once after a start, in each work mode.
_BANNER = "Current Work Mode:"


@dataclass(frozen=True, slots=True)
class Joined:
    """The network let the modem in."""


@dataclass(frozen=True, slots=True)
class JoinRefused:
    """It did not; ``reason`` is RX_TIMEOUT, TX_TIMEOUT or a number of the stack."""

    reason: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A transmission with its windows is over. ``confirmed`` is None where nobody asked."""

    confirmed: bool | None


@dataclass(frozen=True, slots=True)
class Restricted:
    """The duty cycle forbids what was asked, for ``wait_s``; AT_BUSY_ERROR follows."""

    wait_s: float


@dataclass(frozen=True, slots=True)
class Started:
    """The modem has just started: whatever it was doing is lost."""


Event = Joined | JoinRefused | Sent | Restricted | Started | Downlink


def parse_event(line: str) -> Event | None:
    """The event in ``line``; None where it is none that this driver uses."""
    if _BANNER in line:
        return Started()
    # Noise has no line end of its own, and may stand before the event.
    line = line[max(line.rfind(_EVENT), 0) :]
    if line == "+EVT:JOINED":
        return Joined()
    if line == "+EVT:TX_DONE":
        return Sent(None)
    if line == "+EVT:SEND_CONFIRMED_OK":
        return Sent(True)
    if _SEND_FAILED.fullmatch(line):
        return Sent(False)
    if found := _RESTRICTED.fullmatch(line):
        return Restricted(int(found[1]) / 1000)
    if found := _JOIN_FAILED.fullmatch(line):
        return JoinRefused(found[1])
    return _downlink(line)


def _downlink(line: str) -> Downlink | None:
    found = _RECEIVED.fullmatch(line)
    if found is None or not 1 <= int(found[3]) <= 255:
        return None
    return Downlink(bytes.fromhex(found[4]), int(found[3]), float(found[1]), float(found[2]))
