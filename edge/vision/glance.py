"""The small picture that a camera took beside a file, in its place where it shows nothing.

Nine frames of ten are empty, and decoding twelve megapixels costs as much as asking the networks. A
glance comes from the same instant, with as many pixels as the first look asks of the decoder. All
that it settles is that there is nothing, or nothing new: what is not plainly empty in it, or has
moved, is judged by its file, as if there were no glance. Whatever it says, no burst is called blank
by glances alone (edge.vision.first_look).
"""

from __future__ import annotations

from collections.abc import Sequence

from edge.config import Triage
from edge.records import Detection
from edge.vision.confirm import PERSON_MASS, VEHICLE_MASS
from edge.vision.decode import Picture, Pixels, flat_end, outline
from edge.vision.errors import DecodeError
from edge.vision.species import Naming

PLAIN = 0.5
"""Of each limit from which a frame is doubtful, the share from which a glance is."""
LEAST_LONG_SIDE_PX = 640
"""Smaller glances show less than the first look at a file does."""
LEAST_FILE_PX = 4_000_000
"""The networks are not asked about the glance of a smaller file, for decoding that costs less than
one of them; it is compared with clear frames all the same."""
MOST_STRETCH = 0.02
"""A glance that is wider or narrower than its file by more than this share shows other shapes."""


def glimpse(data: bytes, pixels: Pixels | None) -> Picture | None:
    """The small picture ``pixels`` of the file ``data`` as its first picture.

    None where it cannot stand for it: it is too small, of another shape or itself in part without
    a picture; or the file is damaged, as far as its structure tells, or of no known kind.
    """
    if pixels is None or max(pixels.shape[:2]) < LEAST_LONG_SIDE_PX:
        return None
    try:
        width_px, height_px, damage = outline(data)
    except DecodeError:
        return None
    stretch = pixels.shape[1] * height_px / (pixels.shape[0] * width_px)
    if damage is not None or abs(stretch - 1) > MOST_STRETCH or flat_end(pixels) is not None:
        return None
    return Picture(pixels, width_px, height_px)


def is_worth_searching(glance: Picture) -> bool:
    """Whether decoding the file costs so much that its glance is searched before."""
    return glance.full_width_px * glance.full_height_px >= LEAST_FILE_PX


def finds_nothing(found: Sequence[Detection], policy: Triage) -> bool:
    """Whether the detector's boxes in a glance are all far too faint to be a reason for doubt."""
    return all(box.score < PLAIN * policy.doubt_score for box in found)


def names_nothing(named: Naming, policy: Triage) -> bool:
    """Whether no look at a glance is anywhere near a reason for doubt."""
    likeliest = named.species[0][1] if named.species else 0.0
    return (
        named.target_mass < PLAIN * policy.doubt_mass
        and likeliest < PLAIN * policy.doubt_name
        and named.person_mass < PLAIN * PERSON_MASS
        and named.vehicle_mass < PLAIN * VEHICLE_MASS
    )
