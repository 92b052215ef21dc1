"""What the models make of a burst with a dark picture (docs/camera.md has all the numbers)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edge.config import Triage
from edge.vision.eyes import Eyes, open_eyes
from tests.capture.light.photographs import ends, photographs, shown, visits
from tools.evaluate.labelled import Mode, Truth

DATA = Path(__file__).resolve().parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(
    not (DATA / "snow_leopard").is_dir(), reason="the development photographs are not here"
)


@pytest.fixture(scope="module")
def eyes() -> Eyes:
    return open_eyes(Triage())


def test_leopards_too_near_the_lamp_for_two_pictures_are_found_in_the_dark_one(eyes: Eyes) -> None:
    by_lamp = photographs(DATA, Truth.TARGET, Mode.INFRARED, Mode.FLASH)
    sample = list(visits(by_lamp))[::14]
    white = ends((shown(one, 0.0, nearer_ev=4.0) for one in sample), eyes)
    bracketed = ends((shown(one, 3.0, nearer_ev=4.0) for one in sample), eyes)
    assert white["target"] <= len(sample) // 2 + 1
    assert bracketed["target"] >= len(sample) - 1
    assert not bracketed["blank"]


def test_an_empty_place_with_a_dark_picture_is_empty(eyes: Eyes) -> None:
    empty = photographs(DATA, Truth.BLANK, Mode.INFRARED, Mode.FLASH)[::2]
    assert ends((shown(one, 3.0) for one in empty), eyes) == Counter(blank=len(empty))
