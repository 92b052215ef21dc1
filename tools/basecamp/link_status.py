"""The states of a link to a broker, and why it backs off."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LinkState(StrEnum):
    """Where the link is. STOPPED -> CONNECTING -> LISTENING -> BACKING_OFF -> CONNECTING ..."""

    STOPPED = "stopped"
    CONNECTING = "connecting"
    LISTENING = "listening"
    BACKING_OFF = "backing off"


class Setback(StrEnum):
    """Why the link backs off, with the longest pause in seconds before it tries again."""

    pause_max_s: float

    def __new__(cls, value: str, pause_max_s: float) -> Setback:
        member = str.__new__(cls, value)
        member._value_ = value
        member.pause_max_s = pause_max_s
        return member

    # The network or the broker is away: it may be back at any moment.
    ABSENT = "no broker answers", 30.0
    LOST = "the connection was lost", 30.0
    # A person must mend these; asking often would only fill the broker's log.
    REFUSED = "the broker refuses us", 60.0
    INSECURE = "no trusted TLS with the broker", 60.0
    SETTINGS = "the credentials cannot be read", 60.0
    # Ours to mend, for example a full disk; the broker keeps the messages meanwhile.
    UNKEPT = "a message could not be stored", 30.0


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """The link's state, and while backing off why and what to do."""

    state: LinkState
    setback: Setback | None = None
    detail: str = ""
