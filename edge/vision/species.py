"""Name an animal: an image classifier asked about square parts of a frame.

The classifier learnt from portraits. Shown a whole wide frame at 224 px it overlooks most leopards
in rock; shown the two squares that make up the frame, and the crop of what the detector found,
it sees them. The group's probability is therefore the *largest* over these looks, never an average.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import WHOLE, pixel_rectangle
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError
from edge.vision.groups import BLANK, NO_SPECIES, OTHER_ANIMAL, PERSON, VEHICLE, GroupHead
from edge.vision.interpreter import Network, Output
from edge.vision.letterbox import Letterbox
from edge.vision.targets import lookalikes, target_group
from edge.vision.tiles import tiles
from models.labels import Labels
from models.registry import ModelEntry

MARGIN = 0.1
"""Surroundings added on each side of the animal, in shares of the box's longer side."""
LISTED = 3
"""Species reported of one look."""
LEAST_LISTED = 0.01
MAPS = ("map8", "map16", "map32")
"""Outputs that are maps of what the network saw, by their stride in pixels."""
MOST_BOXES = 2
"""Boxes of a frame that the group head is shown."""
SPEAKS = 0.1
"""From this mass on the target, a look is the one to report."""


@dataclass(frozen=True, slots=True)
class Boxed:
    """What one box shows, each a probability: anything at all, a person, a vehicle."""

    something: float
    person: float
    vehicle: float


@dataclass(frozen=True, slots=True)
class Naming:
    """What the classifier says about one frame, over all of its looks.

    ``species`` lists (scientific name, probability), best first, from the look that tells most;
    the rest of the probability lies on classes that are no wildlife. ``target_mass`` is the
    largest sum over the target group, ``vehicle_mass`` the largest over motor vehicles,
    ``person_mass`` that of a person, 0 where no group head was asked.
    ``boxed`` says what the looks at the given boxes show, in their order, empty where no group head
    was asked. ``square`` is the look in which most of the target was seen.
    """

    species: tuple[tuple[str, float], ...] = ()
    target_mass: float = 0.0
    vehicle_mass: float = 0.0
    person_mass: float = 0.0
    boxed: tuple[Boxed, ...] = ()
    square: Box = WHOLE


class SpeciesHead:
    """A classifier over whole pictures as the model registry describes it."""

    def __init__(
        self,
        entry: ModelEntry,
        model: bytes,
        targets: Sequence[str],
        threads: int = 1,
        groups: GroupHead | None = None,
    ) -> None:
        """With ``groups`` the target mass is what that head says, else the classifier's own.

        Raises InferenceError, also for a target the head has no class for; RuntimeMissing.
        """
        self._groups = groups
        self._named = named_groups(groups, targets)
        labels = entry.load_labels()
        self._targets = target_classes(labels, targets, entry.name)
        self._lookalikes = np.asarray(
            [i for name in lookalikes(targets) for i in labels.indices(name)], dtype=np.intp
        )
        self._vehicles = np.asarray(labels.groups.get("vehicle", ()), dtype=np.intp)
        self._taxa = [taxon.scientific_name for taxon in labels.taxa]
        self._wildlife = np.asarray([i for t in labels.taxa for i in t.classes], dtype=np.intp)
        # Where each taxon's classes begin among those, to add all of them up in one go.
        sizes = [len(taxon.classes) for taxon in labels.taxa]
        self._first_classes = np.cumsum([0, *sizes[:-1]], dtype=np.intp)
        self.network = Network(model, entry.input, threads)
        self._letterbox = Letterbox(entry.input)
        self._probabilities = entry.output("probabilities").index
        self._embedding = entry.output("embedding").index
        self._maps = tuple(o.index for o in entry.outputs if o.meaning in MAPS)
        classes = self.network.output_shapes[self._probabilities][-1]
        if classes != len(labels.classes):
            raise InferenceError(f"{entry.name}: {classes} classes, {len(labels.classes)} labels")

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        """Name what the frame shows; ``boxes`` is where the detector fired, surest first.

        Without a group head the first box alone is looked at, with one the first ``MOST_BOXES``.
        """
        width_px, height_px = _size(pixels)
        wide = tiles(width_px, height_px)
        looked = boxes[: MOST_BOXES if self._groups is not None else 1]
        regions = [*wide, *(square_around(box, width_px, height_px) for box in looked)]
        looks = self._looks(pixels, regions)
        masses = [self._target_mass(look) for look in looks]
        telling = self._most_telling(looks, masses)
        return Naming(
            self._best(looks[telling], masses[telling]),
            max(masses),
            max(look.mass(self._vehicles) for look in looks),
            max(look.groups.get(PERSON, 0.0) for look in looks),
            tuple(_boxed(look.groups) for look in looks[len(wide) :] if look.groups),
            regions[max(range(len(masses)), key=masses.__getitem__)],
        )

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        """The target group's probability in one region alone."""
        return self._target_mass(self._looks(pixels, [region])[0])

    def maps(self, look: Pixels) -> tuple[Output, ...]:
        """The maps inside the network, ``MAPS`` in its order, for a square picture of ``side_px``.

        Empty where the model gives none. Raises InferenceError.
        """
        self.network.run(look)
        return tuple(self.network.output(index) for index in self._maps)

    @property
    def side_px(self) -> int:
        """Side of the network's square input."""
        return self.network.width_px

    def _looks(self, pixels: Pixels, regions: Sequence[Box]) -> list[_Look]:
        """What the network answers for each of ``regions``.

        Step by step for all of them: each invocation drives frame and group head out of the
        processor's cache, and what follows one takes two to five times as long.
        """
        canvases = [self._cut(pixels, region) for region in regions]
        answers = [self._answer(canvas) for canvas in canvases]
        return [_Look(one, self._grouped(embedding)) for one, embedding in answers]

    def _cut(self, pixels: Pixels, region: Box) -> Pixels:
        x0, y0, x1, y1 = pixel_rectangle(region, *_size(pixels))
        return self._letterbox.place(pixels[y0:y1, x0:x1])[0].copy()

    def _answer(self, canvas: Pixels) -> tuple[Output, Output]:
        """Probabilities and embedding."""
        self.network.run(canvas)
        return self.network.output(self._probabilities), self.network.output(self._embedding)

    def _grouped(self, embedding: Output) -> Mapping[str, float]:
        return {} if self._groups is None else self._groups.probabilities(embedding)

    def _target_mass(self, look: _Look) -> float:
        if self._groups is None:
            return look.mass(self._targets)
        own = sum(look.groups[name] for name in self._named)
        own *= 1.0 - look.mass(self._lookalikes)
        return self._groups.target_mass(own, look.mass(self._targets))

    def _most_telling(self, looks: Sequence[_Look], masses: Sequence[float]) -> int:
        """The look that shows most of the target, or, where none does, most of any animal."""
        if max(masses) < SPEAKS:
            masses = [look.mass(self._wildlife) for look in looks]
        return max(range(len(looks)), key=masses.__getitem__)

    def _best(self, look: _Look, mass: float) -> tuple[tuple[str, float], ...]:
        """Species by probability; those that the group head knows from it, all others as the
        classifier shares out what the group head leaves to other animals.

        The target group's species share out ``mass``, which both of them agreed on.
        """
        masses = np.add.reduceat(look.probabilities[self._wildlife], self._first_classes)
        share = look.groups.get(OTHER_ANIMAL, 0.0) if look.groups else 1.0
        named = {name: float(part) * share for name, part in zip(self._taxa, masses, strict=True)}
        named |= {name: part for name, part in look.groups.items() if name not in NO_SPECIES}
        own = sum(named[name] for name in self._named)
        named |= {name: named[name] * mass / own for name in self._named if own > 0}
        best = sorted(named, key=lambda name: -named[name])[:LISTED]
        return tuple((name, named[name]) for name in best if named[name] >= LEAST_LISTED)


@dataclass(frozen=True, slots=True)
class _Look:
    """The classifier's answer for one square."""

    probabilities: Output
    groups: Mapping[str, float]

    def mass(self, classes: NDArray[np.intp]) -> float:
        return min(1.0, float(self.probabilities[classes].sum()))


def named_groups(head: GroupHead | None, targets: Sequence[str]) -> tuple[str, ...]:
    """The groups of a head that make up the target group.

    Raises InferenceError for a target that the head does not know.
    """
    if head is None:
        return ()
    unknown = [name for name in targets if name not in head.groups]
    if unknown:
        raise InferenceError(f"the group head has no group {unknown[0]!r}")
    wanted = target_group(targets)
    return tuple(name for name in head.groups if name in wanted)


def _boxed(groups: Mapping[str, float]) -> Boxed:
    return Boxed(1.0 - groups[BLANK], groups[PERSON], groups[VEHICLE])


def target_classes(labels: Labels, targets: Sequence[str], model: str) -> NDArray[np.intp]:
    """Class indices of the target group. Raises InferenceError for a target without a class."""
    indices: set[int] = set()
    for name in target_group(targets):
        found = labels.indices(name)
        if not found and name in targets:
            known = ", ".join(sorted(taxon.scientific_name for taxon in labels.taxa))
            raise InferenceError(f"{model} has no class for the target {name!r}; it knows {known}")
        indices.update(found)
    return np.asarray(sorted(indices), dtype=np.intp)


def square_around(box: Box, width_px: int, height_px: int) -> Box:
    """A square, in pixels, around ``box`` with its margin, moved into the frame if it sticks out.

    Never larger than the frame: of a box longer than the frame's short side, the square is cut to
    the frame and what remains is fitted without distortion.
    """
    side_px = max(box.w * width_px, box.h * height_px) * (1 + 2 * MARGIN)
    w, h = min(1.0, side_px / width_px), min(1.0, side_px / height_px)
    x = min(max(box.x + box.w / 2 - w / 2, 0.0), 1.0 - w)
    y = min(max(box.y + box.h / 2 - h / 2, 0.0), 1.0 - h)
    return Box(x, y, w, h)


def _size(pixels: Pixels) -> tuple[int, int]:
    return int(pixels.shape[1]), int(pixels.shape[0])
