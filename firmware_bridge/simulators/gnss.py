"""A satellite receiver on a pty, once a second in NMEA 0183, at the place that is nowhere.

    python -m firmware_bridge.simulators.gnss --weeks-off 1 --noise 0.3

prints the pty's path and goes on until it is interrupted. Its clock is this machine's.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmware_bridge.nmea import checksum
from firmware_bridge.simulators.pty_device import PtyDevice

_BAUD = 9600
_DELAY_S = 0.15
"""Between the second that is named and the first byte about it."""
NOWHERE = "0000.0000,N,00000.0000,E"
"""The Gulf of Guinea: no station stands there."""


@dataclass(slots=True)
class Faults:
    """What may be wrong, as shares of the sentences, but for ``fix`` and ``ahead``."""

    fix: bool = True
    """Whether satellites are in view."""
    ahead: timedelta = timedelta(0)
    """How wrong the date is: 1024 weeks back where the week number began anew."""
    bad_checksum: float = 0.0
    noise: float = 0.0
    lost: float = 0.0


class GnssSimulator(PtyDevice):
    """The receiver. ``faults`` may be changed while it runs; ``now`` is the true time."""

    def __init__(
        self,
        faults: Faults | None = None,
        *,
        seed: int = 0,
        speed: float = 1.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(speed, _BAUD)
        self.faults = faults or Faults()
        self._random = random.Random(seed)
        self._now = now

    def play(self) -> None:
        """See PtyDevice."""
        while True:
            into_s = self._now().microsecond / 1e6
            # What a host may write is not for a receiver that nobody configures.
            self.read(1.0 - into_s + _DELAY_S if self.speed == 1.0 else 1.0)
            self._tell(self._now())

    def _tell(self, at: datetime) -> None:
        faults = self.faults
        at += faults.ahead
        told = f"{at:%H%M%S}.00" if self.speed == 1.0 else f"{at:%H%M%S.%f}"[:-3]
        status, mode = ("A", "A") if faults.fix else ("V", "N")
        place = NOWHERE if faults.fix else ",,,"
        self._say(f"GNRMC,{told},{status},{place},0.0,,{at:%d%m%y},,,{mode}")
        self._say(f"GNGGA,{told},{place},{int(faults.fix)},08,1.0,0.0,M,0.0,M,,")
        self._say(f"GNZDA,{told},{at:%d},{at:%m},{at:%Y},00,00")

    def _say(self, body: str) -> None:
        if self._chance(self.faults.noise):
            self.write(self._random.randbytes(self._random.randint(1, 40)))
        if self._chance(self.faults.lost):
            return
        check = "00" if self._chance(self.faults.bad_checksum) else checksum(body)
        self.write(f"${body}*{check}\r\n".encode("ascii"))

    def _chance(self, share: float) -> bool:
        return self._random.random() < share


def main() -> None:
    """The program."""
    parser = argparse.ArgumentParser(prog="gnss", description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="draws the faults")
    parser.add_argument("--no-fix", action="store_true", help="no satellite is in view")
    parser.add_argument(
        "--weeks-off", type=int, default=0, metavar="N", help="so many times 1024 weeks back"
    )
    for name in ("bad-checksum", "noise", "lost"):
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="SHARE")
    given = parser.parse_args()
    ahead = timedelta(weeks=-1024 * given.weeks_off)
    faults = Faults(not given.no_fix, ahead, given.bad_checksum, given.noise, given.lost)
    with GnssSimulator(faults, seed=given.seed) as device, contextlib.suppress(KeyboardInterrupt):
        print(device.path, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
