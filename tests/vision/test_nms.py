"""Of boxes that show the same thing, the surest stays."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, Detection
from edge.vision.nms import merged, overlaps, suppress

corner = st.tuples(*[st.floats(0, 100, width=32)] * 4).map(
    lambda c: (min(c[0], c[2]), min(c[1], c[3]), max(c[0], c[2]), max(c[1], c[3]))
)
scored = st.lists(st.tuples(corner, st.floats(0, 1, width=32)), max_size=30)


def arrays(
    boxes: list[tuple[tuple[float, ...], float]],
) -> tuple[np.ndarray, np.ndarray]:
    corners = np.array([box for box, _ in boxes], np.float32).reshape(-1, 4)
    return corners, np.array([score for _, score in boxes], np.float32)


@given(scored)
def test_kept_boxes_do_not_overlap_and_come_surest_first(
    boxes: list[tuple[tuple[float, ...], float]],
) -> None:
    corners, scores = arrays(boxes)
    kept = suppress(corners, scores, 0.45, 20)
    assert list(scores[kept]) == sorted(scores[kept], reverse=True)
    for place, index in enumerate(kept):
        assert (overlaps(corners[index], corners[kept[place + 1 :]]) <= 0.45).all()


@given(scored)
def test_a_box_goes_only_for_a_surer_one_that_overlaps_it(
    boxes: list[tuple[tuple[float, ...], float]],
) -> None:
    corners, scores = arrays(boxes)
    kept = suppress(corners, scores, 0.45, 1000)
    for index in set(range(len(boxes))) - set(kept.tolist()):
        over = overlaps(corners[index], corners[kept]) > 0.45
        assert (over & (scores[kept] >= scores[index])).any()


@given(scored, st.integers(0, 5))
def test_no_more_boxes_are_kept_than_asked_for(
    boxes: list[tuple[tuple[float, ...], float]], most: int
) -> None:
    assert len(suppress(*arrays(boxes), 0.45, most)) <= most


def test_overlap_is_intersection_over_union() -> None:
    others = np.array([[0, 0, 2, 2], [1, 0, 3, 2], [5, 5, 6, 6]], np.float32)
    assert np.allclose(overlaps(others[0], others), [1, 1 / 3, 0])


def test_a_person_stays_beside_a_surer_animal_in_the_same_place() -> None:
    place = Box(0.2, 0.2, 0.4, 0.4)
    both = (Detection(place, "animal", 0.7), Detection(place, "human", 0.2))
    assert merged(both) == both


def test_of_two_looks_at_one_thing_the_surer_box_stays() -> None:
    cat, same = Box(0.2, 0.2, 0.4, 0.4), Box(0.21, 0.2, 0.4, 0.4)
    goat = Detection(Box(0.7, 0.7, 0.1, 0.1), "animal", 0.5)
    found = merged([Detection(cat, "animal", 0.3), goat, Detection(same, "animal", 0.8)])
    assert found == (Detection(same, "animal", 0.8), goat)
