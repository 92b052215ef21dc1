"""One burst in, one judgement out. Nothing is raised: what goes wrong becomes a doubt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edge.config import Triage
from edge.records import Detection, FrameJudgement, Judgement, ObservationType, Verdict
from edge.vision.background import Background
from edge.vision.clock import Seconds, Stopwatch
from edge.vision.decode import Picture
from edge.vision.evidence import Evidence, of_target, of_unknown
from edge.vision.eyes import Eyes
from edge.vision.look import Look, look_at
from edge.vision.privacy import people, without_people
from edge.vision.scene import Scene
from edge.vision.second import Closer, half_seen, hardly_seen, look_closer, regions_of
from edge.vision.verdict import Species, fuse, is_clear, is_target
from edge.vision.views import View, best_views, most_promising, view_of


def judge(
    frames: Sequence[bytes],
    eyes: Eyes,
    policy: Triage,
    now: Seconds = time.monotonic,
    background: Background | None = None,
    faults: Sequence[str | None] = (),
) -> Judgement:
    """Judge the files of one burst, in the order of time.

    Every frame is decoded, searched by the detector and shown to the species head, with two
    exceptions. Once the target is certain no further frame is named, and frames are only searched
    for a better view until ``policy.crop_frames`` have been looked at in all; the rest is skipped.
    And while nothing at all was seen, a frame that differs nowhere from one that was judged clear
    is the same as that. Where the frames decide nothing, regions that moved, differ from
    ``background`` or were half seen get a second look. ``background`` learns from a blank burst.

    ``faults`` says of each frame why the camera could not deliver it, None where it could; that,
    and not what its bytes looked like, becomes the frame's ``error``.

    A frame that cannot be judged keeps the reason in its ``error``; when ``policy.timeout_s`` is
    over, so do all frames that remain. No exception leaves this function, and none makes a burst
    blank.
    """
    watch = Stopwatch(policy.timeout_s, now)
    compared = len(frames) > 1 or background is not None
    scene = Scene(background) if compared and eyes.working is not None else None
    seen = _Seen(policy, eyes, faults)
    _look_through(frames, seen, scene, watch)
    verdict = seen.verdict()
    if eyes.working is not None and not verdict.target and not _shows_people(verdict):
        blank = verdict.observation_type is ObservationType.BLANK
        _look_again(frames, seen, scene, watch, unnamed=blank)
        verdict = seen.verdict()
    if scene is not None:
        scene.teach(verdict)
    evidence = _evidence(frames, seen, verdict, watch)
    return Judgement(
        verdict=_with_mishaps(verdict, evidence),
        frames=tuple(seen.judged),
        side=evidence.side,
        quality=evidence.quality,
        crops=tuple(without_people(evidence.crops, seen.judged)),
        descriptors=tuple(evidence.descriptors),
        models=eyes.models,
        timings_ms=watch.timings_ms(),
        identities=() if evidence.answer is None else evidence.answer.identities,
        not_in_catalogue=None if evidence.answer is None else evidence.answer.not_in_catalogue,
    )


@dataclass(slots=True)
class _Seen:
    """What was found so far: of frame i, ``judged[i]`` and ``species[i]``."""

    policy: Triage
    eyes: Eyes
    faults: Sequence[str | None] = ()
    judged: list[FrameJudgement] = field(default_factory=list)
    species: list[Species] = field(default_factory=list)
    aspects: list[float] = field(default_factory=list)
    faint: list[tuple[Detection, ...]] = field(default_factory=list)
    views: tuple[View, ...] = ()

    def verdict(self) -> Verdict:
        return fuse(self.judged, self.species, self.policy, self.eyes.calibration)

    @property
    def target(self) -> bool:
        return is_target(self.judged, self.policy, self.eyes.calibration)

    @property
    def clear(self) -> bool:
        return is_clear(self.judged, self.species, self.policy, self.eyes.calibration)

    def add(self, look: Look) -> None:
        """Add a look at the next frame."""
        judgement, species, picture = look.judgement, look.species, look.picture
        if judgement.same_as is not None:
            twin = judgement.same_as
            judgement = replace(judgement, target_mass=self.judged[twin].target_mass)
            species, picture = self.species[twin], None
        fault = self.faults[len(self.judged)] if self.faults else None
        if fault is not None:
            judgement = replace(judgement, error=fault)
        self.judged.append(judgement)
        self.species.append(species)
        self.faint.append(look.faint)
        self.aspects.append(1.0 if look.picture is None else _aspect(look.picture))
        if picture is not None:
            view = view_of(len(self.judged) - 1, judgement, picture, self.policy)
            self._keep(view)

    def amend(self, closer: Closer) -> None:
        """Add what a second look found."""
        index = closer.frame_index
        self.judged[index], self.species[index] = closer.judgement, closer.species
        if closer.picture is None:
            return
        view = view_of(index, closer.judgement, closer.picture, self.policy)
        if view is not None:
            self.views = tuple(old for old in self.views if old.frame_index != index)
            self._keep(replace(view, located=closer.located))

    def _keep(self, view: View | None) -> None:
        if view is not None:
            self.views = most_promising([*self.views, view], self.policy.crop_frames)


def _look_through(
    frames: Sequence[bytes], seen: _Seen, scene: Scene | None, watch: Stopwatch
) -> None:
    """Look at the frames, in order, until enough is known."""
    target = False
    for index, data in enumerate(frames):
        if target and index >= seen.policy.crop_frames:
            seen.add(Look(FrameJudgement(skipped=True)))
            continue
        compared = None if target else scene
        look = look_at(data, seen.eyes, seen.policy, watch, not target, compared)
        with watch.step("crops"):
            seen.add(look)
        target = target or seen.target
        if compared is not None and look.judgement.same_as is None:
            compared.add(index, look.small, seen.clear)


def _look_again(
    frames: Sequence[bytes], seen: _Seen, scene: Scene | None, watch: Stopwatch, unnamed: bool
) -> None:
    """Look again at what moved or was half seen, until a target is found or time is up."""
    with watch.step("detect"):
        moved = [] if scene is None else scene.proposals()
        faint = hardly_seen(seen.faint, seen.judged, seen.policy)
        proposals = [*half_seen(seen.judged, seen.aspects, seen.policy), *faint, *moved]
    for region in regions_of(proposals, seen.judged, seen.aspects):
        if watch.expired:
            break
        index = region.frame_index
        before = seen.judged[index], seen.species[index]
        counts = unnamed and not region.needs_name
        seen.amend(
            look_closer(region, frames[index], *before, seen.eyes, seen.policy, watch, counts)
        )
        if seen.target:
            break


def _evidence(frames: Sequence[bytes], seen: _Seen, verdict: Verdict, watch: Stopwatch) -> Evidence:
    """What is sent of this burst."""
    if verdict.target and seen.eyes.working is not None:
        with watch.step("crops"):
            views = best_views(seen.views)
        eyes = seen.eyes
        return of_target(views, frames, seen.eyes.working[1], watch, eyes.anatomist, eyes.catalogue)
    if verdict.perhaps_target and seen.policy.send_unknown and not _shows_people(verdict):
        order = _most_doubtful_first(seen.judged, seen.species)
        return of_unknown(frames, [i for i in order if not people(seen.judged[i])], watch)
    return Evidence()


def _aspect(picture: Picture) -> float:
    return picture.full_width_px / picture.full_height_px


def _shows_people(verdict: Verdict) -> bool:
    return verdict.observation_type in (ObservationType.HUMAN, ObservationType.VEHICLE)


def _most_doubtful_first(judged: list[FrameJudgement], species: list[Species]) -> list[int]:
    """Frame indices, first the one that a person should see: where a target is likeliest, then
    where anything was found or named."""

    def rank(index: int) -> tuple[float, float, int]:
        found = max((d.score for d in judged[index].detections), default=0.0)
        named = species[index][0][1] if species[index] else 0.0
        return (-(judged[index].target_mass or 0.0), -max(found, named), index)

    return sorted(range(len(judged)), key=rank)


def _with_mishaps(verdict: Verdict, evidence: Evidence) -> Verdict:
    if not evidence.mishaps:
        return verdict
    return replace(verdict, doubts=verdict.doubts + tuple(evidence.mishaps))
