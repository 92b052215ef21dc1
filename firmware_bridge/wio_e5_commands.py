"""Commands to a Wio-E5 and what it answers: no OK ends an answer, each has its own last line."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from firmware_bridge.at_commands import BUSY_S, LONGEST_WAIT_S, TRIES, AtCommands
from firmware_bridge.errors import BridgeError, MustWait, NoReply, NotJoined, Refused, TooLong
from firmware_bridge.port import Port
from firmware_bridge.wio_e5_lines import ERRORS, GARBLED, Line, parse_line

REPLY_S = 3.0


class WioE5Commands(AtCommands):
    """The AT commands of one module. For one thread."""

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("Wio-E5", port, clock)

    def hello(self) -> None:
        """See AtCommands."""
        self.do("AT", "AT", lambda line: line.text == "OK")

    def ask(self, command: str, wanted: Callable[[Line], bool]) -> Line:
        """The first answer that is ``wanted``. A question does no harm twice."""
        name = command.removeprefix("AT+").split("=")[0]
        for _ in range(TRIES - 1):
            try:
                return self.do(command, name, wanted)
            except NoReply:
                continue
            except Refused as error:
                if error.code not in GARBLED:
                    raise
        return self.do(command, name, wanted)

    def do(
        self,
        command: str,
        name: str,
        last: Callable[[Line], bool],
        timeout_s: float = REPLY_S,
        shown: str | None = None,
    ) -> Line:
        """Send ``command``; the first answer of ``name`` that is ``last``.

        ``shown`` stands in errors for a command that holds a key. Raises NoReply, NotJoined,
        MustWait, TooLong, Refused.
        """
        shown = shown or command
        self.send(command)
        deadline_s = self.deadline(timeout_s)
        while (line := self.next(deadline_s)) is not None:
            if line.command not in (name, "AT"):
                continue
            refused = refusal(shown, line)
            if refused is not None:
                raise refused
            if line.command == name and last(line):
                return line
        raise NoReply(f"Wio-E5: no answer to {shown} in {timeout_s:.0f} s")

    def send(self, command: str) -> None:
        """Write ``command``, and wait for nothing."""
        self._line.send(command)

    def deadline(self, timeout_s: float) -> float:
        """When ``timeout_s`` from now is over, for ``next``."""
        return self._line.deadline(timeout_s)

    def next(self, deadline_s: float) -> Line | None:
        """The next answer, of any command; None when the time is over."""
        while (text := self._line.next(deadline_s)) is not None:
            line = self.take_in(text)
            if line is not None:
                return line
        return None

    def take_in(self, text: str) -> Line | None:
        """See AtCommands."""
        line = parse_line(text)
        if line is None:
            return None
        if line.received is not None:
            self._downlinks.append(line.received)
        elif line.strength is not None and self._downlinks:
            # It belongs to the line before; without a downlink there it was the acknowledgement's.
            last = self._downlinks[-1]
            if last.rssi_dbm is None:
                rssi_dbm, snr_db = line.strength
                self._downlinks[-1] = replace(last, rssi_dbm=rssi_dbm, snr_db=snr_db)
        return line


def refusal(shown: str, line: Line) -> BridgeError | None:
    """The error that ``line`` is, as an answer to ``shown``; None where it is none."""
    said = f"Wio-E5: {shown} refused: {line.text}"
    if line.error is not None:
        return Refused(f"{said} ({ERRORS.get(line.error, 'not documented')})", line.error)
    if line.text == "Please join network first":
        return NotJoined(said, line.text)
    if line.no_band_s is not None:
        return MustWait(said, min(line.no_band_s, LONGEST_WAIT_S), "No band")
    if line.length_error is not None:
        return TooLong(said, line.length_error)
    if line.text in ("No free channel", "LoRaWAN modem is busy"):
        return MustWait(said, BUSY_S, line.text)
    if line.text in ("DR error", "Not in OTAA mode"):
        return Refused(said, line.text)
    return None
