"""A simulated LoRaWAN modem, its network, and the driver on the other end of a real pty."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Queue
from typing import Any

import pytest

from firmware_bridge.errors import MustWait
from firmware_bridge.join_backoff import JoinBackoff, Memory, ShortMemory
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_modem import LorawanModem
from firmware_bridge.lorawan_regions import REGIONS, Region
from firmware_bridge.modem import Exchange, Uplink
from firmware_bridge.port import SerialPort
from firmware_bridge.rak3172 import Rak3172
from firmware_bridge.simulators.at_device import AtDevice
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_network import Event, NetworkServer, Received, Weather
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.simulators.wio_e5 import SimulatedWioE5
from firmware_bridge.wio_e5 import WioE5

SPEED = 200.0
PATIENCE_S = 30.0
IDENTITY = Identity.from_hex(
    "70b3d57ed0060001", "0000000000000001", "000102030405060708090a0b0c0d0e0f"
)
MODELS: dict[str, tuple[type[LorawanDevice], type[LorawanModem]]] = {
    "rak3172": (SimulatedRak3172, Rak3172),
    "wio-e5": (SimulatedWioE5, WioE5),
}


@dataclass
class Field:
    """One modem in one place. ``events`` is what its network tells an application."""

    device: Any
    network: NetworkServer
    events: Queue[Event]
    make: Callable[[SerialPort], Any]

    def __post_init__(self) -> None:
        self._port = SerialPort(self.device.path)
        self.modem = self.make(self._port)

    def reboot(self) -> None:
        """The computer loses power and starts again; the modem does not notice."""
        self._port.close()
        self.__post_init__()

    def received(self) -> list[Received]:
        """The uplinks that have arrived by now."""
        self.network.flush()
        return [event for event in list(self.events.queue) if isinstance(event, Received)]

    def payloads(self) -> list[bytes]:
        """Their payloads."""
        return [event.frame.payload for event in self.received()]

    def send(self, payload: bytes, confirmed: bool = False, port: int = 2) -> Exchange:
        """Send, as often as the modem says that it must wait."""
        return when_allowed(lambda: self.modem.exchange(Uplink(payload, port, confirmed)))

    def in_device(self, action: Callable[[], object]) -> None:
        """Run ``action`` in the device's thread, and wait for its end."""
        done: Queue[None] = Queue()
        self.device.call(lambda: (action(), done.put(None)))
        done.get(timeout=PATIENCE_S)


def when_allowed(action: Callable[[], Exchange]) -> Exchange:
    """``action``, after the waits that the duty cycle asks for, in simulated time."""
    for _ in range(50):
        try:
            return action()
        except MustWait as wait:
            time.sleep(wait.wait_s / SPEED)
    pytest.fail("it never may send")


@contextmanager
def field_with(
    model: str,
    region: Region = REGIONS["EU868"],
    weather: Weather | None = None,
    memory: Memory | None = None,
    identity: Identity = IDENTITY,
    seed: int = 1,
    speed: float = SPEED,
    clock: Callable[[], float] = time.monotonic,
    join_clock: Callable[[], float] = time.time,
    adr_after: int = 20,
    **device: Any,
) -> Iterator[Field]:
    """A field whose network knows IDENTITY; the driver says that it is ``identity``.

    ``clock`` is the driver's for its timeouts, ``join_clock`` for the pauses between joins.
    """
    simulated, driver = MODELS[model]
    events: Queue[Event] = Queue()
    forgetful = ShortMemory()
    network = NetworkServer(events.put, weather, seed, adr_after)
    network.register(IDENTITY, region)
    with simulated(network, region, seed, speed, **device) as found:

        def make(port: SerialPort) -> LorawanModem:
            backoff = JoinBackoff(memory or forgetful, join_clock)
            return driver(port, identity, region, backoff=backoff, clock=clock)  # type: ignore[call-arg]

        place = Field(found, network, events, make)
        yield place
        place.modem.close()


class Scripted(AtDevice):
    """A device that answers each command as ``answer`` says, and keeps what it was asked."""

    def __init__(self, answer: Callable[[str], list[str]]) -> None:
        super().__init__(speed=SPEED)
        self._answer = answer
        self.asked: list[str] = []

    def command(self, line: str) -> None:
        self.asked.append(line)
        self.say(*self._answer(line))
