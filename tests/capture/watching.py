"""A watch with real parts: pictures that are replayed, a sensor that somebody sets off."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, Camera, Moment, Shot
from edge.capture.camera.errors import CameraGone, NotStarted
from edge.capture.camera.lasting import LastingCamera, LastingTerms
from edge.capture.light_levels import Lights
from edge.capture.making import BurstTerms
from edge.capture.trigger.firing import Cause, Firing, Trigger
from edge.capture.trigger.pacing import PacingTerms
from edge.capture.trigger.pushed import ManualTrigger, PushedTrigger
from edge.capture.trigger.storm import StormTerms
from edge.capture.triggered import SourceTerms, TriggeredSource
from edge.capture.watch import WatchTerms
from edge.records import Burst, ClockQuality, Exposure, Frame

PATIENCE_S = 60.0
QUICK = PacingTerms(debounce_s=0, tail_s=0.05, longest_s=0.2, rest_s=0.0)
SMALL = BurstTerms(interval_s=0.01, most_frames=5)


class Sensor(PushedTrigger):
    """A motion sensor that somebody sets off, just now or some seconds ago."""

    def __init__(self, name: str = "pir") -> None:
        super().__init__(name, Cause.PIR)

    def fire(self, ago_s: float = 0.0) -> None:
        self._push(time.monotonic() - ago_s)


class Seen(PushedTrigger):
    """A sensor that has a clock of its own."""

    def __init__(self) -> None:
        super().__init__("controller", Cause.PIR)

    def fire(self, at: datetime, clock: ClockQuality) -> None:
        self._push(time.monotonic(), at, clock)


class Moody:
    """A camera in whose life ``gone`` is when somebody has pulled the cable; it tells how it was
    exposed, and how often it was opened."""

    def __init__(self) -> None:
        self.gone = False
        self.gone_after = 10**9
        self.opened = 0
        self.exposure = Exposure(2_000)
        self.started_with: list[Exposure] = []
        self.runs = False

    def start(self, exposure: Exposure = UNKNOWN_EXPOSURE) -> None:
        if self.runs:
            return
        if self.gone:
            raise CameraGone("no camera: was it unplugged?")
        self.opened += 1
        self.started_with.append(exposure)
        self.runs = True

    def grab(self, timeout_s: float) -> Shot:
        if not self.runs:
            raise NotStarted("start it first")
        self.gone = self.gone or self.gone_after <= 0
        if self.gone:
            raise CameraGone("it was unplugged")
        self.gone_after -= 1
        moment = Moment.ago()
        return Shot(Frame(b"picture", moment.captured_at, self.exposure), moment, None)

    def close(self) -> None:
        self.runs = False


@dataclass
class Memory:
    """A value that survives."""

    state: bytes | None = None

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes) -> None:
        self.state = state


@dataclass
class Post:
    """A source at its post: turn by turn, or in a thread of its own."""

    source: TriggeredSource
    sensor: Sensor
    button: ManualTrigger
    told: list[str] = field(default_factory=list)

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.source.step()

    def burst(self) -> Burst:
        """The next burst, with the turns that it takes."""
        end_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < end_s:
            self.source.step()
            if len(self.source.waiting):
                burst = self.source.next_burst(0)
                assert burst is not None
                return burst
        raise AssertionError("no burst came")

    @contextmanager
    def watching(self) -> Iterator[None]:
        stop = threading.Event()

        def run() -> None:
            while not stop.is_set():
                self.source.step()

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(PATIENCE_S)


def station_clock() -> tuple[datetime, ClockQuality]:
    return datetime.now(UTC), ClockQuality.RTC


@contextmanager
def posted(
    camera: Camera,
    *others: Trigger,
    watch: WatchTerms | None = None,
    pacing: PacingTerms = QUICK,
    storm: StormTerms | None = None,
    memory: Memory | None = None,
    silent_s: float = PATIENCE_S,
) -> Iterator[Post]:
    """An armed source with one sensor, and ``others``."""
    sensor, button, told = Sensor(), ManualTrigger(), list[str]()
    terms = SourceTerms(
        watch or WatchTerms(SMALL, ring_frames=3, ring_s=0.03),
        pacing,
        storm or StormTerms(most_bursts=10**6),
        silent_s,
        grace_s=0.0,
    )
    source = TriggeredSource(
        (sensor, *others),
        button,
        LastingCamera(camera, LastingTerms(silent_s, retry_s=0.01, most_retry_s=0.02)),
        terms,
        station_clock,
        Lights(memory or Memory(), lambda: 7),
        told.append,
        Random(1),
    )
    source.arm()
    try:
        yield Post(source, sensor, button, told)
    finally:
        source.close()


def firing(at_s: float, cause: Cause = Cause.PIR) -> Firing:
    return Firing(cause, "pir", at_s)
