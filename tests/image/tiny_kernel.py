"""An arm64 kernel of a few instructions for QEMU's `virt`: says one letter and resets the machine.

With it a real bootloader can be watched over many starts in seconds.
"""

from __future__ import annotations

import struct

_UART = 0x0900_0000
"""QEMU's PL011 on `virt`."""
_SYSTEM_RESET = 0x8400_0009
"""PSCI, called by HVC where the machine has no secure world."""
_HEAD_BYTES = 64
_FLAGS = 0b1010
"""Pages of 4 KiB; may lie anywhere in memory, as Linux's does."""


def kernel(said: str) -> bytes:
    """An Image (Documentation/arch/arm64/booting.rst) that prints ``said`` and a newline."""
    code = [_movz(0, _UART >> 16, 1)]
    for letter in f"{said}\r\n".encode("ascii"):
        code += [_movz(1, letter, 0), 0x3900_0001]  # strb w1, [x0]
    # The letters leave the UART slower than a reset comes.
    code += [_movz(2, 0x0400, 1), 0xF100_0442, 0x54FF_FFE1]  # x2 = 2^26; subs x2, #1; b.ne -4
    code += [_movz(0, _SYSTEM_RESET & 0xFFFF, 0), _movk(0, _SYSTEM_RESET >> 16, 1)]
    code += [0xD400_0002, 0x1400_0000]  # hvc #0; b .
    body = struct.pack(f"<{len(code)}I", *code)
    jump = 0x1400_0000 | (_HEAD_BYTES // 4)  # b over the head
    size = 1 << 16
    head = struct.pack("<IIQQQQQQ4sI", jump, 0, 0, size, _FLAGS, 0, 0, 0, b"ARM\x64", 0)
    return (head + body).ljust(size, b"\0")


def _movz(register: int, value: int, half: int) -> int:
    return 0xD280_0000 | half << 21 | value << 5 | register


def _movk(register: int, value: int, half: int) -> int:
    return 0xF280_0000 | half << 21 | value << 5 | register
