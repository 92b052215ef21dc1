"""The line to an Iridium modem, where something on it never falls silent."""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.iridium_line import SbdLine


@dataclass
class Babbler:
    """A port on which the same bytes come for ever; each read takes a hundredth of a second."""

    says: bytes
    now_s: float = 0.0

    def clock(self) -> float:
        return self.now_s

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        self.now_s += 0.01
        assert self.now_s < 600, "it would be read for ever"
        return self.says[:most_bytes]

    def write(self, data: bytes) -> None: ...

    def discard_input(self) -> None: ...

    def close(self) -> None: ...


def test_a_modem_that_never_falls_silent_holds_nobody_up() -> None:
    port = Babbler(b"\r\nOK\r\n")
    SbdLine(port, lambda _: None, port.clock).resync(timeout_s=30, step_s=2)
    assert port.now_s < 60


def test_a_modem_that_only_tells_of_its_signal_is_not_there() -> None:
    port = Babbler(b"\r\n+CIEV:0,3\r\n")
    heard: list[str] = []
    line = SbdLine(port, heard.append, port.clock)
    try:
        line.resync(timeout_s=30, step_s=2)
    except TimeoutError:
        assert heard[0] == "+CIEV:0,3"
    else:
        raise AssertionError("nothing answered")
