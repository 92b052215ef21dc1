"""Temperature and battery, where the board tells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from edge.records import Vitals

SYSTEM = Path("/sys/class")


def read_vitals(system: Path = SYSTEM) -> Vitals:
    """What the kernel knows now: the processor's temperature and the first battery's voltage."""
    temperature = _first_number(sorted(system.glob("thermal/thermal_zone*/temp")))
    battery = _first_number(
        path.parent / "voltage_now"
        for path in sorted(system.glob("power_supply/*/type"))
        if _text(path) == "Battery"
    )
    return Vitals(
        battery_mv=None if battery is None else battery // 1000,  # the kernel gives microvolts
        temperature_c=None if temperature is None else temperature / 1000,  # and millidegrees
    )


def preferring(
    first: Callable[[], Vitals], then: Callable[[], Vitals] = read_vitals
) -> Callable[[], Vitals]:
    """A source of vitals: what ``first`` measures, and what ``then`` does where it does not."""

    def read() -> Vitals:
        best, other = first(), then()
        return Vitals(
            other.battery_mv if best.battery_mv is None else best.battery_mv,
            other.temperature_c if best.temperature_c is None else best.temperature_c,
            other.solar_mv if best.solar_mv is None else best.solar_mv,
        )

    return read


def _first_number(paths: Iterable[Path]) -> int | None:
    for path in paths:
        with suppress(ValueError):
            return int(_text(path))
    return None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        return ""
