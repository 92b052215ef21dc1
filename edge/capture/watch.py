"""What keeps watch: triggers, a camera and the ring before the edge become bursts.

One turn waits for a firing until the next picture is due, and takes it. Nothing in here waits for
the card or for a model.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from edge.capture.camera.camera import UNKNOWN_EXPOSURE, Shot
from edge.capture.camera.errors import CameraError
from edge.capture.camera.lasting import LastingCamera
from edge.capture.camera.ring import PreTriggerRing
from edge.capture.handover import HandOver
from edge.capture.light_levels import Lights
from edge.capture.making import BurstTerms, Making
from edge.capture.moments import Clock, anchor_of
from edge.capture.trigger.firing import Cause, Firing, Trigger, TriggerError
from edge.capture.trigger.pacing import Pacing
from edge.records import Burst

_log = logging.getLogger("irbis")

LOOK_S = 0.5
"""A turn in which nothing is due takes so long."""
PROBE_S = 10.0
"""An armed camera without a ring takes a picture this often, to see that it still can."""
LOOKS = 6
"""Pictures of a look: a camera that was asleep meters with the first ones."""
_LATE_PICTURES_S = 1.0
"""A driver hands out pictures from before the edge for less than this; else it stamps them wrongly,
and they are taken as they come."""
_MOST_HEARD = 256
"""Firings of one turn: a picture is due between a storm's."""


@dataclass(frozen=True, slots=True)
class WatchTerms:
    """With ``asleep`` the camera is closed between bursts, and the ring stays empty; else it holds
    ``ring_frames`` of ``ring_bytes``, taken within the last ``ring_s``. A second look comes
    ``second_look_s`` after a burst of a sensor; 0: never.

    Raises ValueError where they contradict each other.
    """

    burst: BurstTerms = field(default_factory=BurstTerms)
    asleep: bool = False
    ring_frames: int = 4
    ring_bytes: int = 16_000_000
    ring_s: float = 2.0
    second_look_s: float = 0.0

    def __post_init__(self) -> None:
        if min(self.ring_frames, self.ring_bytes) < 0 or not self.ring_s > 0:
            raise ValueError("a ring has 0 frames or more, and some seconds")
        if not self.asleep and self.ring_frames >= self.burst.most_frames:
            raise ValueError("a burst must have room for more frames than the ring")
        if self.second_look_s < 0:
            raise ValueError("second_look_s must be 0 or more")

    @property
    def idle_s(self) -> float:
        """Between two pictures while nothing happens; for ever where the camera sleeps."""
        if self.asleep:
            return math.inf
        return self.ring_s / self.ring_frames if self.ring_frames else PROBE_S


class Watch:
    """Puts a burst into ``bursts`` for whatever ``triggers`` and ``pacing`` call for.

    ``turn`` is for one thread; ``counters``, ``taking`` and ``so_far`` for any.
    """

    def __init__(
        self,
        triggers: Trigger,
        camera: LastingCamera,
        pacing: Pacing,
        terms: WatchTerms,
        bursts: HandOver,
        clock: Clock,
        lights: Lights,
        tell: Callable[[str], None],
    ) -> None:
        self._triggers, self._camera, self._pacing, self._terms = triggers, camera, pacing, terms
        self._bursts, self._clock, self._lights, self._tell = bursts, clock, lights, tell
        ring_frames = 0 if terms.asleep else terms.ring_frames
        self._ring = PreTriggerRing(ring_frames, terms.ring_bytes)
        self._held: list[Firing] = []
        self._asked_again: Firing | None = None
        self._making: Making | None = None
        self._picture_due_s = -math.inf  # at once, a camera that sleeps too: does it work?
        self._second_look_due_s = math.inf
        self.affords_second_looks: Callable[[], bool] = lambda: True
        """Whether the battery does; asked when one is due."""
        self._ready_s = 0.0
        self._counts = {"fired": 0, "missed": 0, "bursts_taken": 0, "second_looks": 0}
        self._first_frame_ms_max = 0
        self._looks_left = 0
        self.newest: Shot | None = None
        """The picture that was taken last; from any thread."""

    def look(self) -> None:
        """Take some pictures for somebody who wants to know whether it can; a camera that sleeps
        is woken for it. They get into no burst. From any thread."""
        self._looks_left = LOOKS

    @property
    def looking(self) -> bool:
        """Whether such pictures are still to be taken; a burst comes first."""
        return self._looks_left > 0 and self._making is None

    @property
    def taking(self) -> bool:
        """Whether a burst is being taken."""
        return self._making is not None

    def so_far(self) -> Burst | None:
        """The burst that is being taken, with the pictures that it has; None without one."""
        making = self._making
        return making.burst() if making is not None and len(making) else None

    @property
    def looks_again(self) -> bool:
        """Whether a second look is still to come."""
        return self._second_look_due_s < math.inf and self.affords_second_looks()

    def counters(self) -> Mapping[str, int]:
        """Since the start. ``missed``: firings while no picture could be taken. The longest that
        the first picture took is in milliseconds from the edge."""
        return {
            **self._counts,
            "first_frame_ms_max": self._first_frame_ms_max,
            "camera_faults": self._camera.faults,
            "firings_lost": self._triggers.lost,
        }

    def turn(self) -> None:
        """Wait for what comes next, and do it."""
        heard = self._hear()
        if self._camera.blindness is not None:
            heard = self._see_again(heard)
        self._note(heard)
        self._begin()
        due = time.monotonic() >= self._picture_due_s or self.looking
        if self._camera.blindness is None and due:
            self._take()
        self._end()
        self._camera.let_go()  # not before: a driver may hang, and what it gave is handed over
        self._rest()

    def finish(self) -> None:
        """End a burst that is being taken, with the pictures it has."""
        if self._making is not None:
            self._close_burst(self._making)

    def _hear(self) -> list[Firing]:
        """What fired, as soon as something does, or nothing when a picture is due."""
        heard: list[Firing] = []
        wait_s = self._wait_s(time.monotonic())
        for _ in range(_MOST_HEARD):
            try:
                firing = self._triggers.wait(wait_s)
            except TriggerError as error:
                self._tell(f"trigger: {error}")
            else:
                if firing is None:
                    break
                heard.append(firing)
            wait_s = 0.0
        self._counts["fired"] += len(heard)
        return heard

    def _wait_s(self, now_s: float) -> float:
        due_s = min(self._second_look_due_s, now_s + LOOK_S)
        if self._camera.blindness is not None:
            return max(0.0, due_s - now_s)
        due_s = now_s if self.looking else min(due_s, self._picture_due_s)
        if self._making is not None:
            due_s = min(due_s, self._pacing.ends_s or now_s)
        elif self._pacing.counters()["waiting"] and self._bursts.has_room:
            due_s = min(due_s, self._ready_s)
        return max(0.0, due_s - now_s)

    def _see_again(self, heard: list[Firing]) -> list[Firing]:
        """Try the camera, no more often than it bears; what fired and may get a burst now. What
        fires between two tries waits for the second."""
        heard, self._held = self._held + heard, []
        if not self._camera.may_try(urgent=bool(heard)):
            self._held = heard
            return []
        shot = self._shot()
        if shot is None:
            self._counts["missed"] += len(heard)
            return []
        self._ring.put(shot)
        self._picture_due_s = time.monotonic() + self._terms.idle_s
        return heard

    def _note(self, heard: list[Firing]) -> None:
        now_s = time.monotonic()
        for firing in heard:
            if firing is self._asked_again:
                self._pacing.again(firing)
            else:
                self._pacing.fired(firing, now_s)
        if now_s >= self._second_look_due_s:
            self._second_look_due_s = math.inf
            is_free = self._making is None and self._camera.blindness is None
            if is_free and self.affords_second_looks():
                self._counts["second_looks"] += 1
                self._pacing.fired(Firing(Cause.SECOND_LOOK, "second look", now_s), now_s)

    def _begin(self) -> None:
        if self._making is not None or self._camera.blindness is not None:
            return
        if not self._bursts.has_room:
            return
        call = self._pacing.begin(time.monotonic())
        if call is None:
            return
        before: tuple[Shot, ...] = ()
        if call.firing.cause is not Cause.SECOND_LOOK:
            self._second_look_due_s = math.inf
            before = self._ring.take_before(call.firing.at_s, self._terms.ring_s)
            before += self._ring.take_all()  # taken before the edge was heard of
        self._camera.begin_burst()
        anchor = anchor_of(call.firing, self._clock, time.monotonic())
        self._making = Making(call, self._terms.burst, anchor, before, self._ready_s)
        self._picture_due_s = -math.inf

    def _take(self) -> None:
        began_s, slept = time.monotonic(), not self._camera.is_open
        shot = self._shot()
        if shot is None:
            return
        if self._making is not None:
            if slept:
                self._pacing.awake(time.monotonic())
            self._making.add(shot)
            lay_ready = self._making.first_frame_ms is None  # from before the edge
            if not lay_ready or began_s > self._making.call.began_s + _LATE_PICTURES_S:
                self._picture_due_s = began_s + self._terms.burst.interval_s
            return
        self._ring.put(shot)
        self._picture_due_s = began_s + self._terms.idle_s

    def _shot(self) -> Shot | None:
        """A picture; None where the camera failed, which the burst then tells."""
        try:
            runs = self._camera.is_open
            shot = self._camera.take(UNKNOWN_EXPOSURE if runs else self._lights.recall())
        except CameraError as error:
            if self._making is not None:
                self._making.fail(str(error), time.monotonic())
            self._ring.clear()  # what lies before the gap belongs to no later event
            self._looks_left = 0
            return None
        if not self._camera.is_aside:
            self._lights.saw(shot.frame.exposure)
        self._looks_left = max(0, self._looks_left - 1)
        self.newest = shot
        return shot

    def _end(self) -> None:
        making = self._making
        if making is None:
            return
        if making.full or time.monotonic() >= (self._pacing.ends_s or 0.0):
            self._close_burst(making)

    def _close_burst(self, making: Making) -> None:
        now_s = time.monotonic()
        self._making = None
        self._pacing.end(now_s)
        self._ready_s = now_s + self._pacing.terms.rest_s
        self._picture_due_s = now_s + self._terms.idle_s
        if len(making):
            self._bursts.put(making.burst(), making.glances)
            self._count(making)
        asks_again = making.failed and self._asks_again(making)
        if not len(making) and not asks_again:
            self._counts["missed"] += 1
        self._camera.end_burst()  # last: it may take a moment, and a driver may hang
        sampled = self._pacing.raging(making.call.firing.source)
        if making.call.firing.cause is Cause.PIR and self._terms.second_look_s and not sampled:
            self._second_look_due_s = now_s + self._terms.second_look_s

    def _asks_again(self, making: Making) -> bool:
        """Whether a firing has no picture, for a camera that stumbled, and gets a second try."""
        latest = self._pacing.latest
        if latest is None or latest is self._asked_again or latest.at_s < making.last_picture_s:
            return False
        if latest.cause is Cause.SECOND_LOOK:
            return False
        self._asked_again = latest
        self._held.append(latest)
        return True

    def _count(self, making: Making) -> None:
        self._counts["bursts_taken"] += 1
        first_ms = making.first_frame_ms
        if first_ms is not None:
            self._first_frame_ms_max = max(self._first_frame_ms_max, first_ms)
        _log.info(
            "%s fired: %d frames before it, %d after it, the first %s",
            making.call.firing.source,
            making.frames_before,
            len(making) - making.frames_before,
            "never" if first_ms is None else f"{first_ms} ms later",
        )

    def _rest(self) -> None:
        """Close a camera that is to sleep, and has nothing to do."""
        if not self._terms.asleep or not self._camera.is_open or self._making is not None:
            return
        if self.looking or (self._pacing.counters()["waiting"] and self._bursts.has_room):
            return
        self._camera.close()
        self._lights.keep()
