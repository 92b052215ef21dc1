"""What was found so far in the frames of a burst, and what it amounts to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from edge.config import Triage
from edge.records import Detection, FrameJudgement, Verdict
from edge.vision.decode import Picture
from edge.vision.eyes import Eyes
from edge.vision.look import Look
from edge.vision.second import Closer
from edge.vision.verdict import Species, fuse, is_clear, is_target
from edge.vision.views import View, most_promising, view_of


@dataclass(slots=True)
class Seen:
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

    def replace(self, index: int, look: Look) -> None:
        """Put a look at the file in the place of one at its small picture that showed nothing."""
        self.judged[index], self.species[index] = look.judgement, look.species
        self.faint[index] = look.faint

    def suspicion(self, index: int) -> float:
        """How near frame ``index`` came to a doubt: 1 is one."""
        named = self.species[index]
        return max(
            (self.judged[index].target_mass or 0.0) / self.policy.doubt_mass,
            (named[0][1] if named else 0.0) / self.policy.doubt_name,
            *(box.score / self.policy.doubt_score for box in self.faint[index]),
        )

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

    def doubt(self, index: int, why: str) -> None:
        """Note why frame ``index`` was not judged in full, unless that is known already."""
        if self.judged[index].error is None:
            self.judged[index] = replace(self.judged[index], error=why)

    def _keep(self, view: View | None) -> None:
        if view is not None:
            self.views = most_promising([*self.views, view], self.policy.crop_frames)


def _aspect(picture: Picture) -> float:
    return picture.full_width_px / picture.full_height_px
