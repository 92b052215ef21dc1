"""Labelled looks: squares cut out of training pictures, as a station would show its species head.

A station looks at the two squares that make up a frame and at the square around each box. Training
looks are the same, and besides: boxes moved as a careless detector would, squares of bare
background, and everything in the light that ``material.light`` makes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.records import Box
from edge.vision.boxes import pixel_rectangle
from edge.vision.decode import decode
from edge.vision.species import square_around
from edge.vision.tiles import tiles
from tools.train.material import light
from tools.train.material.samples import GROUPS, LABELS, Floats, Pixels, Sample

LONG_SIDE_PX = 640
SHOWN = 0.5
"""A look shows an animal when it holds at least this share of it,"""
LEAST_AREA = 0.01
"""and the animal covers at least this share of the look."""
HIDDEN = 0.08
"""A look that holds less than this share of anything shows the background."""
BACKGROUNDS = {"empty": 4, "snow_leopard": 3}
"""Squares of background taken from an empty scene and from a picture of the named source."""
MOST_BOXES = 3


@dataclass(frozen=True, slots=True)
class Look:
    """A square of a picture, ``(S, S, 3)`` RGB, and the index of its group in ``GROUPS``."""

    pixels: Pixels
    group: int


def looks_of(sample: Sample, random: np.random.Generator, altered: bool) -> Iterator[Look]:
    """Looks at one sample; ``altered`` takes it in another light and mirrored half of the time.

    Raises DecodeError where the picture cannot be decoded.
    """
    pixels = _small(decode(sample.path.read_bytes(), LONG_SIDE_PX).pixels)
    if altered:
        corners = _corners(sample.boxes, pixels)
        bgr = light.expose(pixels[:, :, ::-1], corners, random)
        pixels = np.ascontiguousarray(bgr[:, :, ::-1])
    for region in _regions(sample, pixels, random):
        group = group_of(sample, region)
        if group is None:
            continue
        x0, y0, x1, y1 = pixel_rectangle(region, pixels.shape[1], pixels.shape[0])
        cut = pixels[y0:y1, x0:x1]
        if altered and random.random() < 0.5:
            cut = cut[:, ::-1]
        yield Look(np.ascontiguousarray(cut), group)


def group_of(sample: Sample, region: Box) -> int | None:
    """The group that a region shows, None where it shows something by halves."""
    held = np.array([_held(region, box) for box in sample.boxes])
    areas = sample.boxes[:, 2] * sample.boxes[:, 3] * held / (region.w * region.h)
    shown = (held >= SHOWN) & (areas >= LEAST_AREA)
    if shown.any():
        index = int(np.where(shown, areas, -1).argmax())
        label = LABELS[sample.labels[index]]
        return GROUPS.index(sample.animal if label == "animal" else label)
    unsure = max((_held(region, box) for box in sample.unsure), default=0.0)
    if unsure > 2 * HIDDEN or held.max(initial=0.0) > HIDDEN:
        return None
    return GROUPS.index("blank")


def _regions(sample: Sample, pixels: Pixels, random: np.random.Generator) -> Iterator[Box]:
    height, width = pixels.shape[:2]
    yield from tiles(width, height)
    for box in sample.boxes[:MOST_BOXES]:
        yield square_around(_box(box), width, height)
        yield square_around(_box(_moved(box, random)), width, height)
    kind = "empty" if sample.source.endswith("/empty") else sample.source
    for _ in range(BACKGROUNDS.get(kind, 1)):
        side = random.uniform(0.15, 0.7) * min(height, width)
        w, h = side / width, side / height
        yield Box(random.uniform(0, 1 - w), random.uniform(0, 1 - h), w, h)


def _moved(box: Floats, random: np.random.Generator) -> Floats:
    moved = box.copy()
    moved[:2] += random.normal(0, 0.12, 2) * box[2:]
    moved[2:] *= np.exp(random.normal(0, 0.25, 2))
    moved[:2] = np.clip(moved[:2], 0, 0.95)
    moved[2:] = np.minimum(moved[2:], 1 - moved[:2])
    return moved


def _small(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    scale = LONG_SIDE_PX / max(height, width)
    if scale >= 1:
        return pixels
    size = (round(width * scale), round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _held(region: Box, box: NDArray[np.float32]) -> float:
    """Share of ``box`` (x, y, w, h) that lies in the region."""
    x = min(region.x + region.w, box[0] + box[2]) - max(region.x, box[0])
    y = min(region.y + region.h, box[1] + box[3]) - max(region.y, box[1])
    return float(max(0.0, x) * max(0.0, y) / max(box[2] * box[3], 1e-9))


def _corners(boxes: Floats, pixels: Pixels) -> Floats:
    size = np.array([pixels.shape[1], pixels.shape[0]] * 2, np.float32)
    return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1) * size


def _box(values: Floats) -> Box:
    x, y, w, h = (float(value) for value in values)
    return Box(x, y, w, h)
