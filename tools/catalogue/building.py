"""From labelled pictures to a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from edge.records import Side
from edge.vision.anatomy import Anatomist, Anatomy
from edge.vision.catalogue.file import MOST_REFERENCES, Entry
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import CoatPoints
from edge.vision.crops import coat_points_of
from edge.vision.decode import decode
from edge.vision.errors import DecodeError, InferenceError
from tools.catalogue.errors import LabelsError
from tools.catalogue.labels import Flank

POINTS = 150
"""Points kept of each reference: 5.4 kB."""
REFERENCES = 30
"""Most references kept of each side of each individual: nothing helps more than many."""
FEWEST = 3
IN_ALL = 280
"""References of a whole catalogue of 1.5 MB, shared evenly; beyond it each side keeps FEWEST."""
LEAST_POINTS = 20
"""A picture with fewer says nothing about a coat."""
DECODED_PX = 2048


@dataclass(frozen=True, slots=True)
class Skipped:
    """A picture that gave no reference, and why."""

    flank: Flank
    why: str


def points_of(flank: Flank, anatomist: Anatomist | None) -> CoatPoints:
    """The points of a labelled flank, found as a station finds them.

    Raises LabelsError for a picture that cannot be read.
    """
    try:
        picture = decode(flank.path.read_bytes(), DECODED_PX)
    except (OSError, DecodeError) as error:
        raise LabelsError(f"{flank.path}: cannot be read: {error}") from error
    coat = None
    if anatomist is not None:
        try:
            coat = anatomist.glance(picture.pixels, flank.box).coat
        except InferenceError:
            coat = None  # the ellipse is there for that
    return coat_points_of(picture, flank.box, Anatomy(side=flank.side, coat=coat))


def build(
    flanks: Sequence[Flank],
    anatomist: Anatomist | None,
    progress: Callable[[int, int], None],
    references: int | None = None,
    points: int = POINTS,
) -> tuple[list[Entry], list[Skipped]]:
    """The rows of a catalogue, and what could not become a reference. Raises LabelsError.

    ``references`` is the most kept of each side; None shares 1.5 MB among them.
    """
    found: dict[tuple[str, Side], list[CoatPoints]] = {}
    skipped: list[Skipped] = []
    for number, flank in enumerate(flanks, start=1):
        coat = points_of(flank, anatomist)
        if len(coat) < LEAST_POINTS:
            skipped.append(Skipped(flank, f"{len(coat)} points on its coat, too few"))
        else:
            found.setdefault((flank.individual, flank.side), []).append(coat.first(points))
        progress(number, len(flanks))
    if references is None:
        references = max(FEWEST, min(REFERENCES, IN_ALL // max(1, len(found))))
    most = min(references, MOST_REFERENCES)
    entries = [
        Entry(side, Known(individual, tuple(spread(coats, most))))
        for (individual, side), coats in sorted(found.items())
    ]
    return entries, skipped


def spread(coats: Sequence[CoatPoints], most: int) -> Iterable[CoatPoints]:
    """At most ``most``, evenly from first to last: neighbours in a table are often one burst."""
    if len(coats) <= most:
        return coats
    return [coats[round(i * (len(coats) - 1) / max(most - 1, 1))] for i in range(most)]
