"""A lens with sensors: the source of bursts of a station that catches by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from edge.capture.camera.camera import Shot
from edge.capture.camera.errors import CameraError, CameraGone
from edge.capture.camera.lasting import LastingCamera
from edge.capture.handover import HandOver
from edge.capture.light_levels import Lights
from edge.capture.moments import Clock
from edge.capture.trigger.firing import Trigger, TriggerError
from edge.capture.trigger.pacing import Pacing, PacingTerms
from edge.capture.trigger.storm import Left, StormReport, StormTerms
from edge.capture.trigger.together import Together
from edge.capture.watch import Watch, WatchTerms
from edge.records import Burst

_MOST_BURSTS_WAITING = 4
"""Taken, and not yet durable: a card that is slow for a minute costs no animal."""
_ASKED_EVERY_S = 0.1
_HANGS_S = 60.0
"""A turn of the watch that takes longer than the camera may be silent and this does not end."""


class NoSensor(CameraError, RuntimeError):
    """None of the triggers works: nothing would ever be taken."""


@dataclass(frozen=True, slots=True)
class SourceTerms:
    """How bursts are taken, and how often."""

    watch: WatchTerms = field(default_factory=WatchTerms)
    pacing: PacingTerms = field(default_factory=PacingTerms)
    storm: StormTerms = field(default_factory=StormTerms)
    silent_s: float = 10.0
    """A camera without a picture for so long is opened anew."""
    grace_s: float = 3.0
    """A camera that is back within this was no trouble: it is counted, and nobody is told."""


class TriggeredSource:
    """Bursts that ``sensors`` call for, taken by ``camera``, which is opened and opened again.

    ``button`` fires, too, for somebody who tests; it does not count as a sensor that works.
    ``arm`` takes the sensors, ``step`` keeps watch, in a thread that does nothing else;
    ``next_burst`` belongs to the one that stores. While nothing can be caught it raises
    CameraError, again and again, after all bursts that can be given.
    """

    def __init__(
        self,
        sensors: tuple[Trigger, ...],
        button: Trigger,
        camera: LastingCamera,
        terms: SourceTerms,
        clock: Clock,
        lights: Lights,
        tell: Callable[[str], None],
        random: Random | None = None,
    ) -> None:
        self._camera, self._terms, self._lights = camera, terms, lights
        self._tell = tell
        self._sensors = range(len(sensors))
        self._triggers = Together([*sensors, button])
        self._storms = _Storms(tell)
        draw = (random or Random()).random
        self._pacing = Pacing(terms.pacing, terms.storm, draw, self._storms.tell)
        self.waiting = HandOver(_MOST_BURSTS_WAITING, terms.watch.burst.most_bytes)
        """Taken, and not yet asked for."""
        self._watch = Watch(
            self._triggers,
            camera,
            self._pacing,
            terms.watch,
            self.waiting,
            clock,
            lights,
            tell,
        )
        self._turned_s: float | None = None
        self._ended = False
        self._leaving = threading.Event()

    # For any thread.

    @property
    def exhausted(self) -> bool:
        """Whether it was told to end, and gave all it had."""
        return self._ended and not len(self.waiting)

    @property
    def busy(self) -> bool:
        """Whether a burst is being taken, waits to be stored, or is about to begin."""
        about_to = self._pacing.counters()["waiting"] > 0 and self.blindness is None
        return self._watch.taking or about_to or len(self.waiting) > 0

    @property
    def looks_again(self) -> bool:
        """Whether a second look at what fired last is still to come."""
        return self._watch.looks_again

    def look_again_while(self, afforded: Callable[[], bool]) -> None:
        """Take second looks only while the battery affords them."""
        self._watch.affords_second_looks = afforded

    @property
    def rests_s(self) -> float:
        """For how long nothing that fires will get a burst, as its sensors storm; else 0."""
        return self._pacing.rests_s(time.monotonic())

    @property
    def blindness(self) -> CameraError | None:
        """Why nothing can be caught now; None where something can."""
        hangs_s = self._terms.silent_s + _HANGS_S
        if self._turned_s is not None and time.monotonic() - self._turned_s > hangs_s:
            return CameraGone(f"the camera's driver has not answered for {hangs_s:.0f} s or more")
        blind = self._camera.blindness
        if blind is not None and time.monotonic() - blind.since_s >= self._terms.grace_s:
            return blind.error
        failing = self._triggers.failing
        if self._sensors and all(place in failing for place in self._sensors):
            return NoSensor(f"no sensor works: {failing[0]}")
        return None

    def picture(self, wait_s: float) -> Shot | None:
        """The newest; a camera that sleeps is woken for some, and gives the last of them. None
        where none came within ``wait_s``, or `leave` was called. They are kept nowhere."""
        end_s, before = time.monotonic() + wait_s, None
        if self._terms.watch.asleep:
            before = self._watch.newest
            self._watch.look()
        while time.monotonic() < end_s and not self._leaving.is_set():
            newest = self._watch.newest
            if newest is not before and not self._watch.looking:
                return newest
            if self.blindness is not None:
                return None
            self._leaving.wait(_ASKED_EVERY_S)
        return None

    def leave(self) -> None:
        """The station stops: nobody waits for a picture any more."""
        self._leaving.set()

    def alarms(self) -> Mapping[str, str]:
        """What is wrong now, by its alarm's name."""
        blindness, failing = self.blindness, self._triggers.failing
        standing = {}
        if blindness is not None and not isinstance(blindness, NoSensor):
            standing["no-camera"] = str(blindness)
        if failing:
            standing["sensor-failed"] = "; ".join(str(error) for error in failing.values())
        if self._storms.raging:
            standing["sensor-storm"] = (
                f"samples are taken of {', '.join(sorted(self._storms.raging))}"
            )
        return standing

    def counters(self) -> Mapping[str, int]:
        """What became of all that fired, since the start. It adds up but for what still waits for
        its burst, and for second looks, which nothing fired for: see `Pacing.counters`."""
        paced = self._pacing.counters()
        return {
            **self._watch.counters(),
            "taken_in": paced["taken"],
            "bounced": paced["bounced"],
            "passed_over": paced["passed_over"],
            "stale": paced["stale"],
            "storms": self._storms.count,
        }

    # For whoever arms and ends the station.

    def arm(self) -> None:
        """Take the sensors: what fires from now on is heard."""
        try:
            self._triggers.arm()
        except TriggerError as error:
            self._tell(f"sensors: {error}")

    def end(self) -> None:
        """Let a burst that is being taken be over; none follows. Once ``step`` is not called any
        more."""
        self._watch.finish()
        self._ended = True

    def close(self) -> None:
        self._triggers.close()
        self._camera.release()
        self._lights.save()

    def left(self) -> Mapping[str, Left]:
        """What storm control has left, for the next start. Once ``step`` is not called any more."""
        return self._pacing.left(time.monotonic())

    def expect(self, raging: frozenset[str]) -> None:
        """These sensors stormed as the station ended: their alarm stands until more is known."""
        self._storms.raging = raging

    # For a thread that may wait for the card.

    def keep(self) -> bool:
        """Write down what is to survive a reboot; whether there was something new."""
        return self._lights.save()

    # For the thread that watches.

    def step(self) -> bool:
        """Wait for what comes next, and do it. Always True: it is to be called again at once."""
        before, self._turned_s = self.blindness, time.monotonic()
        self._watch.turn()
        self._turned_s = time.monotonic()
        if before is not None and self.blindness is None:
            self._tell(f"the station watches again, after: {before}")
        return True

    def recall(self, left: Mapping[str, Left], ago_s: float) -> None:
        """Go on with what was ``left`` at the station's end, ``ago_s`` ago."""
        self._storms.raging = self._pacing.recall(left, ago_s, time.monotonic())

    # For the thread that stores.

    def next_burst(self, timeout_s: float) -> Burst | None:
        burst = self.waiting.take(0.0 if self._ended else timeout_s)
        blindness = self.blindness
        if burst is None and blindness is not None and not self._ended:
            raise blindness
        return burst

    def so_far(self) -> Burst | None:
        return None if len(self.waiting) else self._watch.so_far()

    def done_with(self, burst: Burst) -> None:
        """Nothing to let go of: what was handed over is not kept."""


@dataclass
class _Storms:
    """Which sensors rage, how many storms there were; a person is told of each once or twice."""

    tell_person: Callable[[str], None]
    count: int = 0
    raging: frozenset[str] = field(default_factory=frozenset)

    def tell(self, report: StormReport) -> None:
        if report.over:
            self.raging -= {report.source}
            self.tell_person(
                f"{report.source}: the storm is over; of {report.firings} firings"
                f" {report.bursts} were taken, within {report.last_s - report.began_s:.0f} s"
            )
        else:
            self.count += 1
            self.raging |= {report.source}
            self.tell_person(
                f"{report.source}: it fires too often; samples are taken until it stops"
            )
