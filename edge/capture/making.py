"""A burst while it is taken: its pictures so far, and when there are enough of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from edge.capture.camera.camera import Shot
from edge.capture.identity import new_burst_id
from edge.capture.moments import Anchor
from edge.capture.trigger.firing import Cause
from edge.capture.trigger.pacing import Call
from edge.records import Burst, Frame

if TYPE_CHECKING:
    from edge.vision.decode import Pixels

LATE_S = 60.0
"""An event that waited longer than this for its burst is told with the time of its pictures."""
MOST_GLANCE_BYTES = 8_000_000
"""Of a burst's first small pictures, which are kept beside it: 11 of 640 x 360."""


@dataclass(frozen=True, slots=True)
class BurstTerms:
    """How pictures follow each other: one every ``interval_s``, or as they come where the camera
    is slower, until there are ``most_frames`` or ``most_bytes`` of them, those from before the edge
    included. A second look has ``second_look_frames``.

    Raises ValueError where they contradict each other.
    """

    interval_s: float = 0.5
    most_frames: int = 30
    most_bytes: int = 32_000_000
    second_look_frames: int = 2

    def __post_init__(self) -> None:
        if not self.interval_s >= 0:
            raise ValueError("interval_s must be 0 or more")
        if min(self.most_frames, self.most_bytes, self.second_look_frames) < 1:
            raise ValueError("a burst must have room for one frame, a second look too")


class Making:
    """The burst that was called for by ``call``, with the pictures from ``before`` it began. All
    are timed by ``anchor``.

    ``ready_s`` is when the camera could begin at the earliest: it rests after each burst.
    """

    def __init__(
        self,
        call: Call,
        terms: BurstTerms,
        anchor: Anchor,
        before: Sequence[Shot] = (),
        ready_s: float = 0.0,
    ) -> None:
        self.call = call
        self._anchor = anchor
        self._burst_id = new_burst_id()
        self._most_bytes = terms.most_bytes
        looks_again = call.firing.cause is Cause.SECOND_LOOK
        self._most_frames = terms.second_look_frames if looks_again else terms.most_frames
        self._asked_s = max(call.firing.at_s, ready_s)
        self._frames: list[tuple[float, Frame]] = []
        self.glances: dict[int, Pixels] = {}
        """The small pictures of the first frames, by their index."""
        self._glance_bytes = 0
        self._size_bytes = 0
        self.failed = False
        """Whether the camera did."""
        for shot in before:
            self.add(shot)

    def __len__(self) -> int:
        """How many pictures there are."""
        return sum(frame.fault is None for _, frame in tuple(self._frames))

    @property
    def full(self) -> bool:
        """Whether it ends here: there are enough pictures, or the camera failed."""
        enough = len(self._frames) >= self._most_frames or self._size_bytes >= self._most_bytes
        return enough or self.failed

    @property
    def first_frame_ms(self) -> int | None:
        """From the sensor's edge, or the end of the rest, to the first picture after it; None
        where there is none."""
        after = (at_s for at_s, frame in self._frames if at_s >= self._asked_s and not frame.fault)
        first_s = next(after, None)
        return None if first_s is None else round((first_s - self._asked_s) * 1000)

    @property
    def last_picture_s(self) -> float:
        """When the last picture was taken; before all that ever was where there is none."""
        return max((at_s for at_s, frame in self._frames if not frame.fault), default=-math.inf)

    @property
    def frames_before(self) -> int:
        """How many pictures are from before the edge."""
        return sum(at_s < self.call.firing.at_s for at_s, _ in self._frames)

    def add(self, shot: Shot) -> None:
        """One more picture, newer than all before it."""
        if shot.glance is not None:
            self._glance_bytes += shot.glance.pixels.nbytes
            if self._glance_bytes <= MOST_GLANCE_BYTES:
                self.glances[len(self._frames)] = shot.glance.pixels
        self._frames.append((shot.moment.monotonic_s, shot.frame))
        self._size_bytes += len(shot.frame.data)

    def fail(self, why: str, now_s: float) -> None:
        """The camera failed: the burst ends, with a frame in which this is told."""
        self.failed = True
        self._frames.append((now_s, Frame(b"", datetime.now(UTC), fault=why)))

    def burst(self) -> Burst:
        """What was taken so far, one picture at least. It is told with the time of its event, and
        each picture with its own. From any thread: what comes later only adds frames."""
        taken, anchor = tuple(self._frames), self._anchor
        event_s = self.call.firing.at_s
        if self.call.began_s - event_s > LATE_S:
            event_s = taken[0][0]
        frames = tuple(replace(frame, captured_at=anchor.at(at_s)) for at_s, frame in taken)
        return Burst(self._burst_id, anchor.at(event_s), anchor.clock, frames)
