"""Whether the processor was slowed down, by heat or want of voltage, where the kernel tells."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SYS = Path("/sys")
FIRMWARE = "devices/platform/soc/soc:firmware/get_throttled"
"""A Raspberry Pi's, in hexadecimal; bits as in raspberrypi.com, "vcgencmd get_throttled"."""
_NOW = {0: "under_voltage", 1: "capped", 2: "throttled", 3: "soft_limit"}
_SINCE_BOOT = 16
"""So many bits higher stands whether it ever happened since the board was switched on."""


@dataclass(frozen=True, slots=True)
class Throttling:
    """What slows the processor now, and what did since the board was switched on, by name:
    ``under_voltage``, ``capped``, ``throttled``, ``soft_limit``. ``known`` where anybody tells."""

    known: bool = False
    now: frozenset[str] = frozenset()
    since_boot: frozenset[str] = frozenset()


def read_throttling(system: Path = SYS) -> Throttling:
    """A Raspberry Pi's firmware, else its voltage sensor, else a PC's counters of throttling."""
    with suppress(OSError, ValueError):
        bits = int((system / FIRMWARE).read_text(encoding="ascii").strip(), 16)
        return of_bits(bits)
    low = _numbers(system, "class/hwmon/hwmon*/in0_lcrit_alarm")
    if low:
        found = frozenset({"under_voltage"} if any(low) else ())
        return Throttling(True, found, found)
    counts = _numbers(system, "devices/system/cpu/cpu*/thermal_throttle/*_throttle_count")
    return Throttling(bool(counts), frozenset(), frozenset({"throttled"} if any(counts) else ()))


def of_bits(bits: int) -> Throttling:
    """What the firmware's bits mean."""
    now = frozenset(name for bit, name in _NOW.items() if bits >> bit & 1)
    ever = frozenset(name for bit, name in _NOW.items() if bits >> (bit + _SINCE_BOOT) & 1)
    return Throttling(True, now, ever | now)


def _numbers(system: Path, pattern: str) -> list[int]:
    found = []
    for path in sorted(system.glob(pattern)):
        with suppress(OSError, ValueError):
            found.append(int(path.read_text(encoding="ascii")))
    return found
