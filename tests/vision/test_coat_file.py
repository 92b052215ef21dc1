"""The bytes of a flank's file are spent on the pattern."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.records import Part
from edge.vision import coat_file
from edge.vision import encode as specs
from edge.vision.coat_file import SCARCE_BYTES, SIZES, encode_coat, filled
from edge.vision.decode import Pixels
from edge.vision.descriptor import keypoints
from edge.vision.encode import CropSpec, Encoded, encode

FLANKS = [specs.FLANK_SMALL, specs.FLANK_SHARP]


def left_half(pixels: Pixels) -> np.ndarray:
    mask = np.zeros(pixels.shape[:2], np.uint8)
    mask[:, : pixels.shape[1] // 2] = 255
    return mask


def test_beside_the_coat_lies_the_coats_own_mean(spots: Pixels) -> None:
    grey, mask = spots[:, :, 0], left_half(spots)
    changed = filled(grey, mask)
    mean = grey[mask > 0].mean()
    assert np.abs(changed[:, 200:].astype(float) - mean).max() < 1
    assert (changed[:, :150] == grey[:, :150]).all()


def found_again(grey: np.ndarray, made: Encoded) -> int:
    """Keypoints of ``grey`` that are near their place and much the same in the decoded file."""
    decoded = np.asarray(Image.open(BytesIO(made.data)).convert("L"))
    (places, old), (near, new) = (
        keypoints(np.repeat(one[:, :, None], 3, axis=2)) for one in (grey, decoded)
    )
    old, new = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (old, new))
    apart = np.abs(places[:, None] - near[None]).max(axis=2)
    return int(((apart < 0.02) & (old @ new.T >= 0.8)).any(axis=1).sum())


def test_a_flank_too_small_for_two_sizes_costs_no_search(
    spots: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    searched: list[Pixels] = []
    monkeypatch.setattr(
        coat_file, "keypoints", lambda flank, mask: searched.append(flank) or keypoints(flank, mask)
    )
    small = np.ascontiguousarray(spots[:120, :160])
    assert encode_coat(small, None, specs.FLANK_SMALL) == encode(small[:, :, 0], specs.FLANK_SMALL)
    assert searched == []
    assert encode_coat(np.tile(spots, (2, 2, 1)), None, specs.FLANK_SMALL) is not None
    assert len(searched) == 3


@pytest.mark.parametrize("mask", [None, np.zeros((200, 320), np.uint8)])
def test_without_a_mask_nothing_is_filled(spots: Pixels, mask: np.ndarray | None) -> None:
    assert filled(spots[:, :, 0], mask) is not None
    assert (filled(spots[:, :, 0], mask) == spots[:, :, 0]).all()


@pytest.mark.parametrize("spec", FLANKS, ids=lambda spec: spec.media_type)
def test_a_flank_fits_its_budget_in_grey(spots: Pixels, spec: CropSpec) -> None:
    large = np.tile(spots, (3, 3, 1))
    made = encode_coat(large, left_half(large), spec)
    assert made is not None and len(made.data) <= spec.budget_bytes
    assert max(made.width_px, made.height_px) <= max(SIZES) * spec.long_side_px
    seen = np.asarray(Image.open(BytesIO(made.data)).convert("RGB")).astype(int)
    assert np.ptp(seen, axis=2).max() <= 8, "no colour"


def test_where_bytes_are_scarce_no_other_size_keeps_more_of_the_pattern(spots: Pixels) -> None:
    spec = specs.FLANK_SMALL
    assert spec.budget_bytes <= SCARCE_BYTES
    large = np.tile(spots, (3, 3, 1))
    grey = large[:, :, 0].copy()
    made = encode_coat(large, None, spec)
    plain = encode(grey, spec)
    assert made is not None and plain is not None
    assert found_again(grey, made) >= found_again(grey, plain) > 0


@settings(max_examples=20)
@given(
    width_px=st.integers(1, 200),
    height_px=st.integers(1, 200),
    budget_bytes=st.integers(1, 3000),
    seed=st.integers(0, 99),
)
def test_a_flank_of_any_size_is_encoded_within_budget_or_not_at_all(
    width_px: int, height_px: int, budget_bytes: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 255, (height_px, width_px, 3), dtype=np.uint8)
    mask = random.integers(0, 2, (height_px, width_px), dtype=np.uint8)
    made = encode_coat(pixels, mask, CropSpec(Part.FLANK, "image/webp", budget_bytes, 64))
    assert made is None or len(made.data) <= budget_bytes
