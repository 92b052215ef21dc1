"""The loaded models of a station, and what to do when there are none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edge.config import Triage
from edge.records import Box, Detection
from edge.vision.decode import Pixels
from edge.vision.detector import Detector
from edge.vision.species import Naming, SpeciesHead
from edge.vision.verdict import IDENTITY, Calibration
from models.registry import ModelEntry, Registry, load_registry


class Finder(Protocol):
    """Finds animals, people and vehicles in a frame."""

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]: ...


class Namer(Protocol):
    """Names what a frame shows, and tells where in it the target is."""

    def name(self, pixels: Pixels, box: Box | None) -> Naming: ...

    def target_mass(self, pixels: Pixels, region: Box) -> float: ...


@dataclass(frozen=True, slots=True)
class Eyes:
    """A finder and a namer, or one line that says why there are none.

    With ``blindness`` set nothing can be judged: every burst is kept as unknown.
    ``models`` maps each role to the name and the first digits of the hash of what judges;
    ``calibration`` turns the namer's target mass into a probability.
    """

    finder: Finder | None = None
    namer: Namer | None = None
    models: tuple[tuple[str, str], ...] = ()
    blindness: str | None = None
    calibration: Calibration = IDENTITY

    @property
    def working(self) -> tuple[Finder, Namer] | None:
        """Both models, or None when blind."""
        if self.blindness is not None or self.finder is None or self.namer is None:
            return None
        return self.finder, self.namer


def open_eyes(policy: Triage, registry: Registry | None = None) -> Eyes:
    """Load the models that ``policy`` names, or the registry's defaults.

    Never raises for a missing, damaged or unfit model, nor for a missing runtime: a station that
    cannot see still keeps every picture. The reason stands in ``blindness``.
    """
    try:
        registry = registry or load_registry()
        detector = _entry(registry, "detector", policy.detector)
        species = _entry(registry, "species", policy.species)
        return Eyes(
            Detector(detector, detector.read(), policy.threads),
            SpeciesHead(species, species.read(), policy.targets, policy.threads),
            (("detector", _version(detector)), ("species", _version(species))),
            calibration=Calibration(**species.calibration),
        )
    except Exception as error:  # whatever a registry or a model does, pictures are kept
        return Eyes(blindness=f"no model to judge with: {error or type(error).__name__}")


def _entry(registry: Registry, role: str, name: str | None) -> ModelEntry:
    return registry.default(role) if name is None else registry.get(name)


def _version(entry: ModelEntry) -> str:
    return f"{entry.name}@{entry.sha256[:8]}"
