"""The network's word where it is sure, geometry's where it is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Box, Side
from edge.vision import parts
from edge.vision.anatomy import Glance, NetworkAnatomist, anatomy
from edge.vision.coat import Coat
from edge.vision.decode import Pixels
from edge.vision.errors import InferenceError
from edge.vision.eyes import open_eyes
from edge.vision.interpreter import Output
from edge.vision.window import window_around
from models.registry import Registry, load_registry

BOX = Box(0.3, 0.4, 0.4, 0.2)
WINDOW = window_around(BOX, 100, 100)
HEAD = Box(0.3, 0.4, 0.1, 0.1)


def coat_over(box: Box) -> Coat:
    cells = np.zeros((28, 28), np.float32)
    rows = (np.arange(28) + 0.5) / 28 * WINDOW.h + WINDOW.y
    columns = (np.arange(28) + 0.5) / 28 * WINDOW.w + WINDOW.x
    inside = (rows[:, None] > box.y) & (rows[:, None] < box.y + box.h)
    inside = inside & (columns > box.x) & (columns < box.x + box.w)
    cells[inside] = 1
    return Coat(WINDOW, cells)


def glance(side: Side, head: Box | None = HEAD, coat: Coat | None = None) -> Glance:
    return Glance(side, 0.9, head, coat or coat_over(Box(0.35, 0.42, 0.3, 0.12)))


def walking(dx: float) -> list[Box]:
    return [replace(BOX, x=BOX.x - dx), BOX]


def test_without_a_glance_geometry_speaks() -> None:
    found = anatomy(BOX, walking(-0.2), 1.0, None)
    assert found.side is Side.LEFT
    assert found.flank == parts.flank(BOX, Side.LEFT) and found.head == parts.head(BOX, Side.LEFT)
    assert found.coat is None and found.sure is None


def test_the_glance_tells_the_side_of_an_animal_that_stands() -> None:
    found = anatomy(BOX, [BOX], 1.0, glance(Side.RIGHT))
    assert found.side is Side.RIGHT and found.head == HEAD and found.coat is not None


def test_movement_tells_where_the_glance_is_not_sure() -> None:
    assert anatomy(BOX, walking(0.2), 1.0, glance(Side.UNCLEAR)).side is Side.RIGHT


def test_where_glance_and_movement_contradict_no_side_is_told() -> None:
    assert anatomy(BOX, walking(0.2), 1.0, glance(Side.LEFT)).side is Side.UNCLEAR


def test_an_animal_seen_from_its_end_shows_no_flank() -> None:
    for side in (Side.FRONT, Side.REAR):
        assert anatomy(BOX, [BOX], 1.0, glance(side)).flank is None


def test_the_flank_is_the_trunk_that_was_seen() -> None:
    found = anatomy(BOX, [BOX], 1.0, glance(Side.LEFT)).flank
    assert found is not None
    assert found.x == pytest.approx(0.4, abs=0.03), "begins behind the head"
    assert found.y + found.h < 0.56


def test_a_mask_that_lost_the_animal_leaves_the_flank_to_geometry() -> None:
    for coat in (coat_over(Box(0, 0, 0, 0)), coat_over(Box(0.3, 0.57, 0.05, 0.03))):
        found = anatomy(BOX, [BOX], 1.0, glance(Side.LEFT, coat=coat)).flank
        assert found == parts.flank(BOX, Side.LEFT)


class Mapless:
    side_px = 224

    def maps(self, look: Pixels) -> tuple[Output, ...]:
        return ()


def test_a_species_model_without_maps_is_found_out_when_loading() -> None:
    entry = load_registry().default("parts")
    with pytest.raises(InferenceError, match="gives no maps"):
        NetworkAnatomist(entry, entry.read(), Mapless())


def test_the_shipped_models_look_at_a_frame(spots: Pixels, policy: Triage) -> None:
    anatomist = open_eyes(policy).anatomist
    assert anatomist is not None
    seen = anatomist.glance(spots, Box(0.2, 0.2, 0.5, 0.5))
    assert 0 <= seen.side_on <= 1 and seen.coat.cells.shape == (28, 28)


@pytest.mark.parametrize("change", [{"reads": "another-model"}, {"sha256": "0" * 64}])
def test_without_a_fitting_network_the_eyes_work_all_the_same(
    policy: Triage, change: dict[str, str]
) -> None:
    shipped = load_registry()
    name = shipped.defaults["parts"]
    entries = {**shipped.entries, name: replace(shipped.entries[name], **change)}
    opened = open_eyes(policy, Registry(entries, shipped.defaults))
    assert opened.working is not None and opened.anatomist is None
    assert "parts" not in dict(opened.models)
