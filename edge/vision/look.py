"""Look at one frame: decode it, search it, name what is there."""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.config import Triage
from edge.records import Detection, FrameJudgement, ObservationType
from edge.vision.boxes import WHOLE
from edge.vision.clock import Stopwatch
from edge.vision.decode import Picture, decode
from edge.vision.eyes import Eyes
from edge.vision.verdict import Species

LONG_SIDE_PX = 640
"""Frames are decoded to this long side, or up to twice as much: twice the detector's input."""
VEHICLE_MASS = 0.3
"""From this mass on a motor vehicle is seen: in 22 of 24 frames of one, and falsely in 1 of 900."""


@dataclass(frozen=True, slots=True)
class Look:
    """One frame after looking: ``picture`` is None where it could not be decoded."""

    judgement: FrameJudgement
    species: Species = ()
    picture: Picture | None = None


def look_at(data: bytes, eyes: Eyes, policy: Triage, watch: Stopwatch, naming: bool) -> Look:
    """Look at the file of one frame. ``naming`` asks the species head too.

    Nothing is raised: whatever goes wrong in a decoder, a model or this code, for want of memory
    too, ends up in the judgement's ``error`` together with what was found before it.
    """
    stages = _Stages(eyes, policy, watch)
    try:
        stages.run(data, naming)
    except Exception as error:  # one frame must never cost the station its burst
        text = " ".join(str(error).split()) or type(error).__name__
        stages.judgement = replace(stages.judgement, error=text)
    return Look(stages.judgement, stages.species, stages.picture)


class _OutOfTime(Exception):  # caught here, never seen outside
    """The burst's time was up before this step."""


class _Stages:
    """Holds what has been found so far, so that a failure leaves it standing."""

    def __init__(self, eyes: Eyes, policy: Triage, watch: Stopwatch) -> None:
        self._eyes, self._policy, self._watch = eyes, policy, watch
        self.judgement = FrameJudgement()
        self.species: Species = ()
        self.picture: Picture | None = None

    def run(self, data: bytes, naming: bool) -> None:
        if self._eyes.working is None:
            self.judgement = FrameJudgement(error=self._eyes.blindness or "no model to judge with")
            return
        finder, namer = self._eyes.working
        self._in_time("decoding")
        with self._watch.step("decode"):
            self.picture = decode(data, LONG_SIDE_PX)
        self.judgement = FrameJudgement(error=self.picture.damage)
        self._in_time("detection")
        with self._watch.step("detect"):
            found = finder.find(self.picture.pixels, self._policy.doubt_score)
        self.judgement = replace(self.judgement, detections=found)
        if not naming:
            return
        self._in_time("naming")
        with self._watch.step("species"):
            named = namer.name(self.picture.pixels, found[0].box if found else None)
        if named.vehicle_mass >= VEHICLE_MASS:
            found = (*found, Detection(WHOLE, ObservationType.VEHICLE.value, named.vehicle_mass))
        self.judgement = replace(self.judgement, detections=found, target_mass=named.target_mass)
        self.species = named.species

    def _in_time(self, step: str) -> None:
        if self._watch.expired:
            raise _OutOfTime(f"time-out: {self._policy.timeout_s:g} s were over before {step}")
