"""From what was found in single frames to one verdict on the burst. Pure: no pixels, no models."""

from __future__ import annotations

from collections.abc import Sequence

from edge.config import Triage
from edge.records import FrameJudgement, ObservationType, Verdict
from edge.vision.sequential import IDENTITY, Calibration, Ruling, ruling, together
from edge.vision.targets import target_group

Species = tuple[tuple[str, float], ...]
"""(scientific name, probability), best first."""

_PEOPLE = (ObservationType.HUMAN.value, ObservationType.VEHICLE.value)
_CERTAIN_ORDER = (ObservationType.HUMAN, ObservationType.VEHICLE, ObservationType.ANIMAL)
"""What a burst is called when several things were seen: people first, for their privacy."""


def fuse(
    frames: Sequence[FrameJudgement],
    species: Sequence[Species],
    policy: Triage,
    calibration: Calibration = IDENTITY,
) -> Verdict:
    """Fuse the frames of one burst; ``species[i]`` belongs to ``frames[i]``.

    1. *Target*: a frame whose target mass is at least ``policy.target_mass``, or frames that
       together pass the upper bound of the sequential test (edge.vision.sequential). Type animal.
    2. Else *human*, *vehicle*, *animal*, in this order: a detection of at least
       ``policy.detect_score`` with that label.
    3. Else *unknown*, if there is any doubt: a frame with an error, a frame that was skipped, a
       frame the species head was not asked about, a detection of at least ``policy.doubt_score``,
       a target mass of at least ``policy.doubt_mass``, a species named with at least
       ``policy.doubt_name`` where nothing was boxed, frames that together say as much for a
       target as one of ``policy.doubt_mass``, or no frame at all.
    4. Else *blank*: every frame was judged in full, and nothing was near a threshold.

    Doubts are listed in every case; they only never turn into blank.
    """
    doubts = tuple(_doubts(frames, species, policy, calibration))
    target = is_target(frames, policy, calibration)
    kind = ObservationType.ANIMAL if target else _kind(frames, doubts, policy)
    shown = _frame_to_show(frames, kind, target)
    named = species[shown] if shown is not None and kind is ObservationType.ANIMAL else ()
    return Verdict(
        observation_type=kind,
        target=target,
        target_score=_target_score(frames, target, calibration),
        species=named,
        count=_count(frames, kind, target, policy),
        reason=_reason(kind, target, frames, shown, _target_name(named, policy), doubts, policy),
        doubts=doubts,
        perhaps_target=not target and _perhaps_target(frames, kind, policy, calibration),
        people=any(
            found.label in _PEOPLE and found.score >= policy.detect_score
            for frame in frames
            for found in frame.detections
        ),
    )


def looked_masses(frames: Sequence[FrameJudgement]) -> list[float]:
    """The target masses of the frames that the species head was shown."""
    return [f.target_mass for f in frames if f.target_mass is not None and f.same_as is None]


def is_target(
    frames: Sequence[FrameJudgement], policy: Triage, calibration: Calibration = IDENTITY
) -> bool:
    """Whether one frame makes a target certain, or all of them together."""
    masses = looked_masses(frames)
    if not masses:
        return False
    return max(masses) >= policy.target_mass or together(masses, calibration) >= calibration.sure


def is_clear(
    frames: Sequence[FrameJudgement],
    species: Sequence[Species],
    policy: Triage,
    calibration: Calibration = IDENTITY,
) -> bool:
    """Whether the frames so far show nothing at all, and the test has ruled a target out."""
    return (
        not _doubts(frames, species, policy, calibration)
        and not any(frame.detections for frame in frames)
        and ruling(looked_masses(frames), calibration) is Ruling.NOTHING
    )


def _target_score(
    frames: Sequence[FrameJudgement], target: bool, calibration: Calibration
) -> float:
    """The calibrated probability; of a target, what all frames together say, if that is more."""
    masses = looked_masses(frames)
    best = calibration.probability(max(masses, default=0.0))
    if not target or len(masses) < 2:
        return best
    return max(best, calibration.posterior(together(masses, calibration)))


def _together_doubtful(
    frames: Sequence[FrameJudgement], policy: Triage, calibration: Calibration
) -> bool:
    """Whether several frames say together as much as one that is doubtful alone."""
    masses = looked_masses(frames)
    limit = calibration.evidence(policy.doubt_mass)
    return len(masses) > 1 and together(masses, calibration) >= limit


def _perhaps_target(
    frames: Sequence[FrameJudgement],
    kind: ObservationType,
    policy: Triage,
    calibration: Calibration,
) -> bool:
    """Whether a target may be in a burst that is not called one.

    A faint detection beside a certain animal is no reason; a frame that nobody could judge is.
    """
    if kind is ObservationType.UNKNOWN or _together_doubtful(frames, policy, calibration):
        return True
    return any(
        frame.error is not None
        or frame.target_mass is None
        or frame.target_mass >= policy.doubt_mass
        for frame in frames
    )


def _kind(
    frames: Sequence[FrameJudgement], doubts: tuple[str, ...], policy: Triage
) -> ObservationType:
    seen = {d.label for f in frames for d in f.detections if d.score >= policy.detect_score}
    for kind in _CERTAIN_ORDER:
        if kind.value in seen:
            return kind
    return ObservationType.UNKNOWN if doubts or seen else ObservationType.BLANK


def _doubts(
    frames: Sequence[FrameJudgement],
    species: Sequence[Species],
    policy: Triage,
    calibration: Calibration,
) -> list[str]:
    """One line for each reason, with the frames it holds for, in the order of their coming."""
    if not frames:
        return ["the burst holds no frame"]
    found: dict[str, list[int]] = {}
    sure_of_target = is_target(frames, policy, calibration)
    for number, (frame, named) in enumerate(zip(frames, species, strict=True), start=1):
        for line in _frame_doubts(frame, named, policy, sure_of_target):
            found.setdefault(line, []).append(number)
    lines = [f"{_which(numbers, len(frames))}: {line}" for line, numbers in found.items()]
    if not sure_of_target and _together_doubtful(frames, policy, calibration):
        lines.append("all frames together: perhaps a target")
    return lines


def _frame_doubts(
    frame: FrameJudgement, named: Species, policy: Triage, sure_of_target: bool
) -> list[str]:
    lines = [frame.error] if frame.error is not None else []
    mass = frame.target_mass
    if mass is None and frame.error is None and not sure_of_target:
        lines.append("not looked at" if frame.skipped else "no species asked")
    if mass is not None and policy.doubt_mass <= mass < policy.target_mass:
        lines.append(f"perhaps a target ({mass:.2f})")
    best = max((d.score for d in frame.detections), default=0.0)
    if policy.doubt_score <= best < policy.detect_score:
        lines.append(f"perhaps something ({best:.2f})")
    if best < policy.doubt_score and named and named[0][1] >= policy.doubt_name:
        lines.append(f"perhaps {named[0][0]} ({named[0][1]:.2f}), though nothing was boxed")
    return lines


def _frame_to_show(
    frames: Sequence[FrameJudgement], kind: ObservationType, target: bool
) -> int | None:
    """The frame that speaks most for the verdict."""
    if target:
        return max(range(len(frames)), key=lambda i: frames[i].target_mass or 0.0)
    scores = [
        max((d.score for d in f.detections if d.label == kind.value), default=0.0) for f in frames
    ]
    best = max(range(len(frames)), key=scores.__getitem__, default=None)
    return best if best is not None and scores[best] > 0 else None


def _count(
    frames: Sequence[FrameJudgement], kind: ObservationType, target: bool, policy: Triage
) -> int:
    """Most individuals seen in one frame: a lower bound."""
    if kind in (ObservationType.BLANK, ObservationType.UNKNOWN):
        return 0
    most = max(
        sum(d.label == kind.value and d.score >= policy.detect_score for d in f.detections)
        for f in frames
    )
    return max(most, 1) if target else most


def _reason(
    kind: ObservationType,
    target: bool,
    frames: Sequence[FrameJudgement],
    shown: int | None,
    target_name: str,
    doubts: tuple[str, ...],
    policy: Triage,
) -> str:
    if kind is ObservationType.BLANK:
        return f"nothing in {_plural(len(frames))}"
    if kind is ObservationType.UNKNOWN or shown is None:
        return f"kept, {doubts[0]}" if doubts else "kept, something without a known label"
    place = f"in frame {shown + 1} of {len(frames)}"
    frame = frames[shown]
    if target:
        mass = frame.target_mass or 0.0
        alone = "" if mass >= policy.target_mass else ", and more in others"
        return f"{target_name} {mass:.2f} {place}{alone}"
    score = max(d.score for d in frame.detections if d.label == kind.value)
    return f"{kind.value} {score:.2f} {place}"


def _target_name(named: Species, policy: Triage) -> str:
    """The likeliest species of the target group."""
    group = target_group(policy.targets)
    return next((name for name, _ in named if name in group), "target group")


def _which(numbers: list[int], total: int) -> str:
    if len(numbers) == total:
        return "all frames" if total > 1 else "the frame"
    return f"frame{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _plural(count: int) -> str:
    return "1 frame" if count == 1 else f"{count} frames"
