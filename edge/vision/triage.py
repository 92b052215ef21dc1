"""One burst in, one judgement out. Nothing is raised: what goes wrong becomes a doubt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from edge.config import Triage
from edge.records import FrameJudgement, Judgement, ObservationType, Verdict
from edge.vision.clock import Seconds, Stopwatch
from edge.vision.evidence import Evidence, of_target, of_unknown
from edge.vision.eyes import Eyes
from edge.vision.look import look_at
from edge.vision.verdict import Species, fuse
from edge.vision.views import View, best_views, most_promising, view_of


def judge(
    frames: Sequence[bytes], eyes: Eyes, policy: Triage, now: Seconds = time.monotonic
) -> Judgement:
    """Judge the files of one burst, in the order of time.

    Every frame is decoded, searched by the detector and shown to the species head. Once one is
    certainly a target no further frame is named, and frames are only searched for a better view
    until ``policy.crop_frames`` have been looked at in all; the rest is skipped. A frame that
    cannot be judged keeps the reason in its ``error``; when ``policy.timeout_s`` is over, so do
    all frames that remain. No exception leaves this function, and none makes a burst blank.
    """
    watch = Stopwatch(policy.timeout_s, now)
    judged, species, views = _look_through(frames, eyes, policy, watch)
    verdict = fuse(judged, species, policy, eyes.calibration)
    evidence = Evidence()
    if verdict.target and eyes.working is not None:
        with watch.step("crops"):
            views = best_views(views)
        evidence = of_target(views, frames, eyes.working[1], watch)
    elif verdict.perhaps_target and policy.send_unknown and not _shows_people(verdict):
        evidence = of_unknown(frames, _most_doubtful_first(judged, species), watch)
    return Judgement(
        verdict=_with_mishaps(verdict, evidence),
        frames=tuple(judged),
        side=evidence.side,
        quality=evidence.quality,
        crops=tuple(evidence.crops),
        descriptors=tuple(evidence.descriptors),
        models=eyes.models,
        timings_ms=watch.timings_ms(),
    )


def _look_through(
    frames: Sequence[bytes], eyes: Eyes, policy: Triage, watch: Stopwatch
) -> tuple[list[FrameJudgement], list[Species], tuple[View, ...]]:
    """Look at the frames, in order, until enough is known."""
    judged: list[FrameJudgement] = []
    species: list[Species] = []
    views: tuple[View, ...] = ()
    target = False
    for index, data in enumerate(frames):
        if target and index >= policy.crop_frames:
            judged.append(FrameJudgement(skipped=True))
            species.append(())
            continue
        look = look_at(data, eyes, policy, watch, naming=not target)
        judged.append(look.judgement)
        species.append(look.species)
        target = target or (look.judgement.target_mass or 0.0) >= policy.target_mass
        if look.picture is not None:
            with watch.step("crops"):
                view = view_of(index, look.judgement, look.picture, policy)
            if view is not None:
                views = most_promising([*views, view], policy.crop_frames)
    return judged, species, views


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
