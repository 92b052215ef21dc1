"""Lines over a port, whatever the bytes."""

from __future__ import annotations

from itertools import count

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.at_line import MOST_LINE_BYTES, AtLine


class Wire:
    """A port that hands out what it was given, piece by piece."""

    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces
        self.written = b""

    def read(self, most_bytes: int, timeout_s: float) -> bytes:
        if not self.pieces:
            return b""
        first, self.pieces[0] = self.pieces[0][:most_bytes], self.pieces[0][most_bytes:]
        if not self.pieces[0]:
            self.pieces.pop(0)
        return first

    def write(self, data: bytes) -> None:
        self.written += data

    def discard_input(self) -> None:
        self.pieces.clear()

    def close(self) -> None:
        self.pieces.clear()


def read_all(*pieces: bytes) -> list[str]:
    ticks = count()
    line = AtLine(Wire(list(pieces)), clock=lambda: float(next(ticks)))
    found: list[str] = []
    while (text := line.next(1e6)) is not None:
        found.append(text)
        if len(found) > 10_000:
            break
        if not line._port.pieces and not line._lines:  # type: ignore[attr-defined]
            break
    return found


def test_every_kind_of_line_end_ends_a_line_and_blank_lines_are_skipped() -> None:
    assert read_all(b"\r\nAT+NJS=1\r\n\r\nOK\r", b"\nA\nB\rC\r\n") == [
        "AT+NJS=1",
        "OK",
        "A",
        "B",
        "C",
    ]


def test_a_line_may_come_in_pieces() -> None:
    assert read_all(b"+EV", b"T:JOI", b"NED\r", b"\n") == ["+EVT:JOINED"]


def test_bytes_that_are_no_text_are_marked_within_a_line_and_left_out_before_it() -> None:
    assert read_all(b"O\xffK\r\n\x00\xfeOK\r\n\xff\r\n") == ["O\ufffdK", "OK"]


def test_an_overlong_line_is_forgotten_and_the_next_one_is_read() -> None:
    assert read_all(b"x" * (5 * MOST_LINE_BYTES) + b"\r\nOK\r\n") == ["OK"]


@given(st.lists(st.binary(max_size=3000), max_size=6))
def test_after_any_garbage_the_next_line_is_read(garbage: list[bytes]) -> None:
    pieces = [piece for piece in garbage if piece]
    lines = read_all(*pieces, b"\r\nOK\r\n")
    assert lines[-1] == "OK"
    assert all(0 < len(text) <= MOST_LINE_BYTES for text in lines)


def test_a_flood_ends_at_the_deadline() -> None:
    class Flood(Wire):
        def read(self, most_bytes: int, timeout_s: float) -> bytes:
            return b"noise\r\n" * 20

    ticks = count()
    line = AtLine(Flood([]), clock=lambda: float(next(ticks)))
    deadline_s = line.deadline(1000)
    read = 0
    while line.next(deadline_s) is not None:
        read += 1
    assert 0 < read <= 1000
    assert len(line.pending()) < 100_000


def test_a_command_goes_out_with_its_line_end() -> None:
    wire = Wire([])
    AtLine(wire).send("AT+JOIN")
    assert wire.written == b"AT+JOIN\r\n"
