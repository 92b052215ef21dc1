"""A catalogue keeps the points that other pictures of the same flank show again."""

from __future__ import annotations

import numpy as np
import pytest

from edge.vision.catalogue.points import CoatPoints
from tools.catalogue.choosing import Picture, chosen, seen_again, spread


def some_points(count: int, seed: int, size: int = 16) -> CoatPoints:
    rng = np.random.default_rng(seed)
    return CoatPoints(
        np.column_stack(
            [rng.integers(0, 60, (count, 2)), np.full(count, size), np.zeros(count)]
        ).astype(np.uint8),
        rng.integers(0, 256, (count, 32), np.uint8),
    )


def together(*parts: CoatPoints) -> CoatPoints:
    return CoatPoints(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.codes for part in parts]),
    )


def shifted(points: CoatPoints, steps: int) -> CoatPoints:
    places = points.places.copy()
    places[:, 0] += steps
    return CoatPoints(places, points.codes)


COAT = some_points(20, 0)


def picture(visit: str, rock: int) -> Picture:
    """The same coat behind stronger points that no other picture has."""
    return Picture(visit, together(some_points(30, rock), shifted(COAT, rock)))


def test_a_point_in_its_place_is_seen_again_and_a_stray_one_is_not() -> None:
    there = shifted(COAT, 5)
    there.places[0] = (250, 250, 16, 128)
    found = seen_again(COAT, there)
    assert found[0] == 0 and (found[1:] > 0).all()


@pytest.mark.parametrize("count", [0, 2])
def test_too_few_points_are_never_seen_again(count: int) -> None:
    few = COAT.first(count)
    assert not seen_again(few, COAT.first(2)).any()


def test_coat_is_kept_and_rock_is_not() -> None:
    kept = chosen([picture("june", 1), picture("july", 2)], 2, 40)
    for number, points in enumerate(kept, start=1):
        assert (points.codes == COAT.codes).all()
        assert (points.places == shifted(COAT, number).places).all()


def test_another_visit_says_more_than_the_same() -> None:
    same, other = some_points(20, 7, size=16), some_points(20, 8, size=80)
    asked = Picture("june", together(same, other))
    kept = chosen([asked, Picture("june", same), Picture("july", other)], 1, 20)
    assert (kept[0].codes == other.codes).all()


def test_a_single_picture_keeps_its_strongest_points() -> None:
    kept = chosen([Picture("june", COAT)], 30, 8)
    assert (kept[0].codes == COAT.first(8).codes).all()


def test_a_picture_without_anything_in_common_keeps_a_floor() -> None:
    pictures = [picture("june", 1), picture("july", 2), Picture("may", some_points(40, 9))]
    kept = chosen(pictures, 3, 30)
    assert [len(points) for points in kept] == [13, 12, 5]
    assert sum(map(len, kept)) == 30


def test_more_points_than_there_are_is_all() -> None:
    assert len(chosen([Picture("june", COAT)], 30, 1000)[0]) == 20


def test_pictures_are_spread_over_the_table() -> None:
    pictures = [Picture(str(number), COAT) for number in range(10)]
    assert [one.visit for one in spread(pictures, 4)] == ["0", "3", "6", "9"]
    assert [one.visit for one in spread(pictures, 1)] == ["0"]
    assert spread(pictures, 12) == pictures
