"""Photographs into network input, and the calibration set made from those that ship."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, UnidentifiedImageError

from models.registry import InputSpec

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Render = Callable[[Image.Image], Image.Image]

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
MINIMUM_PHOTOGRAPHS = 8
"""Fewer than this and the calibrated ranges describe the pictures rather than the network."""


class NoPhotographsError(FileNotFoundError):
    """The folder to calibrate from holds too few readable photographs."""


@dataclass(frozen=True)
class View:
    """One deterministic rendering of a photograph, standing in for what a trap may see."""

    name: str
    render: Render


def load_photographs(folder: Path) -> list[Image.Image]:
    """Read every photograph under `folder`, in path order, as RGB; broken files are passed over.

    Raises:
        NoPhotographsError: fewer than `MINIMUM_PHOTOGRAPHS` could be read.
    """
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in SUFFIXES):
        try:
            with Image.open(path) as picture:
                found.append(picture.convert("RGB"))
        except (UnidentifiedImageError, OSError):
            continue
    if len(found) < MINIMUM_PHOTOGRAPHS:
        raise NoPhotographsError(
            f"{folder} holds {len(found)} readable photographs, at least {MINIMUM_PHOTOGRAPHS} "
            "are needed to calibrate: name another folder with --photos"
        )
    return found


def letterbox(picture: Image.Image, side: int, pad_value: int) -> Pixels:
    """Fit a picture into `[side, side, 3]` RGB at the top left, the rest `pad_value`."""
    ratio = min(side / picture.width, side / picture.height)
    size = (max(1, round(picture.width * ratio)), max(1, round(picture.height * ratio)))
    out = np.full((side, side, 3), pad_value, np.uint8)
    out[: size[1], : size[0]] = np.asarray(picture.resize(size, Image.Resampling.BILINEAR))
    return out


def stretch(picture: Image.Image, side: int) -> Pixels:
    """Resize a picture to `[side, side, 3]` RGB, its shape not kept."""
    return np.asarray(picture.resize((side, side), Image.Resampling.BILINEAR))


def to_input(picture: Image.Image, spec: InputSpec) -> Floats:
    """Fit a picture as a registered model wants it: `[1, H, W, 3]` float32, in real values."""
    side = spec.shape[1]
    if spec.fit == "letterbox":
        pixels = letterbox(picture, side, spec.pad_value)
    else:
        pixels = stretch(picture, side)
    if spec.colour == "BGR":
        pixels = pixels[:, :, ::-1]
    return np.ascontiguousarray((pixels[None].astype(np.float32) - spec.mean) / spec.std)


def input_span(spec: InputSpec) -> tuple[float, float]:
    """The real values of black and white; int8 levels across it are just pixel - 128."""
    return (0.0 - spec.mean) / spec.std, (255.0 - spec.mean) / spec.std


def calibration_inputs(photographs: Iterable[Image.Image], spec: InputSpec) -> list[Floats]:
    """Every photograph in every view, as network input."""
    return [to_input(view.render(p), spec) for p in photographs for view in VIEWS]


def _monochrome(picture: Image.Image) -> Image.Image:
    return picture.convert("L").convert("RGB")


def _infrared(picture: Image.Image) -> Image.Image:
    """A night frame: no colour, bright middle, dark edges, as an infrared flash leaves it."""
    grey = np.asarray(picture.convert("L"), np.float32)
    rows = np.linspace(-1.0, 1.0, grey.shape[0], dtype=np.float32)[:, None]
    columns = np.linspace(-1.0, 1.0, grey.shape[1], dtype=np.float32)[None, :]
    lit = grey * (1.25 - 0.6 * (rows**2 + columns**2))
    return Image.fromarray(np.clip(lit, 0, 255).astype(np.uint8)).convert("RGB")


def _middle(picture: Image.Image, share: float) -> Image.Image:
    dx = round(picture.width * (1 - share) / 2)
    dy = round(picture.height * (1 - share) / 2)
    return picture.crop((dx, dy, picture.width - dx, picture.height - dy))


def _far(picture: Image.Image) -> Image.Image:
    """The photograph in the middle of a field of its own mean colour, three times as wide."""
    mean = tuple(int(v) for v in np.asarray(picture).reshape(-1, 3).mean(axis=0))
    field = Image.new("RGB", (picture.width * 3, picture.height * 3), mean)
    field.paste(picture, (picture.width, picture.height))
    return field


VIEWS = (
    View("plain", lambda p: p),
    View("monochrome", _monochrome),
    View("infrared", _infrared),
    View("dark", lambda p: ImageEnhance.Brightness(p).enhance(0.35)),
    View("bright", lambda p: ImageEnhance.Brightness(p).enhance(1.6)),
    View("flat", lambda p: ImageEnhance.Contrast(p).enhance(0.4)),
    View("harsh", lambda p: ImageEnhance.Contrast(p).enhance(1.8)),
    View("blurred", lambda p: p.filter(ImageFilter.GaussianBlur(max(p.size) / 200))),
    View("close", lambda p: _middle(p, 0.6)),
    View("far", _far),
)
