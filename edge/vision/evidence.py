"""What is sent of a target burst: side, crops and codes of its best views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from edge.records import Box, Crop, Descriptor, Side
from edge.vision import parts
from edge.vision.clock import Stopwatch
from edge.vision.crops import codes, cut, enough_pixels, plan, thumbnail
from edge.vision.eyes import Namer
from edge.vision.locate import locate
from edge.vision.quality import view_quality
from edge.vision.views import View


@dataclass(slots=True)
class Evidence:
    """Crops and codes, best first; ``mishaps`` says what could not be made, and why."""

    side: Side = Side.UNCLEAR
    quality: float = 0.0
    crops: list[Crop] = field(default_factory=list)
    descriptors: list[Descriptor] = field(default_factory=list)
    mishaps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Located:
    """A view with the animal's place in it, or without one."""

    view: View
    box: Box | None
    quality: float


def of_target(
    views: Sequence[View], frames: Sequence[bytes], namer: Namer, watch: Stopwatch
) -> Evidence:
    """Evidence from the best ``views`` of a burst, as far as time allows. Never raises."""
    evidence = Evidence()
    located = [_located(view, namer, watch, evidence) for view in views]
    located.sort(key=lambda item: (item.box is None, -item.quality))
    if located and located[0].box is not None:
        located = [item for item in located if item.box is not None]
    track = [item.box for item in sorted(located, key=_time) if item.box is not None]
    for number, item in enumerate(located):
        if watch.expired:
            evidence.mishaps.append("time-out: not all crops were made")
            break
        side = Side.UNCLEAR
        if item.box is not None:
            side = parts.facing(item.box, track, item.view.aspect)
        if number == 0:
            evidence.side, evidence.quality = side, item.quality
        try:
            _cut(item, side, frames[item.view.frame_index], watch, evidence)
        except Exception as error:  # a sighting without a crop is still a sighting
            evidence.mishaps.append(f"frame {item.view.frame_index + 1}: no crop: {error}")
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


def _located(view: View, namer: Namer, watch: Stopwatch, evidence: Evidence) -> _Located:
    try:
        with watch.step("species"):
            box = locate(view.picture.pixels, view.boxes, namer.target_mass, lambda: watch.expired)
        quality = 0.0 if box is None else view_quality(view.picture, box)
    except Exception as error:  # the frame as a whole can still be sent
        evidence.mishaps.append(f"frame {view.frame_index + 1}: not located: {error}")
        return _Located(view, None, 0.0)
    return _Located(view, box, quality)


def _cut(item: _Located, side: Side, data: bytes, watch: Stopwatch, evidence: Evidence) -> None:
    index = item.view.frame_index
    with watch.step("crops"):
        picture = enough_pixels(item.view.picture, data, plan(item.box, side))
        evidence.crops += cut(picture, index, item.box, side, item.quality)
    with watch.step("descriptor"):
        evidence.descriptors += codes(picture, index, item.box, side)


def _time(item: _Located) -> int:
    return item.view.frame_index
