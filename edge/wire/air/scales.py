"""How quantities become few bits: rounded, held within their range, and with a code for unknown."""

from __future__ import annotations

import math

from edge.wire.errors import WireError

SCORE_BITS = 10
NO_SCORE = 2**SCORE_BITS - 1
_LARGEST_SCORE = 1000

VOLTAGE_BITS = 12
_VOLTAGE_STEP_MV = 10
TEMPERATURE_BITS = 8
_COLDEST_C = -100


def held(value: int, bits: int) -> int:
    """``value`` within 0 to ``2**bits - 1``: the largest code means "so many, or more"."""
    return max(0, min(value, (1 << bits) - 1))


def known(value: int | None, bits: int) -> int:
    """The same below the largest code, which here means "not known"."""
    unknown = (1 << bits) - 1
    return unknown if value is None else max(0, min(value, unknown - 1))


def if_known(code: int, bits: int) -> int | None:
    """What ``known`` encoded."""
    return None if code == (1 << bits) - 1 else code


def score_code(score: float) -> int:
    """Permille, 0 to 1000; what is no number is 0."""
    if math.isnan(score):
        return 0
    return round(max(0.0, min(score, 1.0)) * _LARGEST_SCORE)


def score_of(code: int, what: str) -> float:
    """A score in 0..1. Raises WireError above 1000 permille."""
    if code > _LARGEST_SCORE:
        raise WireError(f"{what}: {code} permille, expected 0..{_LARGEST_SCORE}")
    return code / _LARGEST_SCORE


def voltage_code(millivolts: int | None) -> int:
    """Steps of 10 mV, rounded, 0 to 40.94 V; 4095 where it is not known."""
    if millivolts is None:
        return known(None, VOLTAGE_BITS)
    return known((millivolts + _VOLTAGE_STEP_MV // 2) // _VOLTAGE_STEP_MV, VOLTAGE_BITS)


def voltage_of(code: int) -> int | None:
    """Millivolts."""
    steps = if_known(code, VOLTAGE_BITS)
    return None if steps is None else steps * _VOLTAGE_STEP_MV


def temperature_code(celsius: float | None) -> int:
    """Whole degrees, -100 to +154; 255 where it is not known."""
    if celsius is None or math.isnan(celsius):
        return known(None, TEMPERATURE_BITS)
    return known(round(max(-1000.0, min(celsius, 1000.0))) - _COLDEST_C, TEMPERATURE_BITS)


def temperature_of(code: int) -> float | None:
    """Degrees Celsius."""
    steps = if_known(code, TEMPERATURE_BITS)
    return None if steps is None else float(steps + _COLDEST_C)
