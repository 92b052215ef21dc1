"""How often a safe mode calls basecamp, and that it never waits for a call."""

from __future__ import annotations

import time
from dataclasses import replace

from edge.calling import FIRST_S, TRIES, CallingStage
from edge.safe_call import CALL_S, Message, acknowledged
from edge.security.keys import BasecampKey
from tests.kit.station import Notes

NOBODY = Message(
    station="ridge-1",
    basecamp=str(BasecampKey.generate().token),
    broker="mqtt://127.0.0.1:1",
    username=None,
    password_file=None,
    ca_file=None,
    dates_hold=False,
    item_id="00" * 16,
    sealed="00",
)


class Calls:
    """A stage in a time that passes as it is told to, and how often it had something to say."""

    def __init__(self) -> None:
        self.now_s, self.count, self.notes = 0.0, 0, Notes()
        self.stage = CallingStage(self.message, self.notes, lambda: self.now_s)

    def message(self) -> Message:
        self.count += 1
        return NOBODY

    def passes(self, seconds: float) -> None:
        self.now_s += seconds
        self.stage.step()


def test_what_catches_comes_first() -> None:
    calls = Calls()
    calls.passes(FIRST_S - 1)
    assert calls.count == 0
    calls.passes(1)
    assert calls.count == 1
    calls.stage.close()


def test_a_call_that_hangs_is_ended_and_there_are_few_of_them() -> None:
    calls = Calls()
    while calls.now_s < 2 * 86_400:
        calls.passes(CALL_S / 2)
    assert calls.count == TRIES
    assert calls.notes.acknowledgements == []
    calls.stage.close()


def test_a_message_goes_to_the_other_process_whole() -> None:
    said = replace(NOBODY, username="ridge", ca_file="/etc/irbis/ca.pem", sealed="ab" * 3000)
    assert Message.from_line(said.to_line()) == said


def test_who_reaches_nobody_says_so() -> None:
    assert not acknowledged(NOBODY, time.monotonic() + 1.0)
