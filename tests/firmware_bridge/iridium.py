"""A simulated Iridium modem, a driver on it, and what the gateway got."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

from firmware_bridge.iridium_sbd import IridiumSbd, SbdTiming
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.iridium_sky import Faults
from tests.firmware_bridge.modems import Clock

# The simulated modem lives a thousand times as fast, its longest session in 22 ms.
SPEED = 1000.0
# For a machine that has other things to do.
PATIENT = SbdTiming(reply_s=5.0, session_s=10.0, awake_s=20.0, step_s=1.0)
# Where answers are lost on purpose, and waited for in vain.
HASTY = SbdTiming(reply_s=0.4, session_s=0.5, awake_s=10.0, step_s=0.1)


class Field:
    """A driver, its modem, and what the gateway got."""

    def __init__(
        self,
        faults: Faults | None = None,
        seed: int = 0,
        timing: SbdTiming = PATIENT,
        kind: type[IridiumSbdSimulator] = IridiumSbdSimulator,
    ) -> None:
        self.got: list[tuple[int, bytes]] = []
        self.clock = Clock()
        self._timing = timing
        self.sim = kind(
            lambda momsn, message: self.got.append((momsn, message)),
            seed=seed,
            speed=SPEED,
            faults=faults,
        )

    @contextmanager
    def running(self) -> Iterator[IridiumSbd]:
        with self.sim:
            self.modem = self.plug_in()
            yield self.modem
            self.modem.close()

    def plug_in(self) -> IridiumSbd:
        return IridiumSbd(
            SerialPort(self.sim.path, 19_200),
            timing=self._timing,
            rng=random.Random(1),
            clock=self.clock,
        )

    @property
    def messages(self) -> list[bytes]:
        return [message for _, message in self.got]
