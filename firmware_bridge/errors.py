"""What can go wrong on a serial line. Each error is also the builtin that a caller would expect."""

from __future__ import annotations


class BridgeError(Exception):
    """Base of all errors of this package; the message says what to do."""

    unsent = False
    """Set by ``exchange`` where it is sure that nothing was on the air because of it: neither the
    uplink nor anything in its place."""


class LinkLost(BridgeError, ConnectionError):
    """The device is gone: unplugged, without power, or the port was closed."""


class NoReply(BridgeError, TimeoutError):
    """The device did not answer in its time."""


class FrameError(BridgeError, ValueError):
    """Bytes that are no frame, or a message that its dictionary does not know."""


class ProtocolMismatch(BridgeError, RuntimeError):
    """The two ends do not speak the same dictionary of messages."""


class Refused(BridgeError, RuntimeError):
    """The device understood, and said no; ``code`` is its own word for why."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class NotJoined(Refused, ConnectionError):
    """The modem has no session with its network."""


class JoinFailed(NotJoined):
    """The network did not accept the modem, or did not hear it. Try again after ``wait_s``."""

    def __init__(self, message: str, wait_s: float, code: str = "") -> None:
        super().__init__(message, code)
        self.wait_s = wait_s


class TooLong(BridgeError, ValueError):
    """A payload that the present data rate cannot carry; it was not handed to the modem."""

    def __init__(self, message: str, most_bytes: int) -> None:
        super().__init__(message)
        self.most_bytes = most_bytes


class MustWait(Refused, BlockingIOError):
    """Sending is not allowed yet: duty cycle, or a back-off. Try again after ``wait_s``."""

    def __init__(self, message: str, wait_s: float, code: str = "") -> None:
        super().__init__(message, code)
        self.wait_s = wait_s
