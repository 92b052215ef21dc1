"""Frames on a serial line: COBS(payload || CRC-16) and a zero byte; docs/firmware-protocol.md.

A zero byte stands nowhere but at a frame's end, so a receiver is in step again after the first one,
whatever came before. COBS itself is the PyPI package ``cobs``: a C extension where it is built, and
a wheel in pure Python for every other machine, aarch64 included.
"""

from __future__ import annotations

import binascii

from cobs import cobs

from firmware_bridge.errors import FrameError

LONGEST_FRAME_BYTES = 128
"""Of a frame without its zero byte: what a small microcontroller has room for."""
LONGEST_PAYLOAD_BYTES = LONGEST_FRAME_BYTES - 3
"""COBS adds one byte below 254, the CRC two."""
END = b"\0"

_CRC_START = 0xFFFF
_CRC_BYTES = 2


def crc16(data: bytes) -> int:
    """CRC-16, polynomial 0x1021, start 0xFFFF, not reflected (CRC-16/IBM-3740, "CCITT-FALSE")."""
    return binascii.crc_hqx(data, _CRC_START)


def encode_frame(payload: bytes) -> bytes:
    """``payload`` as it goes on the line, zero byte included.

    Raises FrameError for more than LONGEST_PAYLOAD_BYTES.
    """
    if len(payload) > LONGEST_PAYLOAD_BYTES:
        raise FrameError(
            f"a payload of {len(payload)} bytes: a frame takes {LONGEST_PAYLOAD_BYTES} at most"
        )
    checked = payload + crc16(payload).to_bytes(_CRC_BYTES, "big")
    stuffed: bytes = cobs.encode(checked)
    return stuffed + END


def decode_frame(frame: bytes) -> bytes:
    """The payload of one frame, given without its zero byte.

    Raises FrameError where it is too long, no COBS, shorter than its CRC, or damaged.
    """
    if len(frame) > LONGEST_FRAME_BYTES:
        raise FrameError(f"a frame of more than {LONGEST_FRAME_BYTES} bytes")
    try:
        checked: bytes = cobs.decode(frame)
    except cobs.DecodeError as error:
        raise FrameError(f"no COBS: {error}") from error
    if len(checked) < _CRC_BYTES:
        raise FrameError("a frame shorter than its CRC")
    payload, crc = checked[:-_CRC_BYTES], checked[-_CRC_BYTES:]
    if crc16(payload) != int.from_bytes(crc, "big"):
        raise FrameError("a frame with a wrong CRC")
    return payload


class FrameDecoder:
    """Takes bytes as they arrive, gives payloads. Holds LONGEST_FRAME_BYTES + 1 at most."""

    def __init__(self) -> None:
        self._begun = b""
        self.damaged = 0
        """Frames dropped so far: garbage between two zero bytes counts as one."""

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads of the whole frames that end in ``data``, in order."""
        *ends, rest = data.split(END)
        payloads = []
        for end in ends:
            frame, self._begun = self._begun + end, b""
            if not frame:
                continue
            try:
                payloads.append(decode_frame(frame))
            except FrameError:
                self.damaged += 1
        # One byte too many is kept of a frame that is too long, so that its end is refused as well.
        self._begun = (self._begun + rest)[: LONGEST_FRAME_BYTES + 1]
        return payloads

    def reset(self) -> None:
        """Forget the frame that has begun."""
        self._begun = b""
