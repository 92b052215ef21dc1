"""A link between a station and the test itself."""

from __future__ import annotations

from edge.uplink.errors import TooLarge


class Cable:
    """A link whose other end the test holds."""

    def __init__(self) -> None:
        self.generation = 1
        self.is_up = True
        self.sent: list[bytes] = []
        self.takes = True
        self.limit_bytes = 10**9
        self.answers: list[bytes] = []
        self.closed = False

    def send(self, data: bytes) -> bool:
        if len(data) > self.limit_bytes:
            raise TooLarge(f"{len(data)} bytes")
        if self.takes:
            self.sent.append(data)
        return self.takes

    def poll(self, timeout_s: float) -> list[bytes]:
        answers, self.answers = self.answers, []
        return answers

    def close(self) -> None:
        self.closed = True
