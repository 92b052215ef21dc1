"""A controller on a pty: the real driver opens it, and finds its answers, pauses and faults.

    python -m firmware_bridge.simulators.controller --seed 1 --lose 0.05 --pir-every 30

prints the pty's path on its first line, and runs until it is interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TypeVar

from firmware_bridge.framing import FrameDecoder
from firmware_bridge.messages import WakeReason
from firmware_bridge.simulators.controller_core import ControllerCore, Language
from firmware_bridge.simulators.controller_parts import NonVolatile, Sensors
from firmware_bridge.simulators.pty_device import Closed, PtyDevice

_Answer = TypeVar("_Answer")

_BYTE_S = 10 / 115_200
"""A start bit, eight bits and a stop bit."""
_POLL_S = 0.005
"""How long its timers may be late, in real time."""
_NOISE_BYTES = 2048

BAUD = 115_200
"""Of the controller's line (docs/firmware-protocol.md)."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How often, from 0 to 1 of all frames, something goes wrong."""

    lose: float = 0.0
    """A frame vanishes, in either direction."""
    double: float = 0.0
    """A frame of the controller arrives twice."""
    flip: float = 0.0
    """A bit of the controller's frame is another."""
    garbage: float = 0.0
    """Up to 300 bytes of garbage come before the controller's frame."""
    brown_out: float = 0.0
    """The controller restarts on a request: before it does it, or before it says so."""


class SimulatedController(PtyDevice):
    """A controller on ``path``. Its own thread runs from ``with`` to the end of the block."""

    def __init__(
        self,
        seed: int = 0,
        faults: Faults | None = None,
        speed: float = 1.0,
        memory: NonVolatile | None = None,
        drift_ppm: float = 0.0,
        language: Language | None = None,
    ) -> None:
        """``seed`` draws the faults; with ``speed`` 10 ten seconds pass in one."""
        super().__init__(speed, BAUD)
        self.sensors = Sensors()
        self._random = random.Random(seed)
        self._faults = faults or Faults()
        self._begun_s = self.now_s()
        self._memory = memory or NonVolatile()
        self._start: Callable[[], ControllerCore] = lambda: ControllerCore(
            self._memory, self.sensors, self._now_ms, drift_ppm, language
        )
        self._core = self._start()
        self._decoder = FrameDecoder()
        self._noise_left = 0

    @property
    def boot(self) -> int:
        """How often the controller has started."""
        return self._memory.boot

    @property
    def waiting(self) -> int:
        """Events that were not acknowledged yet."""
        return self._ask(lambda: self._core.waiting)

    @property
    def host_has_power(self) -> bool:
        """Whether the controller lets the host run."""
        return self._ask(lambda: self._core.power.is_on)

    def pir(self) -> None:
        """Let something warm move before the sensor."""
        self._ask(lambda: self._core.pir())

    def call(self, reason: WakeReason) -> None:
        """Press the button, or call by radio."""
        self._ask(lambda: self._core.call(reason))

    def battery_low(self, battery_mv: int) -> None:
        """Let the battery fall below its limit."""
        self._ask(lambda: self._core.battery_low(battery_mv))

    def brown_out(self) -> None:
        """Let the controller's own supply fail for a moment."""
        self._ask(self._brown_out)

    def flood(self, size_bytes: int) -> None:
        """Let the line carry ``size_bytes`` of garbage as fast as the driver reads, from now on."""
        self._ask(lambda: self._begin_noise(size_bytes))

    @property
    def noise_left(self) -> int:
        """Bytes of garbage still to come."""
        return self._noise_left

    def unplug(self) -> None:
        """End the line, as a pulled plug does."""
        is_unplugged = threading.Event()

        def pull() -> None:
            self._line.close()
            is_unplugged.set()
            raise Closed

        self.order(pull)
        is_unplugged.wait()

    def _ask(self, call: Callable[[], _Answer]) -> _Answer:
        """Have ``call`` carried out by the controller's thread, and wait for what it gives."""
        answer: Future[_Answer] = Future()

        def carry_out() -> None:
            try:
                answer.set_result(call())
            except Exception as error:
                answer.set_exception(error)

        self.order(carry_out)
        return answer.result(timeout=10)

    # From here on in the controller's thread.

    def play(self) -> None:
        """See PtyDevice."""
        while True:
            data = self.read(0 if self._noise_left else _POLL_S * self.speed)
            self._make_noise()
            # A host without power says nothing, and what lies on its line is nobody's.
            payloads = self._decoder.feed(data)
            for payload in payloads if self._core.power.is_on else ():
                self._take(payload)
            frame = self._core.due()
            if frame is not None:
                self._send(frame)

    def _take(self, payload: bytes) -> None:
        if self._happens(self._faults.lose):
            return
        fails = self._happens(self._faults.brown_out)
        if fails and self._happens(0.5):
            self._brown_out()
            return
        answer = self._core.take(payload)
        if fails:
            self._brown_out()
        elif answer is not None:
            self._send(answer)

    def _send(self, frame: bytes) -> None:
        if self._happens(self._faults.garbage):
            frame = self._random.randbytes(self._random.randrange(1, 300)) + frame
        if self._happens(self._faults.flip):
            bit = self._random.randrange(8 * len(frame))
            changed = bytearray(frame)
            changed[bit // 8] ^= 1 << bit % 8
            frame = bytes(changed)
        if self._happens(self._faults.double):
            frame += frame
        if not self._happens(self._faults.lose):
            self.rest(len(frame) * _BYTE_S)
            self.write(frame)

    def _brown_out(self) -> None:
        self._core = self._start()
        self._decoder.reset()

    def _make_noise(self) -> None:
        if self._noise_left and self._line.has_room():
            noise = self._random.randbytes(min(self._noise_left, _NOISE_BYTES))
            self._noise_left -= self._line.write(noise)

    def _begin_noise(self, size_bytes: int) -> None:
        self._noise_left = size_bytes

    def _happens(self, share: float) -> bool:
        return share > 0 and self._random.random() < share

    def _now_ms(self) -> int:
        return int((self.now_s() - self._begun_s) * 1000)


def main(arguments: Sequence[str] | None = None) -> None:
    """The program; see the module."""
    parser = argparse.ArgumentParser(description="A simulated controller on a pty.")
    parser.add_argument("--seed", type=int, default=0, help="draws the faults (default 0)")
    parser.add_argument("--speed", type=float, default=1.0, help="seconds that pass in one second")
    parser.add_argument("--memory", type=Path, help="file of the non-volatile memory")
    parser.add_argument("--drift-ppm", type=float, default=0.0, help="of its clock")
    parser.add_argument("--pir-every", type=float, metavar="S", help="a PIR event every S seconds")
    parser.add_argument("--wrong-dictionary", action="store_true", help="speak an unknown one")
    for fault in fields(Faults):
        share = "share of frames, 0 to 1"
        parser.add_argument(
            f"--{fault.name.replace('_', '-')}", type=float, default=0.0, help=share
        )
    given = parser.parse_args(arguments)
    simulated = SimulatedController(
        given.seed,
        Faults(**{fault.name: getattr(given, fault.name) for fault in fields(Faults)}),
        given.speed,
        NonVolatile.load(given.memory) if given.memory else None,
        given.drift_ppm,
        Language(dictionary=b"another!") if given.wrong_dictionary else None,
    )
    with simulated, contextlib.suppress(KeyboardInterrupt):
        print(simulated.path, flush=True)
        if given.pir_every is None:
            threading.Event().wait()
        while True:
            time.sleep(given.pir_every / given.speed)
            simulated.pir()


if __name__ == "__main__":
    main()
