"""The light of a scene, from what a camera made of it."""

from __future__ import annotations

import numpy as np
import pytest

from edge.capture.light.lux import curve, linear, read
from edge.records import Exposure
from tests.capture.light.scene_camera import SceneCamera


def flat(level: int) -> np.ndarray:
    return np.full((48, 64, 3), level, np.uint8)


MIDDLE = 118
"""sRGB's 18 %."""


def test_the_sunny_sixteen_rule_gives_sunlight() -> None:
    reading = read(flat(MIDDLE), Exposure(10_000, 1.0), aperture=16.0)
    assert reading is not None
    assert 50_000 < reading.least_lx == reading.most_lx < 100_000


def test_twice_the_gain_for_the_same_picture_is_half_the_light() -> None:
    one = read(flat(MIDDLE), Exposure(10_000, 1.0), 2.0)
    other = read(flat(MIDDLE), Exposure(10_000, 2.0), 2.0)
    assert one is not None and other is not None
    assert other.least_lx == pytest.approx(one.least_lx / 2)


def test_without_its_filter_a_sensor_is_not_taken_in() -> None:
    through = read(flat(MIDDLE), Exposure(10_000, 1.0), 2.0)
    beside = read(flat(MIDDLE), Exposure(5_000, 1.0), 2.0, passes=2.0)
    assert through is not None and beside is not None
    assert beside.least_lx == pytest.approx(through.least_lx)


def test_a_black_picture_is_no_more_than_a_bound() -> None:
    reading = read(flat(0), Exposure(200_000, 16.0), 2.0)
    assert reading is not None
    assert reading.least_lx == 0 < reading.most_lx < 1


def test_a_white_picture_is_no_less_than_a_bound() -> None:
    reading = read(flat(255), Exposure(50, 1.0), 2.0)
    assert reading is not None
    assert reading.most_lx > reading.least_lx > 100_000 or reading.most_lx == 100_000


@pytest.mark.parametrize(("level", "said"), [(20, 0.0), (80, None), (118, 100_000.0)])
def test_a_camera_that_tells_nothing_has_enough_light_or_not(
    level: int, said: float | None
) -> None:
    reading = read(flat(level), Exposure(), 2.0)
    assert (None if reading is None else reading.most_lx) == said


@pytest.mark.parametrize("lux", [0.5, 3.0, 40.0, 1_000.0, 60_000.0])
def test_the_light_of_a_scene_is_found_to_a_stop(lux: float) -> None:
    camera = SceneCamera(sky_lx=lux)
    camera.start()
    for _ in range(12):
        glance = camera.glance(1.0)
    reading = read(glance.pixels, glance.exposure, camera.aperture)
    assert reading is not None
    assert lux / 2 < reading.least_lx <= reading.most_lx < lux * 2


def test_light_and_its_look_are_each_others_inverse() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(np.rint(curve(linear(np.dstack([grey] * 3))) * 255), grey)
