"""A web hook that answers as a test tells it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from firmware_bridge.simulators.http_interface import Answered, Asked, HttpInterface


class Hook:
    """Notes what is posted; answers with the next of ``statuses``, or 200."""

    def __init__(self, *statuses: int) -> None:
        self.bodies: list[bytes] = []
        self.statuses = deque(statuses)
        self.url = ""

    def answer(self, asked: Asked) -> Answered:
        self.bodies.append(asked.body)
        status = self.statuses.popleft() if self.statuses else 200
        return Answered(status, "text/plain", b"")


@contextmanager
def hook(*statuses: int) -> Iterator[Hook]:
    made = Hook(*statuses)
    with HttpInterface(made.answer) as interface:
        made.url = interface.url + "/hook"
        yield made
