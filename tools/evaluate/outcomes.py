"""The nouns: labelled pictures after they were judged; all that tables and plots need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from edge.records import Box, Detection, ObservationType
from edge.vision.boxes import overlap
from tools.evaluate.labelled import Mode, Truth

ON_ANIMAL = 0.3
"""A detection is on the animal when it shares more than this with a drawn box (IoU)."""

_ANIMAL, _HUMAN, _VEHICLE = (
    ObservationType.ANIMAL.value,
    ObservationType.HUMAN.value,
    ObservationType.VEHICLE.value,
)
_OWN_LABEL = {
    Truth.TARGET: _ANIMAL,
    Truth.COUSIN: _ANIMAL,
    Truth.ANIMAL: _ANIMAL,
    Truth.HUMAN: _HUMAN,
    Truth.VEHICLE: _VEHICLE,
}


@dataclass(frozen=True, slots=True)
class FrameOutcome:
    """One frame judged alone.

    ``label`` is the word of the label file, ``drawn`` its boxes, None where nobody drew any.
    ``detections`` are all that the judgement holds, surest first; they count from ``counts_from``
    on. ``target_mass`` is the species head's, ``target_score`` the calibrated probability.
    """

    file: str
    label: str
    truth: Truth
    mode: Mode
    drawn: tuple[Box, ...] | None
    detections: tuple[Detection, ...]
    counts_from: float
    target_mass: float | None
    target_score: float
    kind: ObservationType
    target: bool
    error: str | None = None

    @property
    def detected(self) -> bool:
        """Whether anything counts as seen."""
        return any(found.score >= self.counts_from for found in self.detections)

    @property
    def found(self) -> bool | None:
        """Whether it was seen as what it is (an animal, a person, a vehicle); None where the label
        names none of these."""
        own = _OWN_LABEL.get(self.truth)
        if own is None:
            return None
        return any(d.label == own and d.score >= self.counts_from for d in self.detections)

    @property
    def located_score(self) -> float | None:
        """The best score of an animal's box that is on a drawn one, 0 where none is; None where
        nobody drew a box."""
        if self.drawn is None:
            return None
        return max(
            (
                found.score
                for found in self.detections
                if found.label == _ANIMAL
                and any(overlap(found.box, box) > ON_ANIMAL for box in self.drawn)
            ),
            default=0.0,
        )

    @property
    def located(self) -> bool | None:
        """Whether a box that counts is on the animal; None where nobody drew one."""
        score = self.located_score
        return None if score is None else score >= self.counts_from


@dataclass(frozen=True, slots=True)
class BurstOutcome:
    """One burst judged as a whole, and each of its frames judged alone.

    ``keep_score`` is the largest detection score or target mass in any of its frames, as the
    burst's own judgement holds them: what speaks most against dropping it.
    ``run`` is the number of the run that judged it.
    """

    set: str
    name: str
    station: str | None
    truth: Truth
    mode: Mode
    kind: ObservationType
    target: bool
    target_score: float
    keep_score: float
    reason: str
    frames: tuple[FrameOutcome, ...]
    run: int = 0

    @property
    def blank(self) -> bool:
        """Whether it was dropped."""
        return self.kind is ObservationType.BLANK


@dataclass(frozen=True, slots=True)
class Run:
    """What judged: the models by role, the policy, and which ``part`` of the pictures was asked
    for (a fold, some stations), None for all.

    ``prior`` is the share of bursts with a target that the target score takes for granted, None
    where nobody noted it. ``left_out`` counts pictures of the part with a copy in another fold.
    """

    models: Mapping[str, str]
    policy: Mapping[str, Any]
    part: str | None = None
    prior: float | None = None
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class SetInfo:
    """A set without its pictures; ``trapped`` tells camera traps from photographers."""

    name: str
    about: str
    trapped: bool


@dataclass(frozen=True, slots=True)
class Report:
    """All outcomes of one run, or of several that were merged.

    ``identities`` is what was measured about telling individuals apart, ready for JSON; None
    where it was not measured. ``notes`` are the words of whoever measured, as Markdown.
    """

    runs: tuple[Run, ...]
    sets: tuple[SetInfo, ...]
    bursts: tuple[BurstOutcome, ...]
    identities: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()

    @property
    def frames(self) -> tuple[FrameOutcome, ...]:
        return tuple(frame for burst in self.bursts for frame in burst.frames)

    @property
    def trapped(self) -> frozenset[str]:
        """The names of the sets from camera traps."""
        return frozenset(one.name for one in self.sets if one.trapped)

    @property
    def of_traps(self) -> tuple[BurstOutcome, ...]:
        """The bursts of camera traps."""
        trapped = self.trapped
        return tuple(burst for burst in self.bursts if burst.set in trapped)

    @property
    def of_photographs(self) -> tuple[BurstOutcome, ...]:
        """The others: portraits, that say little about a trap."""
        trapped = self.trapped
        return tuple(burst for burst in self.bursts if burst.set not in trapped)

    def of_run(self, number: int) -> Report:
        """What run ``number`` alone judged."""
        return replace(self, bursts=tuple(burst for burst in self.bursts if burst.run == number))

    def of_set(self, name: str) -> tuple[BurstOutcome, ...]:
        return tuple(burst for burst in self.bursts if burst.set == name)
