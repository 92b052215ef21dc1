"""Masks are mended or refused, and label files read, before anything is fitted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.records import Box, Side
from tests.tools.train.portraits import lay_portraits
from tools.train.parts.masks import Trust, mended, trust, trusted
from tools.train.parts.sets import animals


@pytest.fixture
def cat() -> tuple[np.ndarray, np.ndarray, Box]:
    """A spotted rectangle on plain ground, the mask that is too large, the box."""
    random = np.random.default_rng(3)
    pixels = random.normal(150, 4, (200, 300, 3))
    pixels[60:140, 80:220] = np.where(random.random((80, 140, 1)) < 0.3, 40, 110)
    mask = np.zeros((200, 300), np.uint8)
    mask[60:155, 80:235] = 255
    return np.clip(pixels, 0, 255).astype(np.uint8), mask, Box(80 / 300, 0.3, 140 / 300, 0.4)


def test_mending_takes_rock_off_the_mask(cat: tuple[np.ndarray, np.ndarray, Box]) -> None:
    pixels, mask, box = cat
    true = np.zeros_like(mask, bool)
    true[60:140, 80:220] = True

    def wrong(found: np.ndarray) -> int:
        return int(((found > 127) != true).sum())

    assert wrong(mended(pixels, mask, box)) < wrong(mask)


def test_a_mask_beside_its_box_is_not_trusted(cat: tuple[np.ndarray, np.ndarray, Box]) -> None:
    _, mask, box = cat
    good = trust(mask, box)
    assert trusted(good, Trust(good.inside, 0.8, good.bounds))
    elsewhere = trust(mask, Box(0.0, 0.0, 0.2, 0.2))
    assert elsewhere == Trust(0.0, 0.0, 0.0) and not trusted(elsewhere, elsewhere)


def test_portraits_bring_their_sides(tmp_path: Path) -> None:
    sides = [animal.side for animal in animals(lay_portraits(tmp_path))]
    assert sides == [Side.LEFT, Side.RIGHT, Side.LEFT, Side.RIGHT]
