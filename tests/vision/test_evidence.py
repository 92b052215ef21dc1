"""What is sent of a target: parts from the network where there is one, geometry's where not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from edge.records import Box, Part, Side
from edge.vision import parts
from edge.vision.anatomy import Glance
from edge.vision.catalogue.file import Catalogue
from edge.vision.clock import Stopwatch
from edge.vision.coat import Coat
from edge.vision.decode import Pixels, decode
from edge.vision.evidence import of_target
from edge.vision.species import Naming
from edge.vision.views import View
from edge.vision.window import window_around

BOX = Box(0.2, 0.3, 0.6, 0.5)


class Everywhere:
    """Names the target wherever it is asked."""

    def name(self, pixels: Pixels, boxes: Sequence[Box]) -> Naming:
        return Naming(target_mass=1.0)

    def target_mass(self, pixels: Pixels, region: Box) -> float:
        return 1.0


class Seeing:
    """Sees a left side whose whole box is coat."""

    def __init__(self, side_on: float = 1.0) -> None:
        self._side_on = side_on

    def glance(self, pixels: Pixels, box: Box) -> Glance:
        window = window_around(box, pixels.shape[1], pixels.shape[0])
        coat = Coat(window, np.ones((28, 28), np.float32))
        return Glance(Side.LEFT, self._side_on, None, coat)


class Failing:
    def glance(self, pixels: Pixels, box: Box) -> Glance:
        raise RuntimeError("the network tripped")


@pytest.fixture
def frame(spots: Pixels, encoded: Callable[..., bytes]) -> bytes:
    return encoded(np.tile(spots, (2, 2, 1)), "JPEG", quality=92)


@pytest.fixture
def view(frame: bytes) -> View:
    return View(0, decode(frame, 640), (BOX,), trusted=True, promise=1.0, located=BOX)


def test_a_seen_side_goes_with_every_crop_and_code(view: View, frame: bytes) -> None:
    evidence = of_target([view], [frame], Everywhere(), Stopwatch(60), Seeing())
    assert evidence.side is Side.LEFT and not evidence.mishaps
    assert {crop.side for crop in evidence.crops} == {Side.LEFT}
    assert {code.side for code in evidence.descriptors} == {Side.LEFT}


def test_flanks_go_in_grey_and_the_animal_in_colour(view: View, frame: bytes) -> None:
    evidence = of_target([view], [frame], Everywhere(), Stopwatch(60), Seeing())
    flanks = [crop for crop in evidence.crops if crop.part is Part.FLANK]
    assert [crop.media_type for crop in flanks] == ["image/avif", "image/webp"]
    for crop in flanks:
        seen = np.asarray(Image.open(BytesIO(crop.data)).convert("RGB")).astype(int)
        assert np.ptp(seen, axis=2).max() <= 8
    assert any(crop.part is Part.ANIMAL for crop in evidence.crops)


def test_a_network_that_fails_costs_no_crop(view: View, frame: bytes) -> None:
    evidence = of_target([view], [frame], Everywhere(), Stopwatch(60), Failing())
    assert evidence.mishaps == ["frame 1: parts not seen: the network tripped"]
    flank = next(crop for crop in evidence.crops if crop.part is Part.FLANK)
    assert flank.box == parts.flank(BOX, Side.UNCLEAR)
    assert evidence.side is Side.UNCLEAR and evidence.descriptors


def test_a_view_of_the_flank_counts_more_than_one_from_the_front(view: View, frame: bytes) -> None:
    broad, narrow = (
        of_target([view], [frame], Everywhere(), Stopwatch(60), Seeing(side_on)).quality
        for side_on in (1.0, 0.0)
    )
    assert broad == pytest.approx(2 * narrow) and narrow > 0


def test_codes_are_made_only_where_they_can_be_sent(view: View, frame: bytes) -> None:
    silent = of_target([view], [frame], Everywhere(), Stopwatch(60), Seeing(), describing=False)
    assert silent.crops and not silent.descriptors


@pytest.mark.parametrize(("several", "compared"), [(False, 2), (True, 1)])
def test_two_cats_in_a_burst_are_not_compared_as_one(
    view: View, frame: bytes, several: bool, compared: int
) -> None:
    views = [view, replace(view, frame_index=1)]
    evidence = of_target(
        views, [frame] * 2, Everywhere(), Stopwatch(60), Seeing(), Catalogue(()), several=several
    )
    assert len(evidence.coats) == compared
