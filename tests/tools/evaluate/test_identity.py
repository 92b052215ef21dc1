"""Individuals are measured by visit: no picture answers for another of its own visit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.records import Box, Side
from edge.vision.catalogue.points import CoatPoints
from tools.catalogue.labels import Flank
from tools.evaluate.identity import for_report
from tools.evaluate.identity.asked import Asked, Measured
from tools.evaluate.identity.measure import MOST_ASKED, Protocol, measure
from tools.evaluate.identity.report import line_of, measured_ways
from tools.evaluate.identity.seen import remembered
from tools.evaluate.identity.sets import Labelled, find_sets, merged, read_set

WHOLE = Box(0, 0, 1, 1)


def labelled(
    individual: str, visit: str, burst: str = "", side: Side = Side.LEFT, station: str = ""
) -> Labelled:
    return Labelled(Flank(Path("x"), individual, side, WHOLE), burst or visit, visit, station)


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


def test_where_a_station_is_left_out_its_other_visits_are_too() -> None:
    coats = [
        (labelled("A", "1", station="ridge"), coat(1)),
        (labelled("A", "2", station="ridge"), coat(1)),
        (labelled("B", "3", station="pass"), coat(2)),
    ]
    assert measure(coats).ranked == [1, 1]
    assert measure(coats, Protocol(by_station=True)).ranked == []


def test_residents_and_strangers_ask_catalogues_of_one_size() -> None:
    coats = [(labelled(name, f"{name}{v}"), coat(ord(name))) for name in "ABCDE" for v in (1, 2)]
    for one in measure(coats).asked:
        assert len(one.known) == 3 and one.strange is not None
        assert max(one.known) < one.strange


def test_the_bursts_that_ask_may_be_others_than_those_that_answer() -> None:
    coats = [(labelled(name, f"{name}{v}"), coat(ord(name))) for name in "AB" for v in (1, 2)]
    asking = [(labelled("A", "A1"), coat(ord("B")))]
    assert measure(coats, asking=asking).ranked == [2]


def test_of_very_many_questions_some_are_put() -> None:
    coats = [(labelled(name, f"{name}{v}"), coat(ord(name))) for name in "AB" for v in (1, 2)]
    asking = [(labelled("A", f"v{v}"), coat(ord("A"))) for v in range(MOST_ASKED + 10)]
    assert len(measure(coats, asking=asking).asked) == (MOST_ASKED + 10) / 2


def test_a_pair_of_flanks_is_compared_once() -> None:
    one, other, seen = coat(1), coat(1), remembered()
    first = seen(one, other)
    assert seen(one, other) is first and seen(other, one) is not first


def test_always_naming_the_most_frequent_is_told() -> None:
    left = tuple(Asked(name, Side.LEFT, name, 1, (), None) for name in "AB")
    right = tuple(Asked("B", Side.RIGHT, "B", 1, (), None) for _ in range(2))
    measured = Measured((*left, *right, Asked("C", Side.LEFT, "c", None, (), 0.9)))
    assert measured.most_often == 0.75
    assert line_of("cats", "a burst", measured) == (
        "| `cats` | a burst | 4/4 = 100 % (51-100) | 75 % | - |"
    )


def test_a_set_without_bursts_is_asked_with_pictures_alone() -> None:
    pictures = [(labelled(name, f"{name}{v}"), coat(ord(name))) for name in "AB" for v in (1, 2)]
    assert [what for what, _ in measured_ways(pictures)] == ["one picture"]
    bursts = [
        (labelled(name, f"{name}{v}", station=f"s{v}"), coat(ord(name) + 10 * v * n))
        for name in "AB"
        for v in (1, 2)
        for n in (0, 1)
    ]
    assert [what for what, _ in measured_ways(bursts)] == [
        "one picture",
        "a burst",
        "a burst, catalogue of 15 kB a side",
        "a burst, other stations alone",
    ]


def test_auroc_is_a_half_where_nothing_is_told_apart() -> None:
    asked = tuple(Asked("A", Side.LEFT, str(i), 1, (0.5,), 0.5) for i in range(5))
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
    assert first.station == "s1"
    assert [one.flank.side for one in (first, second, third)] == [Side.LEFT, Side.RIGHT, Side.LEFT]


def test_a_set_that_tells_no_sides_is_none_for_individuals(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,identity,burst\n1.jpg,snow leopard,A,b1\n")
    assert find_sets([tmp_path]) == []


def test_where_nobody_is_named_nothing_is_reported(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\n1.jpg,cat\n")
    assert for_report([tmp_path]) is None
