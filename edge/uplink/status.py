"""Where a lasting connection to a broker stands, and why it backs off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """CONNECTING -> LISTENING -> BACKING_OFF -> CONNECTING ... -> STOPPED."""

    CONNECTING = "connecting"
    LISTENING = "listening"
    BACKING_OFF = "backing off"
    STOPPED = "stopped"


class Setback(StrEnum):
    """Why it backs off, for a person."""

    ABSENT = "no broker answers"
    LOST = "the connection was lost"
    REFUSED = "the broker refuses us"
    TAKEN_OVER = "another client with our name took over"
    INSECURE = "no trusted TLS with the broker"
    SETTINGS = "the credentials cannot be read"
    UNKEPT = "a message could not be stored"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The state, and while backing off why and what to do."""

    state: LinkState
    setback: Setback | None = None
    detail: str = ""
