"""What a trap's light, lens and weather do to a picture. Boxes stay where they are."""

from __future__ import annotations

import cv2
import numpy as np

from tools.train.material.samples import Floats, Pixels

Random = np.random.Generator


def expose(pixels: Pixels, boxes: Floats, random: Random) -> Pixels:
    """Apply a random mixture of what traps see; ``boxes`` are corners in pixels ``(N, 4)``.

    Shares were chosen by hand from what field pictures show, infrared nights most of all.
    """
    image = pixels.astype(np.float32)
    if random.random() < 0.3:
        image = _infrared(image, random)
    elif random.random() < 0.6:
        image = _colour_cast(image, random)
    if random.random() < 0.8:
        image = _gain(image, random)
    if len(boxes) and random.random() < 0.06:
        image = _burn_out(image, boxes[random.integers(len(boxes))], random)
    if random.random() < 0.06:
        image = _fog(image, random)
    if random.random() < 0.05:
        image = _flecks(image, random)
    if random.random() < 0.25:
        image = _blur(image, random)
    if random.random() < 0.3:
        image = image + random.normal(0, random.uniform(2, 12), image.shape).astype(np.float32)
    return np.clip(image, 0, 255).astype(np.uint8)


def recompress(pixels: Pixels, random: Random) -> Pixels:
    """Through a JPEG of poor quality and back."""
    quality = int(random.integers(25, 80))
    _, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)


def banner(pixels: Pixels, random: Random) -> Pixels:
    """Cover top and bottom with bars of random look, so that no camera's bar predicts a class."""
    out = pixels.copy()
    height, width = out.shape[:2]
    thick = max(2, int(height * random.uniform(0.03, 0.07)))
    style = random.integers(4)
    for top in (True, False):
        if random.random() < 0.25:
            continue
        strip = out[:thick] if top else out[height - thick :]
        if style == 3:
            strip[:] = random.integers(0, 256, strip.shape, np.uint8)
            continue
        level = int((0, 255, random.integers(256))[style])
        strip[:] = level
        text = "".join(random.choice(list("0123456789:/-APM °FC"), 24))
        ink = 255 - level if abs(level - 128) > 40 else 255
        place = (int(width * random.uniform(0, 0.3)), strip.shape[0] - 2)
        cv2.putText(
            strip,
            text,
            place,
            cv2.FONT_HERSHEY_SIMPLEX,
            thick / 40,
            (ink, ink, ink),
            1,
            cv2.LINE_AA,
        )
    return out


def _infrared(image: Floats, random: Random) -> Floats:
    """Grey, lit from the camera: bright near the middle, dark at the corners, hard in contrast."""
    weights = random.dirichlet((1, 3, 2)).astype(np.float32)
    grey = image @ weights
    height, width = grey.shape
    y, x = np.ogrid[:height, :width]
    centre = random.uniform(0.3, 0.7, 2)
    distance = np.hypot(y / height - centre[1], x / width - centre[0])
    lit = np.clip(1.25 - random.uniform(0.3, 1.4) * distance, 0.05, None).astype(np.float32)
    gamma = random.uniform(0.7, 1.6)
    grey = 255 * (np.clip(grey, 0, 255) / 255) ** gamma * lit * random.uniform(0.6, 1.3)
    return np.repeat(grey[..., None], 3, axis=2).astype(np.float32)


def _colour_cast(image: Floats, random: Random) -> Floats:
    """Another white balance, more or less colour."""
    grey = image.mean(axis=2, keepdims=True)
    saturation = random.uniform(0.2, 1.4)
    cast = random.uniform(0.85, 1.15, 3).astype(np.float32)
    return np.asarray((grey + (image - grey) * saturation) * cast, np.float32)


def _gain(image: Floats, random: Random) -> Floats:
    """Contrast and brightness."""
    middle = float(image.mean())
    return np.asarray(
        (image - middle) * random.uniform(0.6, 1.4) + middle * random.uniform(0.6, 1.4), np.float32
    )


def _burn_out(image: Floats, box: Floats, random: Random) -> Floats:
    """A flash that bleaches the animal, which stands too near."""
    height, width = image.shape[:2]
    y, x = np.ogrid[:height, :width]
    cx, cy = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    rx, ry = max(4.0, (box[2] - box[0]) * 0.6), max(4.0, (box[3] - box[1]) * 0.6)
    glow = np.exp(-(((x - cx) / rx) ** 2) - ((y - cy) / ry) ** 2).astype(np.float32)
    return np.asarray(image + glow[..., None] * random.uniform(60, 180), np.float32)


def _fog(image: Floats, random: Random) -> Floats:
    thickness = random.uniform(0.2, 0.7)
    return np.asarray(image * (1 - thickness) + random.uniform(140, 230) * thickness, np.float32)


def _flecks(image: Floats, random: Random) -> Floats:
    """Snow in the air or drops on the lens: soft bright discs."""
    height, width = image.shape[:2]
    layer: Floats = np.zeros((height, width), np.float32)
    for _ in range(int(random.integers(5, 60))):
        centre = (int(random.integers(width)), int(random.integers(height)))
        cv2.circle(layer, centre, int(random.integers(1, max(2, width // 60))), 1.0, -1)
    soft = np.asarray(cv2.GaussianBlur(layer, (0, 0), random.uniform(0.5, 2.5)), np.float32)
    return np.asarray(image + soft[..., None] * random.uniform(60, 160), np.float32)


def _blur(image: Floats, random: Random) -> Floats:
    """Out of focus, or smeared along one direction."""
    if random.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(image, (0, 0), random.uniform(0.5, 2.0)), np.float32)
    length = int(random.integers(3, 12))
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    turn = cv2.getRotationMatrix2D((length / 2, length / 2), random.uniform(0, 180), 1)
    kernel = np.asarray(cv2.warpAffine(line, turn, (length, length)), np.float32)
    return np.asarray(cv2.filter2D(image, -1, kernel / max(kernel.sum(), 1e-3)), np.float32)
