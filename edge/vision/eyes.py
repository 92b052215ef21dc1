"""The loaded models of a station, and what to do when there are none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edge.config import Triage
from edge.records import Box, Detection
from edge.vision.anatomy import Anatomist, NetworkAnatomist
from edge.vision.catalogue.file import Catalogue
from edge.vision.decode import Pixels
from edge.vision.detector import Detector
from edge.vision.errors import InferenceError
from edge.vision.groups import GroupHead, load_group_head
from edge.vision.interpreter import Network
from edge.vision.sequential import IDENTITY, Calibration
from edge.vision.species import Naming, SpeciesHead
from models.errors import ModelError
from models.registry import REGISTRY_PATH, ModelEntry, Registry, load_registry

NONE = "none"
"""As the name of a group head: do without one."""


class Finder(Protocol):
    """Finds animals, people and vehicles in a frame."""

    def find(self, pixels: Pixels, least_score: float) -> tuple[Detection, ...]: ...


class Namer(Protocol):
    """Names what a frame shows, and tells where in it the target is."""

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming: ...

    def target_mass(self, pixels: Pixels, region: Box) -> float: ...


@dataclass(frozen=True, slots=True)
class Eyes:
    """A finder and a namer, or one line that says why there are none.

    With ``blindness`` set nothing can be judged: every burst is kept as unknown.
    ``models`` maps each role to the name and the first digits of the hash of what judges;
    ``calibration`` turns the namer's target mass into a probability. ``anatomist`` finds the parts
    of an animal; without one geometry does. ``catalogue`` holds the known individuals, if there is
    one; ``forgotten`` says why there is none though one was named. ``lacking`` says which of the
    models that help is missing, and what it costs. ``networks`` are what is loaded, by name.
    """

    finder: Finder | None = None
    namer: Namer | None = None
    models: tuple[tuple[str, str], ...] = ()
    blindness: str | None = None
    calibration: Calibration = IDENTITY
    anatomist: Anatomist | None = None
    catalogue: Catalogue | None = None
    forgotten: str | None = None
    lacking: str | None = None
    networks: tuple[tuple[str, Network], ...] = ()

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
        registry = registry or load_registry(policy.models and policy.models / REGISTRY_PATH.name)
        detector = _entry(registry, "detector", policy.detector, policy.profile)
        species = _entry(registry, "species", policy.species, policy.profile)
        groups, lacking = _groups(registry, species, policy)
        finder = Detector(detector, detector.read(), policy.threads)
        head = SpeciesHead(
            species,
            species.read(),
            policy.targets,
            policy.threads,
            None if groups is None else groups[1],
        )
        anatomist, anatomists = _anatomist(registry, species, head, policy.profile)
        return Eyes(
            finder,
            head,
            (
                ("detector", _version(detector)),
                ("species", _version(species)),
                *((("groups", _version(groups[0])),) if groups is not None else ()),
                *anatomists,
            ),
            calibration=Calibration(**(species if groups is None else groups[0]).calibration),
            anatomist=anatomist,
            lacking=lacking,
            networks=((detector.name, finder.network), (species.name, head.network)),
        )
    except Exception as error:  # whatever a registry or a model does, pictures are kept
        return Eyes(blindness=f"no model to judge with: {error or type(error).__name__}")


def _groups(
    registry: Registry, species: ModelEntry, policy: Triage
) -> tuple[tuple[ModelEntry, GroupHead] | None, str | None]:
    """The group head that reads ``species``, or None and what is lost without it.

    One that the policy names must load: raises ModelError, InferenceError. The registry's own may
    be missing or damaged, or not know a target; the species head alone sees less, but sees.
    """
    if policy.groups == NONE:
        return None, None
    try:
        entry = _entry(registry, "groups", policy.groups, policy.profile)
        if entry.reads != species.name:
            raise InferenceError(f"{entry.name} reads {entry.reads}, not {species.name}")
        unknown = sorted(set(policy.targets) - set(entry.labels))
        if unknown:
            raise InferenceError(f"{entry.name} does not know {unknown[0]}")
        features = species.output("embedding").shape[-1]
        return (entry, load_group_head(entry, entry.read(), features)), None
    except (ModelError, InferenceError) as error:
        if policy.groups is not None:
            raise
        return None, f'people are not told from animals: {error}; groups = "none" accepts that'


def _anatomist(
    registry: Registry, species: ModelEntry, head: SpeciesHead, profile: str | None
) -> tuple[Anatomist | None, tuple[tuple[str, str], ...]]:
    """The parts network with its role and version, if there is one that fits ``species``."""
    try:
        entry = registry.default("parts", profile)
        if entry.reads != species.name:
            return None, ()
        return NetworkAnatomist(entry, entry.read(), head), (("parts", _version(entry)),)
    except Exception:  # a station without it sees as well: geometry takes its place
        return None, ()


def _entry(registry: Registry, role: str, name: str | None, profile: str | None) -> ModelEntry:
    return registry.default(role, profile) if name is None else registry.get(name)


def _version(entry: ModelEntry) -> str:
    return f"{entry.name}@{entry.sha256[:8]}"
