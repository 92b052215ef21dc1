"""Where things stand in a picture: crops, flips, mosaics and pasted animals, boxes following."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from tools.train.material.samples import Floats, Scene

Random = np.random.Generator

LEAST_SEEN = 0.3
"""A box cut to less than this share of its area is no longer a clear animal: nothing is learnt."""
SMALLEST_PX = 6


def zoomed(scene: Scene, random: Random) -> Scene:
    """Cut a random window out of the scene; around an animal, often through it."""
    height, width = scene.pixels.shape[:2]
    share = random.uniform(0.45, 1.0)
    w, h = int(width * share), int(height * min(1.0, share * random.uniform(0.85, 1.18)))
    if len(scene.boxes):
        box = scene.boxes[random.integers(len(scene.boxes))]
        at = random.uniform(box[:2], np.maximum(box[2:], box[:2] + 1))
        x = int(np.clip(at[0] - random.uniform(0.1, 0.9) * w, 0, width - w))
        y = int(np.clip(at[1] - random.uniform(0.1, 0.9) * h, 0, height - h))
    else:
        x, y = int(random.integers(width - w + 1)), int(random.integers(height - h + 1))
    return window(scene, x, y, w, h)


def window(scene: Scene, x: int, y: int, w: int, h: int) -> Scene:
    """The part of a scene in one window, boxes cut to it; slivers of animals become unsure."""
    moved = scene.boxes - np.array([x, y, x, y], np.float32)
    cut = _clipped(moved, w, h)
    seen = _areas(cut) / np.maximum(_areas(moved), 1e-3)
    inside = (cut[:, 2] - cut[:, 0] >= SMALLEST_PX) & (cut[:, 3] - cut[:, 1] >= SMALLEST_PX)
    clear = inside & (seen >= LEAST_SEEN)
    unsure = _clipped(scene.unsure - np.array([x, y, x, y], np.float32), w, h)
    unsure = np.concatenate([unsure[_areas(unsure) > 0], cut[~clear & (_areas(cut) > 0)]])
    return Scene(scene.pixels[y : y + h, x : x + w], cut[clear], scene.labels[clear], unsure)


def mirrored(scene: Scene) -> Scene:
    """Left and right exchanged."""
    width = scene.pixels.shape[1]
    return replace(
        scene,
        pixels=scene.pixels[:, ::-1],
        boxes=_mirror(scene.boxes, width),
        unsure=_mirror(scene.unsure, width),
    )


def fitted(scene: Scene, side: int, share: float = 1.0) -> Scene:
    """Scaled to a canvas ``side`` pixels square, top left, the rest black, as on a station.

    ``share`` below 1 leaves more of the canvas black: a smaller, farther scene.
    """
    height, width = scene.pixels.shape[:2]
    scale = side * share / max(height, width)
    w, h = max(1, round(width * scale)), max(1, round(height * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((side, side, 3), np.uint8)
    canvas[:h, :w] = cv2.resize(np.ascontiguousarray(scene.pixels), (w, h), interpolation=method)
    factor = np.array([w / width, h / height, w / width, h / height], np.float32)
    return Scene(canvas, scene.boxes * factor, scene.labels, scene.unsure * factor)


def mosaic(scenes: Sequence[Scene], side: int, random: Random) -> Scene:
    """Four scenes round a random point (Bochkovskiy et al. 2020): small animals, many edges."""
    cx, cy = (int(v) for v in random.integers(int(side * 0.35), int(side * 0.65), 2))
    corners = ((0, 0, cx, cy), (cx, 0, side, cy), (0, cy, cx, side), (cx, cy, side, side))
    canvas = np.zeros((side, side, 3), np.uint8)
    parts = []
    for scene, (x1, y1, x2, y2) in zip(scenes, corners, strict=True):
        height, width = scene.pixels.shape[:2]
        scale = max((x2 - x1) / width, (y2 - y1) / height)
        whole = fitted(scene, round(max(height, width) * scale))
        free_x = max(0, round(width * scale) - (x2 - x1))
        free_y = max(0, round(height * scale) - (y2 - y1))
        part = window(
            whole,
            int(random.integers(free_x + 1)),
            int(random.integers(free_y + 1)),
            x2 - x1,
            y2 - y1,
        )
        h, w = part.pixels.shape[:2]
        canvas[y1 : y1 + h, x1 : x1 + w] = part.pixels
        shift = np.array([x1, y1, x1, y1], np.float32)
        parts.append(replace(part, boxes=part.boxes + shift, unsure=part.unsure + shift))
    return Scene(
        canvas,
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.labels for part in parts]),
        np.concatenate([part.unsure for part in parts]),
    )


def pasted(scene: Scene, donor: Scene, random: Random) -> Scene:
    """Something of ``donor`` set into ``scene`` with a soft edge: one of its boxes or, by the same
    recipe and as often, a piece of its background, so that no seam means an animal."""
    height, width = scene.pixels.shape[:2]
    animal = len(donor.boxes) > 0 and random.random() < 0.5
    index = int(random.integers(len(donor.boxes))) if animal else -1
    x1, y1, x2, y2 = _piece(donor, index, random)
    piece = donor.pixels[y1:y2, x1:x2]
    if min(piece.shape[:2]) < 2 * SMALLEST_PX:
        return scene
    size = random.uniform(0.12, 0.5) * min(height, width) / max(piece.shape[:2])
    w, h = max(8, round(piece.shape[1] * size)), max(8, round(piece.shape[0] * size))
    x, y = int(random.integers(width - w + 1)), int(random.integers(height - h + 1))
    place = np.array([[x, y, x + w, y + h]], np.float32)
    if len(scene.boxes) and _shared(scene.boxes, place[0]).max() > 0.2:
        return scene
    soft = _soft_edge(w, h)
    out = scene.pixels.copy()
    ground = out[y : y + h, x : x + w].astype(np.float32)
    patch = cv2.resize(np.ascontiguousarray(piece), (w, h), interpolation=cv2.INTER_AREA)
    patch = patch.astype(np.float32)
    patch += (ground.mean() - patch.mean()) * random.uniform(0.3, 0.9)
    out[y : y + h, x : x + w] = np.clip(soft * patch + (1 - soft) * ground, 0, 255)
    if not animal:
        return replace(scene, pixels=out)
    return Scene(
        out,
        np.concatenate([scene.boxes, place]),
        np.append(scene.labels, donor.labels[index]),
        scene.unsure,
    )


def _piece(donor: Scene, index: int, random: Random) -> tuple[int, int, int, int]:
    height, width = donor.pixels.shape[:2]
    if index >= 0:
        box = donor.boxes[index].copy()
        grow = 0.08 * (box[2:] - box[:2])
        box[:2], box[2:] = box[:2] - grow, box[2:] + grow
        x1, y1, x2, y2 = (int(v) for v in _clipped(box[None], width, height)[0])
        return x1, y1, x2, y2
    for _ in range(8):
        w, h = (random.uniform(0.15, 0.5, 2) * (width, height)).astype(int)
        x, y = int(random.integers(width - w + 1)), int(random.integers(height - h + 1))
        spot = np.array([x, y, x + w, y + h], np.float32)
        taken = np.concatenate([donor.boxes, donor.unsure])
        if not len(taken) or _areas(_overlap(taken, spot)).max() == 0:
            return x, y, int(x + w), int(y + h)
    return 0, 0, 0, 0


def _soft_edge(w: int, h: int) -> Floats:
    y, x = np.ogrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    distance = np.maximum(np.hypot(x, y) * 0.8, np.maximum(abs(x), abs(y)))
    return np.asarray(np.clip((1 - distance) / 0.18, 0, 1)[..., None], np.float32)


def _mirror(boxes: Floats, width: int) -> Floats:
    return np.stack(
        [width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1
    ).astype(np.float32)


def _clipped(boxes: Floats, width: int, height: int) -> Floats:
    top = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, top).astype(np.float32)


def _areas(boxes: Floats) -> Floats:
    sides = np.maximum(boxes[:, 2:] - boxes[:, :2], 0)
    return np.asarray(sides[:, 0] * sides[:, 1], np.float32)


def _overlap(boxes: Floats, spot: Floats) -> Floats:
    return np.concatenate(
        [np.maximum(boxes[:, :2], spot[:2]), np.minimum(boxes[:, 2:], spot[2:])], axis=1
    )


def _shared(boxes: Floats, spot: Floats) -> Floats:
    """Share of ``spot`` that each box covers."""
    return _areas(_overlap(boxes, spot)) / max(float((spot[2:] - spot[:2]).prod()), 1e-3)
