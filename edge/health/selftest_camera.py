"""What the camera of a running station is judged by: a picture of its own, taken today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from edge.health.selftest import Found, failed, untried

if TYPE_CHECKING:
    from edge.vision.decode import Pixels

PICTURE_S = 60.0
"""For a camera that has to be woken, and for the burst that it may be at."""
NO_CAMERA = "no-camera"


class Looking(Protocol):
    """The lens, as far as it can be asked. From any thread."""

    def blindness(self) -> tuple[str, str] | None:
        """Why it gives no picture, and the alarm that tells so; None while it does."""

    def picture(self, wait_s: float) -> Pixels | None:
        """One of now, ``(H, W, 3)`` uint8; a lens that sleeps is woken for it. None where none
        came within ``wait_s``."""

    def daylight(self) -> bool | None:
        """Whether it is day by the sun; None where place or time are not known."""


def check_camera(lens: Looking | None) -> Found:
    """``lens`` is None where another program takes the pictures."""
    if lens is None:
        return untried("another program takes the pictures")
    if found := _blind(lens):
        return found
    pixels = lens.picture(PICTURE_S)
    if pixels is None:
        return _blind(lens) or untried(f"it was busy, and gave no picture for {PICTURE_S:.0f} s")
    return _judged(pixels, lens.daylight())


def _blind(lens: Looking) -> Found | None:
    why = lens.blindness()
    if why is None:
        return None
    return failed(why[0], "see to the camera's cable and power, or [capture]", why[1])


def _judged(pixels: Pixels, daylight: bool | None) -> Found:
    from edge.health.selftest_parts import DARK, looked_at

    found = looked_at(pixels)
    if daylight is True or float(pixels.mean()) >= DARK:
        return found
    if daylight is False:
        return untried("it is night, and no lamp burns for this; it gives black pictures")
    return untried(
        "it gives black pictures, and whether it is night nobody knows",
        "name the place: [capture.light] latitude_deg, longitude_deg",
    )
