"""A simulated controller on a pty and the client that talks to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from firmware_bridge.mcu import Controller, Event
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.controller import SimulatedController

SPEED = 20.0
"""Of the simulated controller: its pauses take a twentieth."""


@contextmanager
def linked(tries: int = 40, **simulated: Any) -> Iterator[tuple[SimulatedController, Controller]]:
    """A controller on its pty, and a client on the other end; patient, for machines are busy."""
    simulated.setdefault("speed", SPEED)
    with (
        SimulatedController(**simulated) as device,
        Controller(SerialPort(device.path), resend_s=0.1, tries=tries) as controller,
    ):
        yield device, controller


def take(controller: Controller, count: int, timeout_s: float = 20) -> list[Event]:
    """The next ``count`` events, acknowledged all."""
    events = controller.events(timeout_s)
    taken = list(islice(events, count))
    controller.acknowledge()
    return taken
