"""What is sent of a target burst: side, crops and codes of its best views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.records import Box, Crop, Descriptor, Side
from edge.vision.anatomy import Anatomist, Anatomy, Glance, anatomy
from edge.vision.catalogue.file import Catalogue
from edge.vision.catalogue.identify import identify
from edge.vision.catalogue.points import CoatPoints
from edge.vision.catalogue.scores import Answer
from edge.vision.clock import Stopwatch
from edge.vision.crops import coat_points_of, codes, cut, enough_pixels, plan, thumbnail
from edge.vision.decode import Picture
from edge.vision.eyes import Namer
from edge.vision.locate import locate
from edge.vision.quality import side_on_quality, view_quality
from edge.vision.views import View


@dataclass(slots=True)
class Evidence:
    """Crops and codes, best first; ``mishaps`` says what could not be made, and why. ``withheld``
    tells that there would be pictures, and that a person may be in them."""

    side: Side = Side.UNCLEAR
    quality: float = 0.0
    crops: list[Crop] = field(default_factory=list)
    descriptors: list[Descriptor] = field(default_factory=list)
    mishaps: list[str] = field(default_factory=list)
    withheld: bool = False
    coats: list[tuple[Side, CoatPoints]] = field(default_factory=list)
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class _Located:
    """A view with the animal's place in it, or without one."""

    view: View
    box: Box | None
    quality: float
    glance: Glance | None = None


def of_target(
    views: Sequence[View],
    frames: Sequence[bytes],
    namer: Namer,
    watch: Stopwatch,
    anatomist: Anatomist | None = None,
    catalogue: Catalogue | None = None,
    *,
    several: bool = False,
    describing: bool = True,
) -> Evidence:
    """Evidence from the best ``views`` of a burst, as far as time allows. Never raises.

    Without an ``anatomist`` side, flank and head follow from box and movement alone. With
    ``several`` animals in the burst only the best view is compared with the ``catalogue``: another
    may show another cat. Codes are made only if ``describing``.
    """
    evidence = Evidence()
    located = [_located(view, namer, anatomist, watch, evidence) for view in views]
    located.sort(key=lambda item: (item.box is None, -item.quality))
    if located and located[0].box is not None:
        located = [item for item in located if item.box is not None]
    track = [item.box for item in sorted(located, key=_time) if item.box is not None]
    for number, item in enumerate(located):
        if watch.expired:
            evidence.mishaps.append("time-out: not all crops were made")
            break
        found = Anatomy()
        if item.box is not None:
            found = anatomy(item.box, track, item.view.aspect, item.glance)
        if number == 0:
            evidence.side, evidence.quality = found.side, item.quality
        try:
            picture = _cut(item, found, frames[item.view.frame_index], watch, evidence)
            if describing:
                with watch.step("descriptor"):
                    evidence.descriptors += codes(picture, item.view.frame_index, found)
            if catalogue is not None and item.box is not None and not (several and evidence.coats):
                with watch.step("identify"):
                    coat = coat_points_of(picture, item.box, found)
                    evidence.coats.append((found.side, coat))
        except Exception as error:  # a sighting without a crop is still a sighting
            evidence.mishaps.append(f"frame {item.view.frame_index + 1}: no crop: {error}")
    ask_catalogue(evidence, catalogue, watch)
    return evidence


def of_unknown(frames: Sequence[bytes], order: Sequence[int], watch: Stopwatch) -> Evidence:
    """One small picture of the first frame in ``order`` that can be decoded. Never raises."""
    evidence = Evidence()
    for index in order:
        try:
            with watch.step("crops"):
                crop = thumbnail(frames[index], index)
        except Exception:  # the reason is in the frame's own judgement already
            continue
        if crop is not None:
            evidence.crops.append(crop)
            break
    return evidence


def _located(
    view: View,
    namer: Namer,
    anatomist: Anatomist | None,
    watch: Stopwatch,
    evidence: Evidence,
) -> _Located:
    try:
        with watch.step("species"):
            box = view.located or locate(
                view.picture.pixels, view.boxes, namer.target_mass, lambda: watch.expired
            )
        if box is None:
            return _Located(view, None, 0.0)
        quality = view_quality(view.picture, box)
    except Exception as error:  # the frame as a whole can still be sent
        evidence.mishaps.append(f"frame {view.frame_index + 1}: not located: {error}")
        return _Located(view, None, 0.0)
    glance = _glanced(view, box, anatomist, watch, evidence)
    if glance is not None:
        quality *= side_on_quality(glance.side_on)
    return _Located(view, box, quality, glance)


def _glanced(
    view: View, box: Box, anatomist: Anatomist | None, watch: Stopwatch, evidence: Evidence
) -> Glance | None:
    if anatomist is None or watch.expired:
        return None
    try:
        with watch.step("species"):
            return anatomist.glance(view.picture.pixels, box)
    except Exception as error:  # geometry is there for that
        evidence.mishaps.append(f"frame {view.frame_index + 1}: parts not seen: {error}")
        return None


def _cut(
    item: _Located,
    found: Anatomy,
    data: bytes,
    watch: Stopwatch,
    evidence: Evidence,
) -> Picture:
    """Add the crops of one view; the picture that they were cut from."""
    index = item.view.frame_index
    with watch.step("crops"):
        picture = enough_pixels(item.view.picture, data, plan(item.box, found))
        evidence.crops += cut(picture, index, item.box, found, item.quality)
    return picture


def ask_catalogue(evidence: Evidence, catalogue: Catalogue | None, watch: Stopwatch) -> None:
    """Note whom the animal is most like. Never raises; nothing where nobody can be asked."""
    if catalogue is None or watch.expired:
        return
    try:
        with watch.step("identify"):
            evidence.answer = identify(evidence.coats, catalogue)
    except Exception as error:  # a sighting without a name is still a sighting
        evidence.mishaps.append(f"the catalogue could not be asked: {error}")


def _time(item: _Located) -> int:
    return item.view.frame_index
