"""Look at one frame: decode it, compare it, search it, name what is there.

Where its camera took a small picture beside it, that is looked at before: most frames are empty,
and those need not be decoded (edge.vision.glance).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from edge.config import Triage
from edge.records import Detection, FrameJudgement, ObservationType
from edge.vision.clock import Stopwatch
from edge.vision.confirm import confirmed, with_what_fills
from edge.vision.decode import Picture, Pixels, decode
from edge.vision.eyes import Eyes, Finder, Namer
from edge.vision.glance import finds_nothing, glimpse, is_worth_searching, names_nothing
from edge.vision.motion import Small, small
from edge.vision.nms import merged
from edge.vision.scene import Scene
from edge.vision.seek import FAINT_SCORE, seek
from edge.vision.verdict import Species

LONG_SIDE_PX = 640
"""Frames are decoded to this long side, or up to twice as much: twice the detector's input."""


@dataclass(frozen=True, slots=True)
class Look:
    """One frame after looking: ``picture`` is None where it could not be decoded, ``small`` where
    it was not, was damaged, or compared with nothing; ``small_glance`` is the same of the camera's
    small picture, None where the file is damaged. ``faint`` are boxes too faint to be a reason for
    doubt.
    ``first`` is the picture that was looked at first: the camera's small one, or ``picture``;
    ``is_glance`` says that it was the small one, and the only one, ``is_searched_twice`` that the
    small one was searched in vain.
    """

    judgement: FrameJudgement
    species: Species = ()
    picture: Picture | None = None
    small: Small | None = None
    small_glance: Small | None = None
    faint: tuple[Detection, ...] = ()
    first: Picture | None = None
    is_glance: bool = False
    is_searched_twice: bool = False


def look_at(
    data: bytes,
    eyes: Eyes,
    policy: Triage,
    watch: Stopwatch,
    naming: bool,
    scene: Scene | None = None,
    glance: Pixels | None = None,
    glancing: bool = True,
) -> Look:
    """Look at the file of one frame. ``naming`` asks the species head too.

    The small picture ``glance`` of the same instant is compared in the file's place and, with
    ``glancing``, searched. Where it shows nothing the file is not decoded, and ``picture`` is that.

    A frame that differs nowhere from a clear one in ``scene`` is judged to be the same as that, and
    no model is asked. With ``scene`` absent nothing is compared.

    Nothing is raised: whatever goes wrong in a decoder, a model or this code, for want of memory
    too, ends up in the judgement's ``error`` together with what was found before it.
    """
    stages = _Stages(eyes, policy, watch, scene)
    try:
        stages.run(data, naming, glance, glancing)
    except Exception as error:  # one frame must never cost the station its burst
        text = " ".join(str(error).split()) or type(error).__name__
        stages.judgement = replace(stages.judgement, error=text)
    return Look(
        stages.judgement,
        stages.species,
        stages.picture,
        stages.small,
        stages.small_glance,
        stages.faint,
        stages.first or stages.picture,
        stages.first is not None and stages.picture is stages.first,
        stages.is_searched_twice,
    )


class _OutOfTime(Exception):  # caught here, never seen outside
    """The burst's time was up before this step."""


class _Stages:
    """Holds what has been found so far, so that a failure leaves it standing."""

    def __init__(self, eyes: Eyes, policy: Triage, watch: Stopwatch, scene: Scene | None) -> None:
        self._eyes, self._policy, self._watch, self._scene = eyes, policy, watch, scene
        self.judgement = FrameJudgement()
        self.species: Species = ()
        self.first: Picture | None = None
        self.picture: Picture | None = None
        self.small: Small | None = None
        self.small_glance: Small | None = None
        self.is_searched_twice = False
        self.faint: tuple[Detection, ...] = ()

    def run(self, data: bytes, naming: bool, glance: Pixels | None, glancing: bool) -> None:
        if self._eyes.working is None:
            self.judgement = FrameJudgement(error=self._eyes.blindness or "no model to judge with")
            return
        finder, namer = self._eyes.working
        self._in_time("decoding")
        with self._watch.step("decode"):
            self.first = glimpse(data, glance)
        if self.first is not None and (
            self._is_known(self.first)
            or (glancing and is_worth_searching(self.first) and self._is_plain(self.first, naming))
        ):
            self.picture = self.first
            return
        self._in_time("decoding")
        with self._watch.step("decode"):
            self.picture = decode(data, LONG_SIDE_PX)
        self.judgement = FrameJudgement(error=self.picture.damage)
        if self.picture.damage is not None:
            self.small_glance = None
        elif self._is_same(self.picture):
            return
        self._search(self.picture, finder, namer, naming)

    def _is_plain(self, glance: Picture, naming: bool) -> bool:
        """Whether the small picture shows nothing at all, and nothing that moved; what was found in
        it, then."""
        if self._eyes.working is None or self._stirs():
            return False
        finder, namer = self._eyes.working
        self.is_searched_twice = True  # unless nothing comes of it
        self._in_time("detection")
        with self._watch.step("detect"):
            raw = finder.find(glance.pixels, self._least_score)
        if not finds_nothing(raw, self._policy):
            return False
        if naming:
            self._in_time("naming")
            with self._watch.step("species"):
                named = namer.name(glance.pixels, ())
            if not names_nothing(named, self._policy):
                return False
            self.species = named.species
            self.judgement = FrameJudgement(target_mass=named.target_mass)
        self.faint, self.is_searched_twice = raw, False
        return True

    def _is_known(self, glance: Picture) -> bool:
        """Whether the small picture differs nowhere from that of a clear frame."""
        if self._scene is None:
            return False
        with self._watch.step("detect"):
            self.small_glance = small(glance.pixels)
            return self._is_twin_of(self._scene.same_as(glance=self.small_glance))

    def _stirs(self) -> bool:
        if self._scene is None or self.small_glance is None:
            return True
        with self._watch.step("detect"):
            return self._scene.stirs(self.small_glance)

    def _is_same(self, picture: Picture) -> bool:
        """Whether the file differs nowhere from that of a clear frame."""
        if self._scene is None:
            return False
        with self._watch.step("detect"):
            self.small = small(picture.pixels)
            return self._is_twin_of(self._scene.same_as(self.small))

    def _is_twin_of(self, clear: int | None) -> bool:
        """Judge it to be the same as the frame ``clear``, if there is one."""
        if clear is not None:
            self.judgement = FrameJudgement(same_as=clear)
        return clear is not None

    def _search(self, picture: Picture, finder: Finder, namer: Namer, naming: bool) -> None:
        """Find what is in a decoded picture, and name it."""
        pixels = picture.pixels
        self._in_time("detection")
        with self._watch.step("detect"):
            raw = finder.find(pixels, self._least_score)
        found = tuple(one for one in raw if one.score >= self._policy.doubt_score)
        self.faint = raw[len(found) :]
        self.judgement = replace(self.judgement, detections=found)
        if not naming:
            return
        self._in_time("naming")
        with self._watch.step("species"):
            named = namer.name(pixels, [detection.box for detection in found])
        self.species = named.species
        found = confirmed(found, named.boxed, self._policy.doubt_score)
        found = with_what_fills(found, named, self._policy.detect_score)
        self.judgement = replace(self.judgement, detections=found, target_mass=named.target_mass)
        if named.target_mass >= self._policy.target_mass and not self._boxed(found):
            self._in_time("the search for the target")
            with self._watch.step("detect"):
                sought = seek(pixels, named.square, raw, finder, namer, self._policy)
            if sought is not None:
                self.judgement = replace(self.judgement, detections=merged((sought, *found)))

    @property
    def _least_score(self) -> float:
        return min(FAINT_SCORE, self._policy.doubt_score)

    def _boxed(self, found: tuple[Detection, ...]) -> bool:
        """Whether an animal was surely boxed."""
        animal = ObservationType.ANIMAL.value
        return any(d.label == animal and d.score >= self._policy.detect_score for d in found)

    def _in_time(self, step: str) -> None:
        if self._watch.expired:
            raise _OutOfTime(f"time-out: {self._policy.timeout_s:g} s were over before {step}")
