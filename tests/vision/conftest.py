"""Pictures made on the spot, and the real models."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from edge.config import Triage
from edge.vision.decode import Pixels
from edge.vision.eyes import Eyes, open_eyes


@pytest.fixture
def scene() -> Callable[[int, int], Pixels]:
    """``scene(width_px, height_px)``: a smooth picture whose four corners differ in colour."""

    def make(width_px: int, height_px: int) -> Pixels:
        across = np.linspace(0, 255, width_px)[None, :].repeat(height_px, axis=0)
        down = np.linspace(0, 255, height_px)[:, None].repeat(width_px, axis=1)
        return np.stack([across, down, 255 - across], axis=2).astype(np.uint8)

    return make


@pytest.fixture
def spots() -> Pixels:
    """Grey fur with dark spots, 200 x 320: something with keypoints."""
    rng = np.random.default_rng(7)
    fur = rng.normal(150, 6, (200, 320))
    rows, columns = np.mgrid[:200, :320]
    for _ in range(120):
        y, x, r = rng.uniform(5, 195), rng.uniform(5, 315), rng.uniform(3, 9)
        fur[(rows - y) ** 2 + (columns - x) ** 2 < r * r] = 60
    return np.repeat(np.clip(fur, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


@pytest.fixture
def encoded() -> Callable[..., bytes]:
    """``encoded(pixels, "JPEG", quality=90)``: the bytes of a picture file."""

    def make(pixels: Pixels, kind: str = "JPEG", **options: object) -> bytes:
        out = BytesIO()
        Image.fromarray(pixels).save(out, kind, **options)
        return out.getvalue()

    return make


@pytest.fixture(scope="session")
def policy() -> Triage:
    return Triage()


@pytest.fixture(scope="session")
def eyes(policy: Triage) -> Eyes:
    """The models that ship with Irbis, loaded once."""
    opened = open_eyes(policy)
    assert opened.blindness is None, opened.blindness
    return opened
