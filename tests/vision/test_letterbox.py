"""A picture fits its canvas undistorted, and boxes find their way back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.vision.decode import Pixels
from edge.vision.letterbox import Letterbox, fit_into
from models.registry import InputSpec

sides = st.integers(1, 12_000)
shares = st.floats(0, 1)


def spec(fit: str = "letterbox", colour: str = "RGB") -> InputSpec:
    return InputSpec((1, 320, 320, 3), "int8", colour, 0.0, 1.0, fit, "bottom-right", 7, 1.0, -128)


@given(sides, sides)
def test_a_picture_never_leaves_its_canvas_and_touches_one_side(w: int, h: int) -> None:
    fit = fit_into(w, h, 320, 320)
    assert 1 <= fit.width_px <= 320 and 1 <= fit.height_px <= 320
    assert 320 in (fit.width_px, fit.height_px)


@given(sides, sides, shares, shares, shares, shares)
def test_a_box_comes_back_to_where_it_was(
    w: int, h: int, x0: float, y0: float, x1: float, y1: float
) -> None:
    fit = fit_into(w, h, 320, 320)
    x0, x1 = sorted((x0, x1))
    y0, y1 = sorted((y0, y1))
    box = fit.to_frame(x0 * fit.width_px, y0 * fit.height_px, x1 * fit.width_px, y1 * fit.height_px)
    assert np.allclose((box.x, box.y, box.x + box.w, box.y + box.h), (x0, y0, x1, y1), atol=1e-9)


@given(*[st.floats(-1e6, 1e6)] * 4)
def test_whatever_the_network_says_a_box_stays_in_its_frame(
    x0: float, y0: float, x1: float, y1: float
) -> None:
    box = fit_into(640, 480, 320, 320).to_frame(x0, y0, x1, y1)
    assert 0 <= box.x <= 1 and 0 <= box.y <= 1
    assert box.w >= 0 and box.h >= 0 and box.x + box.w <= 1 + 1e-9 and box.y + box.h <= 1 + 1e-9


def test_the_picture_lies_at_the_top_left_and_the_rest_is_padding(
    scene: Callable[[int, int], Pixels],
) -> None:
    letterbox = Letterbox(spec())
    letterbox.place(scene(100, 400))
    canvas, fit = letterbox.place(scene(640, 480))
    assert (fit.width_px, fit.height_px) == (320, 240)
    assert (canvas[240:] == 7).all()
    assert canvas[0, 0, 2] > 240 and canvas[239, 319, 1] > 240


def test_a_second_picture_of_the_same_shape_takes_the_place_of_the_first(
    scene: Callable[[int, int], Pixels],
) -> None:
    letterbox = Letterbox(spec())
    letterbox.place(np.full((480, 640, 3), 200, np.uint8))
    canvas, _ = letterbox.place(scene(640, 480))
    alone, _ = Letterbox(spec()).place(scene(640, 480))
    assert np.array_equal(canvas, alone)


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from(["RGB", "BGR"]))
def test_a_picture_of_any_shape_keeps_its_colour(w: int, h: int, colour: str) -> None:
    for fit in ("letterbox", "stretch"):
        canvas, placed = Letterbox(spec(fit, colour)).place(
            np.full((h, w, 3), (10, 20, 30), np.uint8)
        )
        expected = (10, 20, 30) if colour == "RGB" else (30, 20, 10)
        assert (canvas[: placed.height_px, : placed.width_px] == expected).all()


def test_channels_are_swapped_for_a_network_that_wants_it(
    scene: Callable[[int, int], Pixels],
) -> None:
    picture = scene(64, 64)
    swapped, _ = Letterbox(spec(colour="BGR")).place(picture)
    plain, _ = Letterbox(spec()).place(picture)
    assert np.array_equal(swapped, plain[:, :, ::-1])


def test_a_stretched_picture_fills_its_canvas(scene: Callable[[int, int], Pixels]) -> None:
    canvas, fit = Letterbox(spec("stretch")).place(scene(640, 100))
    assert (fit.width_px, fit.height_px) == (320, 320)
    assert canvas[319, 319, 1] > 240
