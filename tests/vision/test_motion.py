"""Two pictures of one place are the same, or differ somewhere, whatever the light does."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge.vision.boxes import overlap, pixel_rectangle
from edge.vision.decode import Pixels
from edge.vision.motion import BANNER, MOST_REGIONS, SIDE_PX, Small, compare, shake, small

HEIGHT_PX, WIDTH_PX = 384, 512


@pytest.fixture(scope="module")
def rock() -> Pixels:
    """Soft grey shapes, as rock under a flat light."""
    import cv2

    rng = np.random.default_rng(3)
    coarse = rng.normal(120, 25, (48, 64, 1)).astype(np.float32)
    grey = cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    return np.repeat(np.clip(grey, 20, 220).astype(np.uint8)[:, :, None], 3, axis=2)


@lru_cache(maxsize=8)
def grain(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """The noise of a camera, with a deviation of 1."""
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def shot(scene: Pixels, seed: int, noise: float = 1.2, gain: float = 1.0) -> Small:
    """The scene as a camera would take it once more."""
    taken = scene * gain + noise * grain(seed, scene.shape)
    return small(np.clip(taken, 0, 255).astype(np.uint8))


def with_cat(scene: Pixels, x: int, y: int, w: int = 60, h: int = 36) -> Pixels:
    """A spotted grey animal, as bright on average as the rock behind it."""
    seen = scene.copy()
    rows, columns = np.mgrid[:h, :w]
    spots = 28.0 * np.sign(np.sin(columns * 0.7) * np.sin(rows * 0.7))
    behind = scene[y : y + h, x : x + w].mean()
    seen[y : y + h, x : x + w] = np.clip(behind + spots, 0, 255)[:, :, None]
    return seen


@given(st.integers(0, 50), st.floats(0.8, 1.15))
def test_a_scene_taken_twice_is_still_whatever_the_exposure(seed: int, gain: float) -> None:
    scene = np.full((HEIGHT_PX, WIDTH_PX, 3), 110, np.uint8)
    scene[100:200, 100:300] = 150
    motion = compare(shot(scene, seed), shot(scene, seed + 1, gain=gain))
    assert motion.still and motion.regions == ()


@given(st.integers(0, WIDTH_PX - 60), st.integers(30, HEIGHT_PX - 70))
def test_a_cat_that_comes_is_never_nothing(x: int, y: int) -> None:
    import cv2

    coarse = np.random.default_rng(3).normal(120, 25, (48, 64)).astype(np.float32)
    grey = np.clip(cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX)), 20, 220).astype(np.uint8)
    scene = np.repeat(grey[:, :, None], 3, axis=2)
    assert not compare(shot(scene, 1), shot(with_cat(scene, x, y), 2)).still


def test_what_moved_is_proposed_where_it_moved(rock: Pixels) -> None:
    motion = compare(shot(rock, 1), shot(with_cat(rock, 200, 150), 2))
    assert not motion.still and len(motion.regions) == 1
    x0, y0, x1, y1 = pixel_rectangle(motion.regions[0].box, WIDTH_PX, HEIGHT_PX)
    assert x0 <= 200 and y0 <= 150 and x1 >= 260 and y1 >= 186
    assert (x1 - x0) * (y1 - y0) < 8 * 60 * 36


def test_two_that_moved_are_two_regions_the_larger_first(rock: Pixels) -> None:
    seen = with_cat(with_cat(rock, 60, 100, 30, 24), 350, 220, 100, 60)
    motion = compare(shot(rock, 1), shot(seen, 2))
    assert len(motion.regions) == 2
    first, second = motion.regions
    assert first.strength > second.strength and first.box.x > second.box.x
    assert overlap(first.box, second.box) == 0


def test_never_more_regions_than_can_be_looked_at(rock: Pixels) -> None:
    seen = rock
    for x in range(20, 480, 90):
        for y in range(40, 330, 90):
            seen = with_cat(seen, x, y, 24, 24)
    assert len(compare(shot(rock, 1), shot(seen, 2)).regions) <= MOST_REGIONS


def test_a_banner_that_counts_the_frames_is_no_motion(rock: Pixels) -> None:
    one, two = rock.copy(), rock.copy()
    high = int(BANNER * HEIGHT_PX) - 2
    one[:high], two[:high] = 0, 255
    one[-high:], two[-high:] = 255, 0
    assert compare(shot(one, 1), shot(two, 2)).still


def test_a_mast_that_shakes_moves_no_rock(rock: Pixels) -> None:
    shaken = np.roll(rock, (4, 6), (0, 1))
    one, other = shot(rock, 1, noise=1.0), shot(shaken, 2, noise=1.0)
    x, y = shake(one.cells, other.cells)
    assert (x, y) == (pytest.approx(3.0, abs=0.3), pytest.approx(2.0, abs=0.3))
    assert compare(one, other).regions == ()


def test_pictures_of_different_light_or_shape_are_not_compared(rock: Pixels) -> None:
    colour = rock.copy()
    colour[:, :, 0] //= 2
    assert not compare(shot(rock, 1), shot(colour, 1)).still
    assert not compare(shot(rock, 1), shot(rock[:, :400], 1)).still
    assert compare(shot(rock, 1), shot(colour, 1)).regions == ()


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (37, 53), (1001, 777)])
def test_pictures_of_any_size_become_small_ones(
    scene: Callable[[int, int], Pixels], size: tuple[int, int]
) -> None:
    made = small(scene(*size))
    assert max(made.cells.shape) <= SIDE_PX
    assert np.isfinite(made.cells).all()
    assert compare(made, made).still


@pytest.mark.parametrize("width_px", [648, 800, 1024, 1296])
def test_every_camera_s_picture_comes_to_the_same_scale(width_px: int) -> None:
    pixels = np.zeros((width_px * 3 // 4, width_px, 3), np.uint8)
    assert small(pixels).cells.shape[1] == SIDE_PX
