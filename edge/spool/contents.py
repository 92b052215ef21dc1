"""What stands inside an evidence file: a burst as chunks, before sealing and after opening.

Chunk 0 is a CBOR map with integer keys: 1 burst id (16 bytes), 2 time of the trigger (epoch
milliseconds), 3 clock quality, 4 a list with one entry a frame: [time in epoch ms, exposure in us
or null, analogue gain or null, infrared or null, the camera's fault or null]. Each further chunk
is one frame's file, as the camera wrote it.
"""

from __future__ import annotations

from typing import Any

import cbor2

from edge.records import Burst, ClockQuality, Exposure, Frame
from edge.spool.errors import SpoolError
from edge.times import from_epoch_ms, to_epoch_ms


def to_chunks(burst: Burst) -> list[bytes]:
    """The chunks of ``burst``: its description, then its frames."""
    frames = [
        [
            to_epoch_ms(frame.captured_at),
            frame.exposure.exposure_us,
            frame.exposure.analogue_gain,
            frame.exposure.infrared,
            frame.fault,
        ]
        for frame in burst.frames
    ]
    description = {
        1: bytes.fromhex(burst.burst_id),
        2: to_epoch_ms(burst.captured_at),
        3: burst.clock.value,
        4: frames,
    }
    return [cbor2.dumps(description, canonical=True), *(frame.data for frame in burst.frames)]


def from_chunks(chunks: list[bytes]) -> Burst:
    """The burst that ``to_chunks`` took apart. Raises SpoolError when the chunks do not fit."""
    try:
        description: dict[int, Any] = cbor2.loads(chunks[0])
        frames = tuple(
            Frame(data, from_epoch_ms(at), Exposure(exposure_us, gain, infrared), fault)
            for data, (at, exposure_us, gain, infrared, fault) in zip(
                chunks[1:], description[4], strict=True
            )
        )
        return Burst(
            burst_id=description[1].hex(),
            captured_at=from_epoch_ms(description[2]),
            clock=ClockQuality(description[3]),
            frames=frames,
        )
    except (
        cbor2.CBORDecodeError,
        KeyError,
        IndexError,
        ValueError,
        TypeError,
        OverflowError,
    ) as error:
        raise SpoolError(f"the evidence opens but does not hold a burst: {error}") from error
