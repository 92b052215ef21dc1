"""What the numbers of an Iridium 9602 or 9603 mean, and what follows from each.

Source: Iridium's AT command reference for these transceivers, +SBDIX, +SBDWB and +SBDSX.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Outcome(Enum):
    """What to do after a session."""

    DELIVERED = "delivered"
    """The gateway has the message, if there was one."""
    RETRY = "retry"
    """It failed, perhaps only its confirmation: try again after the usual back-off."""
    WAIT = "wait"
    """Not now: the code itself says for how long."""
    REFUSED = "refused"
    """Trying again changes nothing; a person must."""


@dataclass(frozen=True, slots=True)
class MoStatus:
    """The first number of +SBDIX. ``wait_s`` is the least wait that it asks for."""

    code: int
    meaning: str
    outcome: Outcome
    wait_s: float = 0.0


# A gateway's queue empties, and a disabled service returns, in minutes at best.
_MINUTES_S = 300.0
# The reference names three minutes between two registrations.
_REGISTRATION_S = 180.0

_TABLE = {
    status.code: status
    for status in (
        MoStatus(0, "delivered", Outcome.DELIVERED),
        MoStatus(1, "delivered; the waiting downlink is too long", Outcome.DELIVERED),
        MoStatus(2, "delivered; the location update was not accepted", Outcome.DELIVERED),
        MoStatus(10, "the gateway ran out of time for the call", Outcome.RETRY),
        MoStatus(11, "the gateway's queue is full", Outcome.WAIT, _MINUTES_S),
        MoStatus(12, "too many segments for the gateway", Outcome.REFUSED),
        MoStatus(13, "the gateway did not see the session's end", Outcome.RETRY),
        MoStatus(14, "a segment of a size that the gateway refuses", Outcome.REFUSED),
        MoStatus(15, "access denied: is this modem activated with its provider?", Outcome.REFUSED),
        MoStatus(16, "the modem is locked: unlock it with AT+CULK", Outcome.REFUSED),
        MoStatus(17, "the gateway did not answer", Outcome.RETRY),
        MoStatus(18, "the connection was lost", Outcome.RETRY),
        MoStatus(19, "a protocol error ended the call", Outcome.RETRY),
        MoStatus(32, "no network service", Outcome.RETRY),
        MoStatus(33, "antenna fault: look at the antenna and its cable", Outcome.REFUSED),
        MoStatus(34, "the radio is switched off: AT*R1 switches it on", Outcome.REFUSED),
        MoStatus(35, "the modem is busy, most often with registering", Outcome.RETRY),
        MoStatus(36, "too soon after the last registration", Outcome.WAIT, _REGISTRATION_S),
        MoStatus(37, "the SBD service is disabled for a while", Outcome.WAIT, _MINUTES_S),
        MoStatus(38, "the network limits its traffic", Outcome.WAIT),
        MoStatus(64, "band violation", Outcome.REFUSED),
        MoStatus(65, "the radio's PLL does not lock: the hardware has failed", Outcome.REFUSED),
    )
}

DOCUMENTED = tuple(_TABLE.values())


def mo_status(code: int) -> MoStatus:
    """What ``code`` means; 3 and 4 are reserved successes, every other unknown one a failure."""
    known = _TABLE.get(code)
    if known is not None:
        return known
    if code in (3, 4):
        return MoStatus(code, "delivered, with a reserved code", Outcome.DELIVERED)
    return MoStatus(code, "failed, with a reserved code", Outcome.RETRY)


class MtStatus(Enum):
    """The third number of +SBDIX."""

    NONE = 0
    RECEIVED = 1
    ERROR = 2


class WriteStatus(Enum):
    """What +SBDWB answers once it has the message."""

    WRITTEN = 0
    TIMED_OUT = 1
    BAD_CHECKSUM = 2
    BAD_SIZE = 3
