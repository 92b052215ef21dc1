"""A device with a mind of its own behind a pty: what the simulated Iridium and Notecard share.

One thread plays the device. Waits are divided by ``speed``: at 1.0 they last as long as the
device's documentation says.
"""

from __future__ import annotations

import contextlib
import os
import select
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType
from typing import Self

from firmware_bridge.simulators.pty_line import PtyLine


class Closed(Exception):
    """The simulator was closed while its device was busy. Never leaves this package."""


class PtyDevice(ABC):
    """A device on ``path``. Its own thread runs from ``with`` to the end of the block."""

    def __init__(self, speed: float, baud: int) -> None:
        """``speed`` above 1 shortens every wait of the device. Raises ValueError at 0 and below.

        What the device says takes its time at ``baud``, 8N1.
        """
        if speed <= 0:
            raise ValueError(f"a device at speed {speed} never answers: give a speed above 0")
        self.speed = speed
        self._byte_s = 10 / baud
        self._line = PtyLine()
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._bell = os.pipe()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=type(self).__name__, daemon=True)

    def __enter__(self) -> Self:
        """Switch the device on."""
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch the device off and take its line away."""
        self._closing.set()
        os.write(self._bell[1], b".")
        self._thread.join()
        self._line.close()
        for end in self._bell:
            os.close(end)

    @property
    def path(self) -> str:
        """What a driver opens, such as ``/dev/pts/3``."""
        return self._line.path

    @abstractmethod
    def play(self) -> None:
        """The device's life, in its own thread, until ``Closed`` is raised out of ``read``."""

    def order(self, call: Callable[[], None]) -> None:
        """Let the device's thread run ``call`` when it next reads. For other threads."""
        self._orders.put(call)
        os.write(self._bell[1], b".")

    def now_s(self) -> float:
        """Seconds of the device's time, from an arbitrary start."""
        return time.monotonic() * self.speed

    def read(self, timeout_s: float | None = None) -> bytes:
        """Bytes of the host, in the device's thread; empty after ``timeout_s``. Raises Closed."""
        deadline_s = None if timeout_s is None else self.now_s() + timeout_s
        while True:
            # Also those that were left when an earlier one ended in a power cut.
            while not self._orders.empty():
                self._orders.get()()
            left_s = None if deadline_s is None else max(0.0, deadline_s - self.now_s())
            ready, _, _ = select.select(
                [self._line.fileno(), self._bell[0]],
                [],
                [],
                None if left_s is None else left_s / self.speed,
            )
            if self._closing.is_set():
                raise Closed
            if self._bell[0] in ready:
                os.read(self._bell[0], 4096)
            elif ready:
                return self._line.read()
            else:
                return b""

    def write(self, data: bytes) -> None:
        """Bytes to the host; what a host does not read is lost, as on a UART. Raises Closed."""
        self.rest(len(data) * self._byte_s)
        self._line.write(data)

    def rest(self, seconds: float) -> None:
        """Be busy for ``seconds`` of the device's time. Raises Closed."""
        if self._closing.wait(seconds / self.speed):
            raise Closed

    def be_off(self, seconds: float) -> None:
        """Have no power for ``seconds`` of the device's time: what the host says is lost."""
        self.rest(seconds)
        while self._line.read():
            pass

    def _run(self) -> None:
        with contextlib.suppress(Closed):
            self.play()


def run_program(device: PtyDevice, send_downlink: Callable[[bytes], None], *told: str) -> None:
    """Play ``device`` until interrupted; each line of input is a downlink, in hexadecimal.

    Its path is printed, and a line for each of ``told``.
    """
    with device, contextlib.suppress(KeyboardInterrupt):
        print(device.path, *told, sep="\n", flush=True)
        for line in sys.stdin:
            try:
                send_downlink(bytes.fromhex(line))
            except ValueError:
                print(f"{line.strip()!r} is no hexadecimal, such as 0a1b", file=sys.stderr)
        threading.Event().wait()
