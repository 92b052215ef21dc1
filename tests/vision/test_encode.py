"""A crop never exceeds its budget, keeps its shape and says nothing about where it was taken."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.records import Part
from edge.vision import encode as specs
from edge.vision.decode import Pixels
from edge.vision.encode import CropSpec, encode

ALL = [
    specs.ANIMAL,
    specs.FLANK_SHARP,
    specs.FLANK_SMALL,
    specs.HEAD,
    specs.SCENE,
    specs.THUMBNAIL,
]


@settings(max_examples=30)
@given(
    width_px=st.integers(1, 500),
    height_px=st.integers(1, 500),
    media_type=st.sampled_from(["image/webp", "image/avif"]),
    budget_bytes=st.integers(1, 6000),
    noise=st.integers(1, 255),
    seed=st.integers(0, 99),
)
def test_no_crop_is_over_its_budget(
    width_px: int, height_px: int, media_type: str, budget_bytes: int, noise: int, seed: int
) -> None:
    shape = (height_px, width_px, 3)
    pixels = np.random.default_rng(seed).integers(0, noise, shape, dtype=np.uint8)
    encoded = encode(pixels, CropSpec(Part.FLANK, media_type, budget_bytes, 320))
    if encoded is None:
        assert budget_bytes < 1000
        return
    assert len(encoded.data) <= budget_bytes
    assert max(encoded.width_px, encoded.height_px) <= min(320, max(width_px, height_px))
    image = Image.open(BytesIO(encoded.data))
    assert image.size == (encoded.width_px, encoded.height_px)


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: f"{spec.part}-{spec.media_type}")
def test_every_kind_of_crop_fits_with_its_aspect(spots: Pixels, spec: CropSpec) -> None:
    large = np.tile(spots, (3, 3, 1))
    encoded = encode(large, spec)
    assert encoded is not None and len(encoded.data) <= spec.budget_bytes
    assert encoded.width_px / encoded.height_px == pytest.approx(1.6, rel=0.02)
    image = Image.open(BytesIO(encoded.data))
    assert Image.MIME[image.format or ""] == spec.media_type
    assert not image.getexif() and "icc_profile" not in image.info


def test_a_larger_budget_gives_a_better_picture(spots: Pixels) -> None:
    def error(budget_bytes: int) -> float:
        encoded = encode(spots, CropSpec(Part.FLANK, "image/webp", budget_bytes, 320))
        assert encoded is not None
        seen = Image.open(BytesIO(encoded.data)).resize((320, 200))
        return float(np.abs(np.asarray(seen).astype(int) - spots).mean())

    assert error(12_000) < error(4_000) < error(1_200)


def test_a_budget_too_small_for_any_picture_gives_none(spots: Pixels) -> None:
    assert encode(spots, CropSpec(Part.FLANK, "image/avif", 50, 320)) is None
