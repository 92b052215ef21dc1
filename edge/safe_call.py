"""A process that tells basecamp one thing over MQTT, and ends: ``python -m edge.safe_call``.

A station in safe mode opens no link, for a link may be what keeps it from lasting. This opens one
in its place, holds neither spool nor camera, and is the first to go where memory runs out. It reads
a Message as one line of JSON, and ends with 0 once basecamp has acknowledged it, else with 1.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import IrbisError

if TYPE_CHECKING:
    from edge.uplink.mqtt_link import MqttLink

CALL_S = 90.0
"""A network that is only coming up, TLS on a small board, and basecamp's answer."""
_POLL_S = 0.5
_FIRST_TO_GO = "1000"
"""Of oom_score_adj, see proc(5)."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, sealed, and how basecamp is reached. ``dates_hold``: whether the system's
    clock shows the right date, for a certificate's."""

    station: str
    basecamp: str
    broker: str
    username: str | None
    password_file: str | None
    ca_file: str | None
    dates_hold: bool
    item_id: str
    sealed: str
    """Both in hexadecimal."""

    def to_line(self) -> bytes:
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Message:
        """Raises ValueError, TypeError for what ``to_line`` did not give."""
        return cls(**json.loads(line))


def main() -> int:
    """One call."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")
    message = Message.from_line(sys.stdin.buffer.readline())
    try:
        return 0 if acknowledged(message, time.monotonic() + CALL_S) else 1
    except IrbisError:
        return 1


def acknowledged(message: Message, until_s: float) -> bool:
    """Whether basecamp has it by then, on a clock that nobody sets. Raises LinkError, TooLarge and
    KeyFileError for what no repetition mends."""
    wanted, sealed = bytes.fromhex(message.item_id), bytes.fromhex(message.sealed)
    link = _link(message)
    try:
        told_to = -1
        while time.monotonic() < until_s:
            if link.is_up and link.generation != told_to and link.send(sealed):
                told_to = link.generation
            if wanted in link.poll(_POLL_S):
                return True
        return False
    finally:
        link.close()


def _link(message: Message) -> MqttLink:
    from edge.security.keys import BasecampToken
    from edge.uplink.broker import BrokerAddress, Credentials
    from edge.uplink.mqtt_link import MqttLink

    credentials = Credentials(
        message.username,
        _path(message.password_file),
        _path(message.ca_file),
        lambda: message.dates_hold,
    )
    return MqttLink(
        BrokerAddress.parse(message.broker),
        credentials,
        message.station,
        BasecampToken.parse(message.basecamp),
        lambda _: None,
        backoff_max_s=10.0,
    )


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


if __name__ == "__main__":
    sys.exit(main())
