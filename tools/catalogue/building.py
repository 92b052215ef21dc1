"""From labelled pictures to a catalogue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge.records import Side
from edge.vision.anatomy import Anatomist, Anatomy
from edge.vision.catalogue.file import MOST_REFERENCES, Entry
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import CODE_BYTES, PLACE_BYTES, CoatPoints
from edge.vision.crops import coat_points_of
from edge.vision.decode import decode
from edge.vision.errors import DecodeError, InferenceError
from tools.catalogue.choosing import Picture, chosen
from tools.catalogue.errors import LabelsError
from tools.catalogue.labels import Flank

SIZE_BYTES = 1_500_000
"""Of a whole catalogue: what a station of 512 MB holds and asks without noticing it."""
POINT_BYTES = PLACE_BYTES + CODE_BYTES
REFERENCES = 30
"""Most pictures kept of each side of each individual: nothing helps more than many."""
POINTS = 4500
"""Most points kept of each side, in all its pictures: 162 kB."""
A_PICTURE = 15
"""With fewer points than this a picture cannot be verified: then fewer pictures are kept."""
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
    references: int = REFERENCES,
    size_bytes: int = SIZE_BYTES,
) -> tuple[list[Entry], list[Skipped]]:
    """The rows of a catalogue of about ``size_bytes``, shared evenly by all sides, and what could
    not become a reference. Raises LabelsError.

    ``references`` is the most pictures kept of each side.
    """
    found: dict[tuple[str, Side], list[Picture]] = {}
    skipped: list[Skipped] = []
    for number, flank in enumerate(flanks, start=1):
        coat = points_of(flank, anatomist)
        if len(coat) < LEAST_POINTS:
            skipped.append(Skipped(flank, f"{len(coat)} points on its coat, too few"))
        else:
            pictures = found.setdefault((flank.individual, flank.side), [])
            pictures.append(Picture(flank.visit or str(flank.path), coat))
        progress(number, len(flanks))
    points = points_a_side(size_bytes, len(found))
    most = pictures_a_side(points, references)
    entries = [
        Entry(side, Known(individual, tuple(chosen(pictures, most, points))))
        for (individual, side), pictures in sorted(found.items())
    ]
    return entries, skipped


def points_a_side(size_bytes: int, sides: int) -> int:
    """Points that each of the ``sides`` may keep."""
    return max(A_PICTURE, min(POINTS, size_bytes // (POINT_BYTES * max(1, sides))))


def pictures_a_side(points: int, references: int = REFERENCES) -> int:
    """Pictures that so many points are shared among."""
    return max(1, min(references, MOST_REFERENCES, points // A_PICTURE))
