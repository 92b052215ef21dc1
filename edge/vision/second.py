"""A second look, at native resolution, where the first could not decide.

At the first look a frame is a few hundred pixels wide and a distant cat a few pixels long. Where
something moved, or was half seen, the region is decoded with more pixels and shown to the detector
and the species head as a picture of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from edge.config import Triage
from edge.records import Box, Detection, FrameJudgement, ObservationType
from edge.vision.boxes import overlap, pixel_rectangle, within
from edge.vision.clock import Stopwatch
from edge.vision.confirm import confirmed, with_what_fills
from edge.vision.decode import Picture, decode
from edge.vision.eyes import Eyes
from edge.vision.nms import merged
from edge.vision.scene import Proposal
from edge.vision.species import Naming, square_around
from edge.vision.verdict import Species

ANIMAL = ObservationType.ANIMAL.value
MOST_FAINT = 2
"""Faint boxes of one burst among them. A third of bare rock has one, but no name stays with it."""
MOST_LOOKS = 4
"""Regions of one burst that are looked at again: each costs about one first look at a frame."""
LEAST_SIDE = 0.25
"""Shorter regions are widened to this share of the frame's short side: nothing is told without
its surroundings."""
MOST_SIDE = 0.75
"""A region longer than this share of the short side was seen nearly as well at the first look."""
WELL_SEEN = 0.35
"""An animal this long, in shares of the frame's long side, was shown to the species head at the
first look with the 224 pixels that it takes."""
WANTED_PX = 448
"""Pixels that a region's side should have: twice what the species head is shown."""
LARGEST_DECODE_PX = 2048
"""Longest side asked of the decoder: bounds the memory on pictures of any size."""
SAME = 0.5
"""Regions of one frame that overlap by more are one."""


@dataclass(frozen=True, slots=True)
class Closer:
    """What a second look found in one frame.

    ``judgement`` and ``species`` are those of the frame with the finding added to them, ``picture``
    is the larger decoding, and ``located`` is where the target was recognised, if it was.
    """

    frame_index: int
    judgement: FrameJudgement
    species: Species
    picture: Picture | None = None
    located: Box | None = None


def half_seen(
    frames: Sequence[FrameJudgement], shapes: Sequence[float], policy: Triage
) -> list[Proposal]:
    """Small animals that were boxed and not recognised as a target, surest first.

    ``shapes[i]`` is the width over the height of frame i.
    """
    found = [
        Proposal(index, detection.box, detection.score)
        for index, frame in enumerate(frames)
        for detection in frame.detections[:1]
        if detection.label == ANIMAL
        and (frame.target_mass or 0.0) < policy.target_mass
        and _length(detection.box, shapes[index]) < WELL_SEEN
    ]
    return sorted(found, key=lambda proposal: -proposal.strength)


def hardly_seen(
    faint: Sequence[Sequence[Detection]], frames: Sequence[FrameJudgement], policy: Triage
) -> list[Proposal]:
    """The surest of the boxes that were too faint to count, ``faint[i]`` of frame i, of frames in
    which nothing was seen for sure.

    A distant cat in the light of a flash may be no more than that at the first look.
    """
    found = [
        Proposal(index, box.box, box.score, needs_name=True)
        for index, (boxes, frame) in enumerate(zip(faint, frames, strict=True))
        for box in boxes
        if (frame.target_mass or 0.0) < policy.target_mass
        and all(sure.score < policy.detect_score for sure in frame.detections)
    ]
    return sorted(found, key=lambda proposal: -proposal.strength)[:MOST_FAINT]


def regions_of(
    proposals: Sequence[Sequence[Proposal]],
    frames: Sequence[FrameJudgement],
    shapes: Sequence[float],
) -> list[Proposal]:
    """The first MOST_LOOKS squares that deserve a second look, in the order of ``proposals``.

    Each of these comes from one way of finding them, surest first, and is asked in its turn: a goat
    that was half seen in every frame must not use up the looks at what moved behind it.

    ``shapes[i]`` is the width over the height of frame i. A proposal is left out when its square is
    too large to gain by it, or lies on one that was taken.
    """
    taken: list[Proposal] = []
    for proposal in _in_turn(proposals):
        square = _square(proposal.box, shapes[proposal.frame_index])
        if square is None or frames[proposal.frame_index].error is not None:
            continue
        if not any(
            other.frame_index == proposal.frame_index and overlap(other.box, square) > SAME
            for other in taken
        ):
            taken.append(replace(proposal, box=square))
    return taken[:MOST_LOOKS]


def _in_turn(ways: Sequence[Sequence[Proposal]]) -> Iterator[Proposal]:
    for turn in zip_longest(*ways):
        yield from (proposal for proposal in turn if proposal is not None)


def look_closer(
    region: Proposal,
    data: bytes,
    frame: FrameJudgement,
    species: Species,
    eyes: Eyes,
    policy: Triage,
    watch: Stopwatch,
    unnamed: bool = False,
) -> Closer:
    """Look again at one region of the frame whose file is ``data``.

    What is found is added to ``frame``: the target mass if it is larger, and detections of at least
    ``policy.detect_score``. An animal that the species head has no name for counts only if
    ``unnamed`` says so: a detector fires more often on enlarged rock, which may save a burst from
    being called blank, but must not settle a doubtful one as just some animal. People and vehicles
    always count. Nothing is ever taken away.
    Nothing is raised: what goes wrong stands in the judgement's ``error``.
    """
    index = region.frame_index
    try:
        return _looked(region, data, frame, species, eyes, policy, watch, unnamed)
    except Exception as error:  # a second look must not cost what the first one found
        text = " ".join(str(error).split()) or type(error).__name__
        return Closer(index, replace(frame, error=f"second look: {text}"), species)


def _looked(
    region: Proposal,
    data: bytes,
    frame: FrameJudgement,
    species: Species,
    eyes: Eyes,
    policy: Triage,
    watch: Stopwatch,
    unnamed: bool,
) -> Closer:
    assert eyes.working is not None
    finder, namer = eyes.working
    with watch.step("decode"):
        picture = decode(data, _enough_px(region.box))
    if frame.error is None:  # a frame that was seen in its small picture may be damaged
        frame = replace(frame, error=picture.damage)
    height_px, width_px = picture.pixels.shape[:2]
    x0, y0, x1, y1 = pixel_rectangle(region.box, width_px, height_px)
    pixels = picture.pixels[y0:y1, x0:x1]
    with watch.step("detect"):
        inside = finder.find(pixels, policy.detect_score)
    with watch.step("species"):
        named = namer.name(pixels, [detection.box for detection in inside])
    inside = confirmed(inside, named.boxed, policy.detect_score)
    inside = with_what_fills(inside, named, policy.detect_score)
    found = tuple(replace(d, box=within(region.box, d.box)) for d in inside)
    if not (unnamed or _has_a_name(named, policy)):
        found = tuple(d for d in found if d.label != ANIMAL)
    better = named.target_mass > (frame.target_mass or 0.0)
    located = next((d.box for d in found if d.label == ANIMAL), region.box)
    return Closer(
        region.frame_index,
        replace(
            frame,
            detections=merged((*frame.detections, *found)),
            target_mass=max(frame.target_mass or 0.0, named.target_mass),
        ),
        named.species if better else species,
        picture,
        located if named.target_mass >= policy.target_mass else None,
    )


def _has_a_name(named: Naming, policy: Triage) -> bool:
    """Whether the species head sees something of the target, or some one species."""
    likeliest = named.species[0][1] if named.species else 0.0
    return named.target_mass >= policy.doubt_mass or likeliest >= policy.doubt_name


def _square(box: Box, aspect: float) -> Box | None:
    """The square to look at, in a frame of width ``aspect`` and height 1; None if too large."""
    short = min(aspect, 1.0)
    side = max(box.w * aspect, box.h, LEAST_SIDE * short)
    if side > MOST_SIDE * short:
        return None
    w, h = side / aspect, side
    middle = Box(box.x + (box.w - w) / 2, box.y + (box.h - h) / 2, w, h)
    return square_around(middle, round(1000 * aspect), 1000)


def _length(box: Box, aspect: float) -> float:
    """The longer side of ``box`` in shares of the frame's longer side."""
    return max(box.w * aspect, box.h) / max(aspect, 1.0)


def _enough_px(square: Box) -> int:
    """The frame's long side at which ``square`` has WANTED_PX, within bounds."""
    return min(LARGEST_DECODE_PX, round(WANTED_PX / min(square.w, square.h)))
