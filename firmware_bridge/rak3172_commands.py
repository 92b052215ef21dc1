"""Commands to a RAK3172 and what it answers: one at a time, with its unsolicited lines between."""

from __future__ import annotations

import time
from collections.abc import Callable

from firmware_bridge.at_commands import BUSY_S, LONGEST_WAIT_S, AtCommands
from firmware_bridge.errors import MustWait, NoReply, NotJoined, Refused
from firmware_bridge.modem import Downlink
from firmware_bridge.port import Port
from firmware_bridge.rak3172_lines import ERRORS, Event, Restricted, Started, parse_event

_REPLY_S = 2.0
# A question is answered at once. Where noise took the answer, asking again soon costs nothing; the
# last time is for a module that is busy.
_SOON_S = 0.4
_PATIENCE_S = (_SOON_S, _SOON_S, _SOON_S, 1.0)
_OUT_OF_STEP_S = 0.4
# A change of the work mode restarts the module.
_START_S = 5.0
_MOST_ANSWER_LINES = 8


class NoAnswer(NoReply):
    """Neither OK nor a refusal; ``events`` came instead."""

    def __init__(self, message: str, events: list[Event]) -> None:
        super().__init__(message)
        self.events = events


class Restarted(NoReply):
    """The modem started anew: a dip of its supply, or its watchdog. What it did is lost."""


class RakCommands(AtCommands):
    """The AT commands of one module. For one thread."""

    wakings = 7  # short ones: as long as a module takes to start, but noise passes sooner

    def __init__(self, port: Port, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("RAK3172", port, clock)
        self.restarted = False
        """The module has started since ``hello``: it keeps its settings, not its session."""

    def hello(self) -> None:
        """See AtCommands."""
        self.do("AT", reply_s=_SOON_S)
        self.restarted = False

    def restart(self, command: str) -> None:
        """A command after which the module restarts, with or without an answer before it."""
        self._line.send(command)
        deadline_s = self._line.deadline(_START_S)
        while (line := self._line.next(deadline_s)) is not None:
            if line in ERRORS:
                raise Refused(f"RAK3172: {command} refused: {ERRORS[line]}", line)
            if isinstance(self.take_in(line), Started):
                break
        self.wake()

    def ask(self, name: str) -> str:
        """The value of a setting. A question does no harm twice, so it is asked again."""
        command, answer = f"AT+{name}=?", f"AT+{name}="
        for repeated, reply_s in enumerate(_PATIENCE_S):
            try:
                lines = self.do(command, reply_s=reply_s)
            except (NoAnswer, Refused) as error:
                # A lost reply; or noise on the way there, which reads as another command.
                garbled = isinstance(error, NoAnswer) or error.code == "AT_COMMAND_NOT_FOUND"
                if repeated == len(_PATIENCE_S) - 1 or not garbled:
                    raise
                continue
            # Noise has no line end of its own, and may stand before the answer.
            values = [line.rpartition(answer)[2] for line in lines if answer in line]
            values = [value for value in values if value != "?"]  # the echo
            if values:
                if repeated:
                    # An OK that comes late would pass for that of the next command.
                    self.linger(_OUT_OF_STEP_S)
                return values[-1]
            # That was the OK of an earlier command, which came too late: let the rest pass.
            self.linger(_OUT_OF_STEP_S)
        raise NoReply(f"RAK3172: no value in the answers to {command}")

    def do(self, command: str, shown: str | None = None, reply_s: float = _REPLY_S) -> list[str]:
        """The lines before OK. ``shown`` stands in errors for a command that holds a key.

        Raises NoAnswer, Restarted, MustWait, NotJoined, Refused.
        """
        shown = shown or command
        self._line.send(command)
        deadline_s = self._line.deadline(reply_s)
        lines: list[str] = []
        events: list[Event] = []
        while (line := self._line.next(deadline_s)) is not None:
            if line == "OK":
                return lines
            if line in ERRORS:
                raise _refusal(shown, line, events)
            event = self.take_in(line)
            if isinstance(event, Started):
                raise Restarted(f"RAK3172: it restarted during {shown}")
            if event is not None:
                events.append(event)
            elif len(lines) < _MOST_ANSWER_LINES:
                lines.append(line)
        raise NoAnswer(f"RAK3172: no answer to {shown} in {reply_s:g} s", events[-8:])

    def await_event(self, kinds: tuple[type[Event], ...], timeout_s: float, what: str) -> Event:
        """The next event of one of ``kinds``. Raises NoReply, Restarted."""
        deadline_s = self._line.deadline(timeout_s)
        while (line := self._line.next(deadline_s)) is not None:
            event = self.take_in(line)
            if isinstance(event, kinds):
                return event
            if isinstance(event, Started):
                raise Restarted(f"RAK3172: it restarted during {what}")
        raise NoReply(f"RAK3172: no word of the end of {what} in {timeout_s:.0f} s")

    def take_in(self, text: str) -> Event | None:
        """See AtCommands."""
        event = parse_event(text)
        if isinstance(event, Downlink):
            self._downlinks.append(event)
        if isinstance(event, Started):
            self.restarted = True
        return event


def _refusal(command: str, code: str, events: list[Event]) -> Refused:
    text = f"RAK3172: {command} refused: {ERRORS[code]}"
    if code == "AT_NO_NETWORK_JOINED":
        return NotJoined(text, code)
    if code == "AT_BUSY_ERROR":
        waits = [event.wait_s for event in events if isinstance(event, Restricted)]
        if not waits:
            return MustWait(text, BUSY_S, code)
        wait_s = min(waits[-1], LONGEST_WAIT_S)
        text = f"RAK3172: {command} refused: its duty cycle is used up for {wait_s:.0f} s"
        return MustWait(text, wait_s, "Restricted_Wait")
    return Refused(text, code)
