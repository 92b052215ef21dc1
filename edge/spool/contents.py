"""What stands inside an evidence file: a burst as chunks, before sealing and after opening.

Written at once: chunk 0 is a CBOR map with integer keys: 1 burst id (16 bytes), 2 time of the
trigger (epoch milliseconds), 3 clock quality, 4 a list with one entry a frame: [time in epoch ms,
exposure in us or null, analogue gain or null, infrared or null, the camera's fault or null]. Each
further chunk is one frame's file, as the camera wrote it.

Written while the burst is taken: key 4 is absent. Each further chunk is one frame: its entry,
with its file as sixth value; an empty chunk is the end. Where there is no end, the power went or
the process was killed: what is there is the burst, and a frame with a fault says that it was cut
short.
"""

from __future__ import annotations

from typing import Any

import cbor2

from edge.records import Burst, ClockQuality, Exposure, Frame
from edge.security.errors import SealError
from edge.security.evidence import open_beginning, whole_chunks
from edge.spool.errors import SpoolError
from edge.times import from_epoch_ms, to_epoch_ms

CUT_SHORT = "the burst was cut short here, while it was taken"
"""The fault of the frame behind the last that is there."""
END = b""
"""The last chunk of a burst that was written while it was taken."""

_ID, _AT, _CLOCK, _FRAMES = 1, 2, 3, 4


def to_chunks(burst: Burst) -> list[bytes]:
    """The chunks of ``burst``, written at once: its description, then its frames."""
    description = {**_head(burst), _FRAMES: [_entry(frame) for frame in burst.frames]}
    return [cbor2.dumps(description, canonical=True), *(frame.data for frame in burst.frames)]


def head_chunk(burst: Burst) -> bytes:
    """What ``burst`` begins with where it is written while it is taken."""
    return cbor2.dumps(_head(burst), canonical=True)


def frame_chunk(frame: Frame) -> bytes:
    """One frame of it; END follows the last."""
    return cbor2.dumps([*_entry(frame), frame.data], canonical=True)


def open_burst(data: bytes, content_key: bytes) -> Burst:
    """The burst in the evidence file ``data``. Raises SealError and SpoolError, but not for one
    that was written while it was taken, and is cut short behind its first frame."""
    chunks, wrong = open_beginning(data, content_key)
    if wrong is not None and not _cut_short(chunks):
        raise wrong
    return from_chunks(chunks)


def frames_in(data: bytes) -> int:
    """How many frames ``open_burst`` should find in the sealed file of a burst that was written
    while it was taken, as far as can be told without its key: 0 for what is no such file."""
    try:
        sizes = whole_chunks(data)[1:]
    except SealError:
        return 0
    if not sizes:
        return 0
    return len(sizes) - 1 if sizes[-1] == len(END) else len(sizes) + 1


def from_chunks(chunks: list[bytes]) -> Burst:
    """The burst that was taken apart. Raises SpoolError when the chunks do not fit."""
    try:
        description: dict[int, Any] = cbor2.loads(chunks[0])
        entries = description.get(_FRAMES)
        if entries is None:
            frames = _frames_behind_each_other(chunks[1:])
        else:
            frames = [_frame(entry, data) for data, entry in zip(chunks[1:], entries, strict=True)]
        return Burst(
            burst_id=description[_ID].hex(),
            captured_at=from_epoch_ms(description[_AT]),
            clock=ClockQuality(description[_CLOCK]),
            frames=tuple(frames),
        )
    except (
        cbor2.CBORDecodeError,
        AttributeError,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        OverflowError,
    ) as error:
        raise SpoolError(f"the evidence opens but does not hold a burst: {error}") from error


def _cut_short(chunks: list[bytes]) -> bool:
    """Whether these are the beginning of a burst that was written while it was taken."""
    try:
        return len(chunks) > 1 and chunks[-1] != END and _FRAMES not in cbor2.loads(chunks[0])
    except (cbor2.CBORDecodeError, TypeError, ValueError):
        return False


def _frames_behind_each_other(chunks: list[bytes]) -> list[Frame]:
    ended = bool(chunks) and chunks[-1] == END
    frames = []
    for chunk in chunks[:-1] if ended else chunks:
        *entry, data = cbor2.loads(chunk)
        frames.append(_frame(entry, data))
    if not ended:
        frames.append(Frame(b"", frames[-1].captured_at, fault=CUT_SHORT))
    return frames


def _head(burst: Burst) -> dict[int, Any]:
    return {
        _ID: bytes.fromhex(burst.burst_id),
        _AT: to_epoch_ms(burst.captured_at),
        _CLOCK: burst.clock.value,
    }


def _entry(frame: Frame) -> list[Any]:
    exposure = frame.exposure
    return [
        to_epoch_ms(frame.captured_at),
        exposure.exposure_us,
        exposure.analogue_gain,
        exposure.infrared,
        frame.fault,
    ]


def _frame(entry: list[Any], data: bytes) -> Frame:
    at, exposure_us, gain, infrared, fault = entry
    return Frame(data, from_epoch_ms(at), Exposure(exposure_us, gain, infrared), fault)
