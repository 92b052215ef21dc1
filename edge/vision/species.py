"""Name an animal: an image classifier asked about square parts of a frame.

The classifier learnt from portraits. Shown a whole wide frame at 224 px it overlooks most leopards
in rock; shown the two squares that make up the frame, and the crop of what the detector found,
it sees them. The group's probability is therefore the *largest* over these looks, never an average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import pixel_rectangle
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError
from edge.vision.interpreter import Network, Output
from edge.vision.letterbox import Letterbox
from edge.vision.targets import target_group
from edge.vision.tiles import tiles
from models.labels import Labels
from models.registry import ModelEntry

MARGIN = 0.1
"""Surroundings added on each side of the animal, in shares of the box's longer side."""
LISTED = 3
"""Species reported of one look."""
LEAST_LISTED = 0.01
SPEAKS = 0.1
"""From this mass on the target, a look is the one to report."""


@dataclass(frozen=True, slots=True)
class Naming:
    """What the classifier says about one frame, over all of its looks.

    ``species`` lists (scientific name, probability), best first, from the look that tells most;
    the rest of the probability lies on classes that are no wildlife. ``target_mass`` is the
    largest sum over the target group, ``vehicle_mass`` the largest over motor vehicles.
    ``embedding`` is the feature vector of the look that ``species`` comes from.
    """

    species: tuple[tuple[str, float], ...] = ()
    target_mass: float = 0.0
    vehicle_mass: float = 0.0
    embedding: Output | None = field(default=None, repr=False, compare=False)


class SpeciesHead:
    """A classifier over whole pictures as the model registry describes it."""

    def __init__(
        self, entry: ModelEntry, model: bytes, targets: Sequence[str], threads: int = 1
    ) -> None:
        """Raises InferenceError, also for a target the head has no class for; RuntimeMissing."""
        labels = entry.load_labels()
        self._targets = target_classes(labels, targets, entry.name)
        self._vehicles = np.asarray(labels.groups.get("vehicle", ()), dtype=np.intp)
        self._taxa = [taxon.scientific_name for taxon in labels.taxa]
        self._wildlife = np.asarray([i for t in labels.taxa for i in t.classes], dtype=np.intp)
        # Where each taxon's classes begin among those, to add all of them up in one go.
        sizes = [len(taxon.classes) for taxon in labels.taxa]
        self._first_classes = np.cumsum([0, *sizes[:-1]], dtype=np.intp)
        self._network = Network(model, entry.input, threads)
        self._letterbox = Letterbox(entry.input)
        self._probabilities = entry.output("probabilities").index
        self._embedding = entry.output("embedding").index
        classes = self._network.output_shapes[self._probabilities][-1]
        if classes != len(labels.classes):
            raise InferenceError(f"{entry.name}: {classes} classes, {len(labels.classes)} labels")

    def name(self, pixels: Pixels, box: Box | None) -> Naming:
        """Name what the frame shows; ``box`` is where the detector is surest, or None."""
        width_px, height_px = _size(pixels)
        regions = list(tiles(width_px, height_px))
        if box is not None:
            regions.append(square_around(box, width_px, height_px))
        looks = [self._look(pixels, region) for region in regions]
        masses = [look.mass(self._targets) for look in looks]
        telling = looks[self._most_telling(looks, masses)]
        return Naming(
            self._best(telling.probabilities),
            max(masses),
            max(look.mass(self._vehicles) for look in looks),
            telling.embedding,
        )

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        """The target group's probability in one region alone."""
        return self._look(pixels, region).mass(self._targets)

    def _look(self, pixels: Pixels, region: Box) -> _Look:
        x0, y0, x1, y1 = pixel_rectangle(region, *_size(pixels))
        canvas, _ = self._letterbox.place(pixels[y0:y1, x0:x1])
        self._network.run(canvas)
        return _Look(
            self._network.output(self._probabilities), self._network.output(self._embedding)
        )

    def _most_telling(self, looks: Sequence[_Look], masses: Sequence[float]) -> int:
        """The look that shows most of the target, or, where none does, most of any animal."""
        if max(masses) < SPEAKS:
            masses = [look.mass(self._wildlife) for look in looks]
        return max(range(len(looks)), key=masses.__getitem__)

    def _best(self, probabilities: Output) -> tuple[tuple[str, float], ...]:
        masses = np.add.reduceat(probabilities[self._wildlife], self._first_classes)
        best = np.argsort(-masses, kind="stable")[:LISTED]
        return tuple((self._taxa[i], float(masses[i])) for i in best if masses[i] >= LEAST_LISTED)


@dataclass(frozen=True, slots=True)
class _Look:
    """The classifier's answer for one square."""

    probabilities: Output
    embedding: Output

    def mass(self, classes: NDArray[np.intp]) -> float:
        return min(1.0, float(self.probabilities[classes].sum()))


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
