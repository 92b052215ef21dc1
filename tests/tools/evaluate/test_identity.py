"""Individuals are measured by visit: no picture answers for another of its own visit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.records import Box, Side
from edge.vision.catalogue.points import CoatPoints
from tools.catalogue.labels import Flank
from tools.evaluate.identity import for_report
from tools.evaluate.identity.measure import Asked, Measured, measure
from tools.evaluate.identity.sets import Labelled, find_sets, merged, read_set

WHOLE = Box(0, 0, 1, 1)


def labelled(individual: str, visit: str, burst: str = "", side: Side = Side.LEFT) -> Labelled:
    return Labelled(Flank(Path("x"), individual, side, WHOLE), burst or visit, visit)


def coat(seed: int) -> CoatPoints:
    rng = np.random.default_rng(seed)
    return CoatPoints(
        rng.integers(0, 60, (40, 4), np.uint8), rng.integers(0, 256, (40, 32), np.uint8)
    )


def test_the_same_coat_at_another_visit_is_found() -> None:
    coats = [(labelled(f"cat{i}", f"{i}-{v}"), coat(i)) for i in range(3) for v in range(2)]
    measured = measure(coats)
    assert measured.ranked == [1] * 6
    assert measured.cmc() == [1.0] * 10
    value = measured.auroc()
    assert value is not None and value[0] == 1.0


def test_pictures_of_one_visit_do_not_answer_for_each_other() -> None:
    coats = [
        (labelled("A", "monday", "one"), coat(1)),
        (labelled("A", "monday", "two"), coat(1)),
        (labelled("B", "tuesday"), coat(2)),
    ]
    assert measure(coats).ranked == []


def test_sides_are_never_mixed() -> None:
    coats = [
        (labelled("A", "1"), coat(1)),
        (labelled("A", "2", side=Side.RIGHT), coat(1)),
        (labelled("B", "3"), coat(2)),
    ]
    assert measure(coats).ranked == []


def test_a_coat_that_supports_nobody_is_no_success() -> None:
    coats = [
        (labelled("A", "1"), coat(1)),
        (labelled("A", "2"), coat(2)),
        (labelled("B", "3"), coat(3)),
    ]
    assert measure(coats).ranked[0] == 2


def test_auroc_is_a_half_where_nothing_is_told_apart() -> None:
    asked = tuple(Asked("A", str(i), 1, 0.5, 0.5) for i in range(5))
    assert Measured(asked).auroc() == (0.5, 0.5, 0.5)
    assert Measured(()).auroc() is None


def test_those_labelled_together_are_one_answer() -> None:
    names = [
        one.flank.individual
        for one in merged([labelled("A+B", "1"), labelled("B", "2"), labelled("C", "3")])
    ]
    assert names == ["A+B", "A+B", "C"]


@pytest.fixture
def a_set(tmp_path: Path) -> Path:
    folder = tmp_path / "cats"
    folder.mkdir()
    (folder / "labels.csv").write_text(
        "file,station,datetime,burst,individuals,view\n"
        "1.jpg,s1,2024-01-01T10:00:00,b1,A,\n"
        "2.jpg,s1,2024-01-01T10:50:00,b2,A,\n"
        "3.jpg,s1,2024-01-01T12:00:00,b3,A,\n"
        "4.jpg,s2,2024-01-01T10:00:00,b4,A+B,\n"
    )
    (folder / "boxes.csv").write_text(
        "file,x,y,w,h,view,sure\n"
        "1.jpg,0.1,0.2,0.3,0.4,left,1\n2.jpg,0,0,1,1,right,1\n"
        "3.jpg,0,0,1,1,left,1\n4.jpg,0,0,1,1,rear,1\n4.jpg,0,0,1,1,left,0\n"
    )
    return folder


def test_a_set_is_read_with_boxes_and_visits(a_set: Path) -> None:
    assert find_sets([a_set.parent]) == [a_set] == find_sets([a_set])
    first, second, third = read_set(a_set)
    assert first.flank.box == Box(0.1, 0.2, 0.3, 0.4) and first.burst == "b1"
    assert first.visit == second.visit != third.visit
    assert [one.flank.side for one in (first, second, third)] == [Side.LEFT, Side.RIGHT, Side.LEFT]


def test_where_nobody_is_named_nothing_is_reported(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n1.jpg,cat\n")
    assert for_report([tmp_path]) is None
