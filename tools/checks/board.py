"""Camera, GPIO and clock: what a trap has and a desk lacks."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tools.checks.finding import Finding, ok, warning

if TYPE_CHECKING:
    from edge.config import StationConfig

DEVICES = Path("/dev")
GPIO_LIBRARIES = ("gpiod", "lgpio", "RPi", "Jetson")
_FOLDER_WORKS = "a watched folder needs none"


def check_camera(config: StationConfig | None, devices: Path = DEVICES) -> Iterator[Finding]:
    found = [path.name for path in sorted(devices.glob("video*"))]
    if find_spec("picamera2"):
        found.insert(0, "picamera2")
    if found:
        yield ok("camera", ", ".join(found))
    else:
        yield warning(
            "camera",
            f"no picamera2 and no /dev/video*; {_FOLDER_WORKS}",
            "on a Raspberry Pi: apt-get install python3-picamera2",
        )


def check_gpio(config: StationConfig | None, devices: Path = DEVICES) -> Iterator[Finding]:
    chips = [path.name for path in sorted(devices.glob("gpiochip*"))]
    library = next((name for name in GPIO_LIBRARIES if find_spec(name)), None)
    if not chips:
        yield warning(
            "gpio",
            f"no /dev/gpiochip*, so no PIR sensor; {_FOLDER_WORKS}",
            "run on a board that has pins, as a member of its group gpio",
        )
    elif library is None:
        yield warning("gpio", f"{', '.join(chips)}, but no library for it", "pip install rpi-lgpio")
    else:
        yield ok("gpio", f"{', '.join(chips)} through {library}")


def check_clock(config: StationConfig | None) -> Iterator[Finding]:
    from edge.health.clock import clock_quality
    from edge.records import ClockQuality

    gnss = None if config is None else config.clock.gnss
    if gnss is not None and not gnss.exists():
        yield warning(
            "clock",
            f"{gnss}: no such device, so no time by satellites",
            "plug the receiver in, or correct [clock] gnss",
        )
    elif gnss is not None:
        yield ok("clock", f"satellites, by the receiver on {gnss}")
        return
    quality = clock_quality()
    if quality is ClockQuality.UNSET:
        yield warning(
            "clock",
            "neither set over the network nor backed by a battery: times will be doubtful",
            "apt-get install systemd-timesyncd, or fit a real-time clock",
        )
    else:
        yield ok("clock", quality.value)
