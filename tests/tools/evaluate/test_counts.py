"""Shares are counted honestly and come with their uncertainty."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import Box, ObservationType
from tests.tools.evaluate.making import WHERE, burst, frame, report
from tools.evaluate.counts import Share, rows_of_set, summed
from tools.evaluate.labelled import Truth
from tools.evaluate.page_tables import share
from tools.evaluate.promises import PROMISES, Answer, answers

ANIMAL, BLANK = ObservationType.ANIMAL, ObservationType.BLANK


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_lies_within_0_and_1(count: int, total: int) -> None:
    counted = Share(min(count, total), total)
    low, high = counted.interval
    assert 0 <= low <= counted.count / total <= high <= 1


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for count, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert Share(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_no_number() -> None:
    assert share(Share(0, 0)) == "-"
    assert share(Share(57, 60)) == "57/60 = 95 % (86-98)"


def test_one_of_many_is_not_rounded_to_none() -> None:
    assert share(Share(1, 400)) == "1/400 = 0.2 % (0-1)"
    assert share(Share(399, 400)) == "399/400 = 99.8 % (99-100)"


def test_the_four_ends_of_a_burst_add_up_to_all() -> None:
    outcomes = [
        burst(kind=ANIMAL, target=True),
        burst(kind=ANIMAL),
        burst(kind=ObservationType.UNKNOWN),
        burst(kind=BLANK),
    ]
    (row,) = rows_of_set("made up", outcomes)
    ends = (row.called_target, row.called_other, row.unknown, row.blank)
    assert [end.count for end in ends] == [1, 1, 1, 1]
    both = summed("all", [row, row])
    assert both is not None
    assert (both.blank.count, both.bursts, both.frames) == (2, 8, 8)


def test_a_box_counts_where_it_is_on_the_animal_and_says_animal() -> None:
    beside = Box(0.8, 0.8, 0.1, 0.1)
    assert frame(found="animal", drawn=(WHERE,)).located is True
    assert frame(found="animal", drawn=(WHERE,), where=beside).located is False
    assert frame(found="human", drawn=(WHERE,)).located is False
    assert frame(found="animal", drawn=(WHERE,), score=0.2).located is False
    assert frame(found="animal", drawn=(WHERE,), score=0.2).located_score == 0.2
    assert frame(found="animal").located is None


def test_a_person_is_found_only_by_a_detection_that_says_person() -> None:
    assert frame(Truth.HUMAN, found="human").found is True
    assert frame(Truth.HUMAN, found="animal").found is False
    assert frame(Truth.HUMAN, found="human", score=0.2).found is False
    assert frame(Truth.BLANK, found="human").found is None


def test_promises_are_measured_on_what_they_speak_of() -> None:
    cat = frame(label="Snow Leopard", target=True, found="animal", drawn=(WHERE,))
    serval = frame(Truth.COUSIN, label="serval", target=True)
    found = answers(
        report(
            burst(target=True, frames=(cat, frame(label="Snow Leopard"))),
            burst(frames=(frame(label="leopard"),), name="no snow leopard"),
            burst(Truth.COUSIN, target=True, frames=(serval,), name="serval"),
            burst(Truth.BLANK, BLANK, name="blank"),
            burst(Truth.ANIMAL, name="goat"),
        )
    )
    measured = {answer.promise.what: answer.measured for answer in found}
    assert measured["snow-leopard bursts kept as target"] == Share(1, 1)
    assert measured["snow-leopard frames boxed"] == Share(1, 1)
    assert measured["single frames of leopards called target, camera traps"] == Share(1, 3)
    assert measured["single frames of leopards called target, photographs"] == Share(0, 0)
    assert measured["blank bursts dropped"] == Share(1, 1)
    assert measured["frames of other things called target (other spotted cats apart)"] == Share(
        0, 2
    )


def test_a_promise_is_met_by_the_count_and_certain_by_the_interval() -> None:
    dropped = next(promise for promise in PROMISES if promise.what == "blank bursts dropped")
    assert Answer(dropped, Share(0, 0)).met is None
    assert Answer(dropped, Share(20, 20)).words == "met, chance not excluded"
    assert Answer(dropped, Share(200, 200)).words == "met"
    assert Answer(dropped, Share(18, 20)).words == "**missed**, chance not excluded"
    assert Answer(dropped, Share(1, 20)).words == "**missed**"


def test_a_promise_not_to_pass_a_share_is_met_below_it() -> None:
    wrong = next(promise for promise in PROMISES if promise.at_most)
    assert Answer(wrong, Share(0, 1000)).words == "met"
    assert Answer(wrong, Share(50, 1000)).words == "**missed**"
