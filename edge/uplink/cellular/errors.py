"""What can go wrong on the cellular way. Each message says what to do."""

from __future__ import annotations

from enum import StrEnum

from edge.errors import IrbisError
from edge.uplink.errors import LinkError


class UploadCut(IrbisError, ConnectionError):
    """An upload stopped on the way; what the server has, it keeps, and the rest follows later."""


class UploadRefused(LinkError):
    """The server understood, and will not take this upload as it is."""


class DataSpent(IrbisError, BlockingIOError):
    """The data budget leaves no room for what was to be sent; it stays queued."""


class SessionSpent(DataSpent):
    """The session has used what one session may use; the budget itself has more."""


class BearerFault(StrEnum):
    """Why there is no data connection, for a program."""

    NO_SERVICE = "no-service"
    NO_MODEM = "no-modem"
    NO_SIM = "no-sim"
    SIM_LOCKED = "sim-locked"
    SIM_REFUSED = "sim-refused"
    FAILED = "failed"
    NO_NETWORK = "no-network"
    DENIED = "denied"
    NOT_CONNECTED = "not-connected"
    LOST = "lost"


class BearerError(LinkError):
    """There is no data connection; ``fault`` says why, the message the way out.

    ``lasting`` tells that no repetition mends it: a person has to change something.
    """

    def __init__(self, fault: BearerFault, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.fault = fault
        self.lasting = lasting
