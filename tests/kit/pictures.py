"""Pictures drawn on the spot, of which the shipped models make something known.

A drawn zebra stands in for the leopard: the species head knows it from a few lines. An empty
meadow is blank, and clutter leaves the detector in doubt.
"""

from __future__ import annotations

import math
import random
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

SIZE_PX = (320, 240)
TARGET = "Equus"
TARGET_MASS = 0.05
"""The head's mass on a drawn zebra is 0.12 to 0.21, on the others 0.00."""


def zebra(seed: int) -> Image.Image:
    """Four legs, a neck and stripes, on a green ground."""
    picture = Image.new("RGB", SIZE_PX, (120, 150, 70))
    picture.paste(_stripes(random.Random(seed)).convert("RGB"), (0, 0), _zebra_shape())
    return picture.filter(ImageFilter.GaussianBlur(0.7))


def meadow(seed: int) -> Image.Image:
    """A smooth slope of light, without anything on it."""
    chance = random.Random(seed)
    slope = Image.linear_gradient("L").resize(SIZE_PX)
    bands = [_lit(slope, chance.randint(60, 200)) for _ in range(3)]
    return Image.merge("RGB", bands)


def clutter(seed: int) -> Image.Image:
    """Coloured squares, in which a detector sees this and that."""
    chance = random.Random(seed)
    small = Image.frombytes("RGB", (8, 6), chance.randbytes(8 * 6 * 3))
    return small.resize((160, 120), Image.Resampling.NEAREST)


def jpeg(picture: Image.Image, **options: object) -> bytes:
    """The picture as a JPEG file."""
    stream = BytesIO()
    picture.save(stream, "JPEG", **{"quality": 80, **options})
    return stream.getvalue()


def lay_card(folder: Path, bursts: int, frames: int = 1, target_every: int = 3) -> Path:
    """``bursts`` subfolders: every so many a zebra, between them meadows and clutter in turn."""
    for number in range(bursts):
        draw = zebra if number % target_every == 0 else (meadow, clutter)[number % 2]
        burst = folder / f"{number:03d}"
        burst.mkdir(parents=True)
        for frame in range(frames):
            (burst / f"{frame}.jpg").write_bytes(jpeg(draw(100 * number + frame)))
    return folder


def _lit(slope: Image.Image, light: int) -> Image.Image:
    return slope.point([int(value * 0.3 + light * 0.6) for value in range(256)])


def _stripes(chance: random.Random) -> Image.Image:
    width_px, height_px = SIZE_PX
    stripes = Image.new("L", SIZE_PX, 240)
    draw = ImageDraw.Draw(stripes)
    x = 0.0
    while x < width_px:
        bent = [
            (x + 10 * math.sin(y * 0.03) + (y - height_px / 2) * 0.12, y)
            for y in range(0, height_px + 1, 4)
        ]
        draw.line(bent, fill=15, width=int(13 * chance.uniform(0.45, 0.6)))
        x += 13 * chance.uniform(0.9, 1.1)
    return stripes


def _zebra_shape() -> Image.Image:
    shape = Image.new("L", SIZE_PX, 0)
    draw = ImageDraw.Draw(shape)
    draw.ellipse((70, 70, 240, 150), fill=255)
    for leg_px in (90, 115, 195, 215):
        draw.rectangle((leg_px, 120, leg_px + 13, 215), fill=255)
    draw.polygon([(205, 95), (250, 30), (275, 40), (240, 120)], fill=255)
    draw.ellipse((245, 25, 305, 60), fill=255)
    return shape
