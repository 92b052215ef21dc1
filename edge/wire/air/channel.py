"""Records into frames and out again: one end's half of a radio channel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

from edge.security.radio_key import RadioKeys
from edge.wire.air.beacon import BEACON_BYTES, Beacon, open_beacon, seal_beacon
from edge.wire.air.frame import (
    COUNTERS,
    FrameRefused,
    Number,
    Reason,
    Stream,
    key_id_of,
    open_frame,
    parse_frame,
    seal_frame,
)
from edge.wire.air.window import WIDTH, Seen

SEARCHED = 4096
"""A beacon does not tell its counter: so many after the highest one received are tried."""


class Counters(Protocol):
    """Where numbers come from. None is ever given twice, whatever happens to the process."""

    def take(self) -> tuple[int, int]:
        """The next key id and counter, durably spent."""


class Sealer:
    """What one end says. A record that is sent again is sealed anew."""

    def __init__(self, keys: RadioKeys, counters: Counters, stream: Stream = Stream.UP) -> None:
        self._keys = keys
        self._counters = counters
        self._stream = stream

    def seal(self, record: bytes) -> bytes:
        """``record`` in a frame. Raises what the counters raise when there are none left."""
        number = Number(*self._counters.take())
        key = self._keys.key(number.key_id)
        return seal_frame(record, key, self._keys.station, self._stream, number)

    def beacon(self, beacon: Beacon) -> bytes:
        """``beacon`` in 11 bytes. Raises what the counters raise when there are none left."""
        number = Number(*self._counters.take())
        return seal_beacon(beacon, self._keys.key(number.key_id), self._keys.station, number)


@dataclass(frozen=True, slots=True)
class Opened:
    """An authentic frame that was not received before.

    ``content`` is a record, or the 2 bytes of a beacon where ``stream`` says so. ``seen`` is the
    receiver's new state, to be stored together with what comes of the content.
    """

    stream: Stream
    number: Number
    content: bytes = field(repr=False)
    seen: Seen = field(repr=False)


def open_up(data: bytes, keys: RadioKeys, seen: Seen, searched: int = SEARCHED) -> Opened:
    """What a station's frame holds, at basecamp. Raises FrameRefused."""
    if len(data) == BEACON_BYTES:
        return _open_beacon(data, keys, seen, searched)
    return _open_record(data, keys, Stream.UP, seen)


def open_down(data: bytes, keys: RadioKeys, seen: Seen) -> Opened:
    """What basecamp's frame holds, at the station. Raises FrameRefused."""
    return _open_record(data, keys, Stream.DOWN, seen)


def _open_record(data: bytes, keys: RadioKeys, stream: Stream, seen: Seen) -> Opened:
    frame = parse_frame(data)
    # Before the cipher: a recorded frame costs its sender more than us.
    seen.check(frame.number)
    record = open_frame(frame, keys.key(frame.number.key_id), keys.station, stream)
    return Opened(stream, frame.number, record, seen.marked(frame.number))


def _open_beacon(data: bytes, keys: RadioKeys, seen: Seen, searched: int) -> Opened:
    key_id = key_id_of(data)
    found = open_beacon(data, keys.key(key_id), keys.station, _candidates(key_id, seen, searched))
    if found is not None:
        number, content = found
        return Opened(Stream.BEACON, number, content, seen.marked(number))
    raise FrameRefused(
        Reason.TAG,
        f"no counter within {searched} of the last frame fits this beacon: forged, damaged, came"
        " before, or made with another key",
    )


def _candidates(key_id: int, seen: Seen, searched: int) -> Iterator[Number]:
    """The next counters first, then those within the window that were not received."""
    window = seen.window(key_id)
    last = min(window.highest + searched, COUNTERS - 1)
    for counter in range(window.highest + 1, last + 1):
        yield Number(key_id, counter)
    for counter in range(window.highest, max(-1, window.highest - WIDTH), -1):
        if window.refusal(counter) is None:
            yield Number(key_id, counter)
