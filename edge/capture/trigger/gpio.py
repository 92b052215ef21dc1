"""A PIR on a GPIO line through the kernel's character device, with the kernel's own timestamps.

Needs gpiod 2 (PyPI ``gpiod``), which is imported when the trigger is armed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from edge.capture.trigger.firing import (
    Cause,
    Firing,
    LineError,
    NoSuchLine,
    TriggerBroken,
    TriggerError,
    TriggerUnavailable,
)

if TYPE_CHECKING:
    import gpiod

DEV = Path("/dev")
_BUFFERED_EDGES = 1024
"""In the kernel, while nobody reads."""
_NS_A_SECOND = 1e9


@dataclass(frozen=True, slots=True)
class Line:
    """Where a sensor is wired to.

    ``chip`` is the chip's label (``pinctrl-bcm2711``, ``pinctrl-rp1``), which stays when chips are
    numbered anew, or its name (``gpiochip0``) or device; None: the one chip that has the line.
    ``line`` is the line's name (``GPIO17``) or its offset on the chip. With ``active_low`` it fires
    as it falls.
    """

    line: str | int
    chip: str | None = None
    active_low: bool = False
    bias: Literal["as_is", "disabled", "pull_up", "pull_down"] = "as_is"


class GpioTrigger:
    """Fires at each rising edge of ``where``; ``debounce_s`` is the kernel's, 0 for none.

    ``open_chip`` opens a device such as /dev/gpiochip0; ``devices`` lists them.
    """

    def __init__(
        self,
        where: Line,
        name: str = "pir",
        debounce_s: float = 0.0,
        open_chip: Callable[[str], gpiod.Chip] | None = None,
        devices: Callable[[], list[str]] | None = None,
    ) -> None:
        self._where, self._name, self._debounce_s = where, name, debounce_s
        self._open_chip, self._devices = open_chip or open_device, devices or chip_devices
        self._request: gpiod.LineRequest | None = None
        self._waiting: deque[Firing] = deque()
        self._edges = 0  # since it was armed, as the kernel numbers them, lost ones too
        self._lost = 0

    @property
    def lost(self) -> int:
        return self._lost

    def arm(self) -> None:
        self.close()
        chip, offset = find_line(self._where, self._devices(), self._open_chip)
        self._edges = 0  # a line that is taken anew is counted from the beginning
        with told(f"GPIO line {self._where.line} of {chip}"), self._open_chip(chip) as opened:
            self._request = opened.request_lines(
                {offset: self._settings()}, consumer="irbis", event_buffer_size=_BUFFERED_EDGES
            )
            if self._request.get_value(offset):
                self._waiting.append(Firing(Cause.PIR, self._name, time.monotonic()))

    def wait(self, timeout_s: float) -> Firing | None:
        if not self._waiting:
            self._read(timeout_s)
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        self._waiting.clear()
        if self._request is not None:
            request, self._request = self._request, None
            request.release()

    def _read(self, timeout_s: float) -> None:
        if self._request is None:
            raise TriggerBroken(f"trigger {self._name} is not armed; arm it first")
        with told(f"GPIO line {self._where.line}"):
            if not self._request.wait_edge_events(max(0.0, timeout_s)):
                return
            for edge in self._request.read_edge_events():
                self._lost += edge.line_seqno - self._edges - 1
                self._edges = edge.line_seqno
                self._waiting.append(
                    Firing(Cause.PIR, self._name, edge.timestamp_ns / _NS_A_SECOND)
                )

    def _settings(self) -> gpiod.LineSettings:
        from gpiod import LineSettings
        from gpiod.line import Bias, Clock, Direction, Edge

        return LineSettings(
            direction=Direction.INPUT,
            edge_detection=Edge.RISING,  # of the logical value: falls where active_low
            bias=Bias[self._where.bias.upper()],
            active_low=self._where.active_low,
            debounce_period=timedelta(seconds=self._debounce_s),
            event_clock=Clock.MONOTONIC,
        )


def chip_devices() -> list[str]:
    """The devices of all GPIO chips, each once."""
    found = sorted(DEV.glob("gpiochip*"))
    return [str(path) for path in found if not path.is_symlink()]


def find_line(
    where: Line, devices: list[str], open_chip: Callable[[str], gpiod.Chip]
) -> tuple[str, int]:
    """The device and the offset of ``where``.

    Raises NoSuchLine, which names what there is, where it is not there or not the only one; and
    TriggerError where a chip cannot be opened.
    """
    found: list[tuple[str, int]] = []
    seen: list[str] = []
    for device in devices:
        with told(device), open_chip(device) as chip:
            info = chip.get_info()
            seen.append(f"{info.label} ({info.name})")
            if where.chip in (None, info.label, info.name, device):
                offset = _offset(chip, where.line)
                if offset is not None:
                    found.append((device, offset))
    if len(found) == 1:
        return found[0]
    wanted = f"GPIO line {where.line}" + (f" of chip {where.chip}" if where.chip else "")
    there = "chips here: " + (", ".join(seen) or "none")
    if found:
        raise NoSuchLine(f"{wanted} is on {len(found)} chips; name the chip too ({there})")
    raise NoSuchLine(f"there is no {wanted}; see what gpioinfo prints ({there})")


def _offset(chip: gpiod.Chip, line: str | int) -> int | None:
    try:
        return chip.line_offset_from_id(line)
    except (ValueError, FileNotFoundError):  # beyond its lines; no line of that name
        return None


def open_device(device: str) -> gpiod.Chip:
    """The chip at ``device``. Raises ImportError without gpiod, OSError as it cannot be opened."""
    import gpiod

    return gpiod.Chip(device)


@contextmanager
def told(what: str) -> Iterator[None]:
    """What gpiod raises, as a TriggerError that says of what."""
    try:
        yield
    except TriggerError:
        raise
    except ImportError as error:
        raise TriggerUnavailable(
            f"{what}: gpiod is not installed; install it with: pip install 'irbis[gpio]'"
        ) from error
    except PermissionError as error:
        raise LineError(f"{what}: {error.strerror}; is the user in the group gpio?") from error
    except OSError as error:
        raise LineError(f"{what}: {error.strerror or error}; is it in use?") from error
