"""A PIR through the RPi.GPIO API, for boards on which that is what people have.

``RPi.GPIO`` (on present kernels rpi-lgpio under that name) and ``Jetson.GPIO`` share it. It tells
no kernel timestamp: a firing counts from when its callback runs. Arming takes Jetson.GPIO a second,
in which it drops edges. Prefer ``gpio`` where it works.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from typing import Any, Literal, Protocol, cast

from edge.capture.trigger.firing import Cause, LineError, TriggerUnavailable
from edge.capture.trigger.pushed import PushedTrigger

Library = Literal["RPi.GPIO", "Jetson.GPIO"]
_PACKAGES: dict[str, str] = {"RPi.GPIO": "rpi-lgpio", "Jetson.GPIO": "Jetson.GPIO"}


class GpioApi(Protocol):
    """The part of the API that is used here; both libraries are modules that look like this."""

    BCM: Any
    BOARD: Any
    IN: Any
    RISING: Any
    FALLING: Any
    HIGH: Any
    LOW: Any
    OUT: Any

    def setmode(self, mode: Any) -> None: ...
    def setup(self, channel: int, direction: Any, *, initial: Any = ...) -> None: ...
    def output(self, channel: int, value: Any) -> None: ...
    def input(self, channel: int) -> int: ...
    def add_event_detect(
        self, channel: int, edge: Any, callback: Callable[[int], None]
    ) -> None: ...
    def remove_event_detect(self, channel: int) -> None: ...
    def cleanup(self, channel: int) -> None: ...


class GpioApiTrigger(PushedTrigger):
    """Fires as ``channel`` becomes active: rises, or falls with ``active_low``.

    ``numbering`` says what ``channel`` counts: the chip's lines (BCM) or the header's pins (BOARD).
    One process has one numbering: all its triggers must agree. No pull resistor is set: Jetson has
    none to set, and a PIR module drives its line both ways.
    """

    def __init__(
        self,
        channel: int,
        library: Library = "RPi.GPIO",
        numbering: Literal["BCM", "BOARD"] = "BCM",
        active_low: bool = False,
        name: str = "pir",
        load: Callable[[Library], GpioApi] | None = None,
    ) -> None:
        super().__init__(name, Cause.PIR)
        self._channel, self._library, self._numbering = channel, library, numbering
        self._active_low, self._load = active_low, load or load_library
        self._api: GpioApi | None = None
        self._listens = False

    def arm(self) -> None:
        self._release()
        api = self._load(self._library)
        try:
            api.setmode(api.BCM if self._numbering == "BCM" else api.BOARD)
            api.setup(self._channel, api.IN)
            self._api = api
            # Before it listens: Jetson.GPIO cannot read a line to which it listens.
            active = (api.input(self._channel) == api.HIGH) != self._active_low
            edge = api.FALLING if self._active_low else api.RISING
            api.add_event_detect(self._channel, edge, callback=self._edge)
            self._listens = True
        except Exception as error:  # each library has its own, down to the bare Exception
            self._release()
            raise LineError(
                f"{self._library}: {self._numbering} channel {self._channel}: {error}; is it in"
                " use, and is the numbering the same for all sensors?"
            ) from error
        if active:
            self._edge(self._channel)

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        if self._api is not None:
            api, self._api = self._api, None
            if self._listens:
                self._listens = False
                api.remove_event_detect(self._channel)
            api.cleanup(self._channel)

    def _edge(self, channel: int) -> None:
        self._push(time.monotonic())


def load_library(library: Library) -> GpioApi:
    """The module. Raises TriggerUnavailable where it is not installed or not for this board."""
    try:
        return cast("GpioApi", importlib.import_module(library))
    except ImportError as error:
        raise TriggerUnavailable(
            f"{library} is not installed; install it with: pip install {_PACKAGES[library]}"
        ) from error
    except Exception as error:  # both refuse to be imported off their boards, each in its own way
        raise TriggerUnavailable(f"{library} does not work on this board: {error}") from error
