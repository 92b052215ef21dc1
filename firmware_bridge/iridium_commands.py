"""What an Iridium 9602 or 9603 can be asked without its radio, insisted on over a noisy line.

Only the session itself is tried once: what it did must be found out before another is begun.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from firmware_bridge.errors import FrameError, NoReply, Refused
from firmware_bridge.iridium_codes import WriteStatus
from firmware_bridge.iridium_frames import (
    Buffers,
    Session,
    parse_bars,
    parse_buffers,
    parse_session,
    parse_system_time,
    parse_traffic_wait_s,
)
from firmware_bridge.iridium_line import SbdLine

_TRIES = 3
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class SbdTiming:
    """How long the driver waits, in seconds."""

    reply_s: float = 5.0
    """For what needs no radio."""
    session_s: float = 120.0
    """For a session: seconds with a clear sky, up to a minute of attempts without."""
    awake_s: float = 30.0
    """For a modem that fell silent to come back: a brown-out and its start."""
    step_s: float = 2.0
    """Between two calls to a silent modem."""


class SbdCommands:
    """The commands of one modem. Each raises NoReply, Refused and LinkLost. For one thread."""

    def __init__(self, line: SbdLine, timing: SbdTiming) -> None:
        self._line = line
        self._timing = timing

    def configure(self) -> None:
        """Wait for the modem, and tell it what one that just started does not know."""
        self._line.resync(self._timing.awake_s, self._timing.step_s)
        # E0: no echo. &K0: three wires carry no RTS and CTS. SBDMTA: ring alerts as lines.
        # CIER: changes of signal and service as lines. *R1: the radio, which park() switches off.
        for text in ("E0", "&K0", "+SBDMTA=1", "+CIER=1,1,1", "*R1"):
            self._ask(text, "", lambda _: None)

    def park(self) -> None:
        """Switch the radio off and write to flash what waits for it, such as the MOMSN."""
        self._line.command("*F", self._timing.reply_s)

    def buffers(self) -> Buffers:
        """What lies in the buffers, and the number of the next session."""
        return self._ask("+SBDSX", "+SBDSX", parse_buffers)

    def bars(self) -> int:
        """The signal as last measured, 0 to 5, at once."""
        return self._ask("+CSQF", "+CSQ", parse_bars)

    def system_time(self, epoch: datetime) -> datetime | None:
        """The network's time, None without service."""
        return self._ask("-MSSTM", "-MSSTM", lambda line: parse_system_time(line, epoch))

    def traffic_wait_s(self) -> float:
        """How long the network wants no session; 0 where the modem does not know."""
        with contextlib.suppress(NoReply, Refused):
            return self._ask("+SBDLOE", "+SBDLOE", parse_traffic_wait_s)
        return 0.0

    def write(self, message: bytes) -> None:
        """Put ``message`` into the MO buffer."""

        def attempt() -> None:
            status = self._line.write_message(message, self._timing.reply_s)
            if status is WriteStatus.BAD_SIZE:
                raise Refused(f"the modem takes no message of {len(message)} bytes", "3")
            if status is not WriteStatus.WRITTEN:
                raise FrameError(f"the message did not reach the modem whole ({status.name})")

        self._insist(attempt)

    def read(self) -> bytes:
        """The message in the MT buffer; it stays there."""
        return self._insist(lambda: self._line.read_message(self._timing.reply_s))

    def clear_mo(self) -> None:
        """Empty the MO buffer."""
        self._clear("+SBDD0")

    def clear_mt(self) -> None:
        """Empty the MT buffer."""
        self._clear("+SBDD1")

    def session(self, answers_ring: bool) -> Session:
        """Talk to the gateway, once. Raises FrameError too: then only the MOMSN tells."""
        text = "+SBDIXA" if answers_ring else "+SBDIX"
        return parse_session(self._line.command(text, self._timing.session_s, "+SBDIX"))

    def _clear(self, text: str) -> None:
        if self._insist(lambda: self._line.digit(text, self._timing.reply_s)) != 0:
            raise Refused(f"the modem could not empty its buffer (AT{text})", "1")

    def _ask(self, text: str, answer: str, parse: Callable[[str], _T]) -> _T:
        return self._insist(lambda: parse(self._line.command(text, self._timing.reply_s, answer)))

    def _insist(self, attempt: Callable[[], _T]) -> _T:
        for _ in range(_TRIES - 1):
            try:
                return attempt()
            except (NoReply, FrameError):
                self._line.resync(self._timing.awake_s, self._timing.step_s)
        try:
            return attempt()
        except FrameError as error:
            raise NoReply(f"the modem's answer was garbled {_TRIES} times ({error})") from error
