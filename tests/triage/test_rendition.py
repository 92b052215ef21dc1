"""A crop goes over radio in about 2 kB, sealed, under the name that basecamp asks for it by."""

from __future__ import annotations

import os
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from edge.errors import IrbisError
from edge.records import Box, Crop, ItemKind, Part, Side
from edge.security.keys import BasecampKey
from edge.triage.rendition import LONG_SIDE_PX, NoRendition, radio_crop
from edge.wire.air.fragments import CropName
from edge.wire.air.fragments_crop import LARGEST_CONTENT_BYTES, open_crop
from edge.wire.air.reference import reference_of
from edge.wire.message import item_id
from tests.spool.makers import burst_id

BASECAMP = BasecampKey.generate()
BURST = burst_id(1)
NAME = CropName(reference_of(BURST), 2)


def noisy_crop(width_px: int = 480, height_px: int = 320) -> Crop:
    """A picture that compresses badly."""
    pixels = np.random.default_rng(1).integers(0, 256, (height_px, width_px, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "WEBP", quality=60)
    return Crop(
        Part.ANIMAL, Side.LEFT, 1, Box(0, 0, 1, 1), "image/webp", width_px, height_px, 0.8,
        file.getvalue(),
    )  # fmt: skip


def test_a_large_crop_is_made_small_and_tells_what_it_shows() -> None:
    crop = noisy_crop()
    made = radio_crop(BURST, crop, 2, 2048, BASECAMP.token)
    assert (made.reference, made.picture) == (NAME.reference, NAME.picture)
    assert made.item_id == item_id(BURST, ItemKind.CROP, 2)
    opened, _ = open_crop(made.content, NAME, BASECAMP)
    assert opened.burst_id == BURST and len(opened.data) <= 2048
    shown = opened.ref
    assert (shown.part, shown.side, shown.frame_index) == (Part.ANIMAL, Side.LEFT, 1)
    assert shown.media_type == "image/avif"
    with Image.open(BytesIO(opened.data)) as picture:
        assert max(picture.size) <= LONG_SIDE_PX
        assert picture.width > picture.height


def test_a_crop_that_fits_goes_as_it_is() -> None:
    crop = replace(noisy_crop(64, 32), media_type="image/avif")
    opened, _ = open_crop(radio_crop(BURST, crop, 2, 8000, BASECAMP.token).content, NAME, BASECAMP)
    assert opened.data == crop.data and opened.ref.media_type == "image/avif"


def test_no_wish_makes_more_of_it_than_fragments_carry() -> None:
    made = radio_crop(BURST, noisy_crop(1200, 900), 2, 1_000_000, BASECAMP.token)
    assert len(made.content) <= LARGEST_CONTENT_BYTES
    assert open_crop(made.content, NAME, BASECAMP)[0].burst_id == BURST


def test_where_nothing_fits_it_says_so() -> None:
    with pytest.raises(NoRendition, match="fits 20 bytes"):
        radio_crop(BURST, noisy_crop(), 2, 20, BASECAMP.token)


def test_a_crop_that_is_no_picture_is_refused() -> None:
    with pytest.raises(IrbisError):
        radio_crop(BURST, replace(noisy_crop(), data=os.urandom(9000)), 2, 2048, BASECAMP.token)
