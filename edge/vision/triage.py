"""One burst in, one judgement out. Nothing is raised: what goes wrong becomes a doubt."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from edge.config import Triage
from edge.records import FrameJudgement, Judgement, ObservationType, Verdict
from edge.vision.background import Background
from edge.vision.clock import Seconds, Stopwatch
from edge.vision.evidence import Evidence, of_target, of_unknown
from edge.vision.eyes import Eyes
from edge.vision.first_look import NO_GLANCES, Glances, Onlooker, look_first
from edge.vision.privacy import people, without_people
from edge.vision.scene import Proposal, Scene
from edge.vision.second import half_seen, hardly_seen, look_closer, regions_of
from edge.vision.seen import Seen
from edge.vision.verdict import Species
from edge.vision.views import best_views


def judge(
    frames: Sequence[bytes],
    eyes: Eyes,
    policy: Triage,
    now: Seconds = time.monotonic,
    background: Background | None = None,
    faults: Sequence[str | None] = (),
    describing: bool = True,
    looking_twice: bool = True,
    onlooker: Onlooker | None = None,
    glances: Glances = NO_GLANCES,
) -> Judgement:
    """Judge the files of one burst, in the order of time.

    Every frame is decoded, searched by the detector and shown to the species head, with two
    exceptions. Once the target is certain no further frame is named, and frames are only searched
    for a better view until ``policy.crop_frames`` have been looked at in all; the rest is skipped.
    And while nothing at all was seen, a frame that differs nowhere from one that was judged clear
    is the same as that. Where the frames decide nothing, regions that moved, differ from
    ``background`` or were half seen get a second look. ``background`` learns from a blank burst.

    ``faults`` says of each frame why the camera could not deliver it, None where it could; that,
    and not what its bytes looked like, becomes the frame's ``error``. Codes of the coat are made
    only if ``describing``. Where not ``looking_twice``, the judgement counts as ``spared_looks``
    the regions that would have had a second look.

    ``onlooker`` is shown the first picture that is whole, as small as it was looked at first.
    ``glances[i]`` is the camera's own small picture of frame i, where there is one: a frame that is
    plainly empty in it, or the same as a clear one, is not decoded, unless for a second look. No
    burst is called blank by them alone.

    A frame that cannot be judged keeps the reason in its ``error``; when ``policy.timeout_s`` is
    over, so do all frames that remain. No exception leaves this function, and none makes a burst
    blank.
    """
    watch = Stopwatch(policy.timeout_s, now)
    seen, scene = look_first(frames, eyes, policy, watch, background, faults, onlooker, glances)
    verdict, spared_looks = seen.verdict(), 0
    settled = verdict.target or (_shows_people(verdict) and not verdict.perhaps_target)
    if eyes.working is not None and not settled:
        blank = verdict.observation_type is ObservationType.BLANK
        regions = _regions(seen, scene, watch)
        if looking_twice:
            _look_again(frames, seen, regions, watch, unnamed=blank)
            verdict = seen.verdict()
        else:
            spared_looks = len(regions)
    if scene is not None and not spared_looks:
        scene.teach(verdict)
    evidence = _evidence(frames, seen, verdict, watch, describing)
    return Judgement(
        verdict=_with_mishaps(verdict, evidence),
        frames=tuple(seen.judged),
        side=evidence.side,
        quality=evidence.quality,
        crops=tuple(evidence.crops),
        withheld=evidence.withheld,
        descriptors=tuple(evidence.descriptors),
        models=eyes.models,
        timings_ms=watch.timings_ms(),
        identities=() if evidence.answer is None else evidence.answer.identities,
        not_in_catalogue=None if evidence.answer is None else evidence.answer.not_in_catalogue,
        spared_looks=spared_looks,
    )


def _regions(seen: Seen, scene: Scene | None, watch: Stopwatch) -> list[Proposal]:
    """What moved or was half seen, and deserves a second look."""
    with watch.step("detect"):
        proposals = [
            half_seen(seen.judged, seen.aspects, seen.policy),
            [] if scene is None else scene.proposals(),
            hardly_seen(seen.faint, seen.judged, seen.policy),
        ]
        return regions_of(proposals, seen.judged, seen.aspects)


def _look_again(
    frames: Sequence[bytes],
    seen: Seen,
    regions: Sequence[Proposal],
    watch: Stopwatch,
    unnamed: bool,
) -> None:
    """Look again at ``regions``, until a target is found.

    Where time is up before all of it was seen, the frame is one that was not judged in full.
    """
    for region in regions:
        index = region.frame_index
        if watch.expired:
            seen.doubt(
                index, f"time-out: {seen.policy.timeout_s:g} s were over before a second look"
            )
            continue
        before = seen.judged[index], seen.species[index]
        counts = unnamed and not region.needs_name
        seen.amend(
            look_closer(region, frames[index], *before, seen.eyes, seen.policy, watch, counts)
        )
        if seen.target:
            break


def _evidence(
    frames: Sequence[bytes], seen: Seen, verdict: Verdict, watch: Stopwatch, describing: bool
) -> Evidence:
    """What is sent of this burst; pictures with people only if the policy says so.

    Crops of a target must lie apart from every person. A whole frame must have been named, and must
    come from a burst without any person or vehicle: who sits in it or walks beside it need not have
    been found. A station that is blind therefore shows nothing.
    """
    evidence = _pictures(frames, seen, verdict, watch, describing)
    if seen.policy.send_people or not evidence.crops:
        return evidence
    apart = without_people(evidence.crops, seen.judged)
    if not verdict.target and (verdict.people or people(seen.judged)):
        apart = []
    if len(apart) < len(evidence.crops):
        evidence.withheld = True
        evidence.mishaps.append("pictures were withheld: a person may be in them")
    evidence.crops = apart
    return evidence


def _pictures(
    frames: Sequence[bytes], seen: Seen, verdict: Verdict, watch: Stopwatch, describing: bool
) -> Evidence:
    eyes, policy = seen.eyes, seen.policy
    if verdict.target and eyes.working is not None:
        with watch.step("crops"):
            views = best_views(seen.views)
        return of_target(
            views,
            frames,
            eyes.working[1],
            watch,
            eyes.anatomist,
            eyes.catalogue,
            several=verdict.count > 1,
            describing=describing,
        )
    if verdict.perhaps_target and policy.send_unknown:
        return of_unknown(frames, _most_doubtful_first(seen.judged, seen.species), watch)
    if _shows_people(verdict) and policy.send_people:
        return of_unknown(frames, _most_people_first(seen.judged), watch)
    return Evidence()


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


def _most_people_first(judged: list[FrameJudgement]) -> list[int]:
    """Frame indices, first the one with the surest person or vehicle."""
    kinds = (ObservationType.HUMAN.value, ObservationType.VEHICLE.value)

    def surest(index: int) -> float:
        return max((d.score for d in judged[index].detections if d.label in kinds), default=0.0)

    return sorted(range(len(judged)), key=lambda index: (-surest(index), index))


def _with_mishaps(verdict: Verdict, evidence: Evidence) -> Verdict:
    if not evidence.mishaps:
        return verdict
    return replace(verdict, doubts=verdict.doubts + tuple(evidence.mishaps))
