"""Shares are counted honestly and come with their uncertainty."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.records import Box, ObservationType
from tests.tools.evaluate.making import WHERE, burst, frame, report
from tools.evaluate.clusters import Placed, interval, share_of_placed
from tools.evaluate.counts import Share, rows_of_set, summed
from tools.evaluate.labelled import Truth
from tools.evaluate.outcomes import Report, SetInfo
from tools.evaluate.page_tables import share
from tools.evaluate.promises import PROMISES, Answer, answers

ANIMAL, BLANK = ObservationType.ANIMAL, ObservationType.BLANK
OTHERS = "frames of other things called target (other spotted cats apart)"
DROPPED = next(promise for promise in PROMISES if promise.what == "blank bursts dropped")


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


def test_near_none_and_near_all_a_decimal_is_told() -> None:
    assert share(Share(11, 676)) == "11/676 = 1.6 % (1-3)"
    assert share(Share(99, 101)) == "99/101 = 98.0 % (93-99)"
    assert share(Share(11, 676), (0.002, 0.041)) == "11/676 = 1.6 % (0-4)"


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
    assert measured[f"{OTHERS}, camera traps"] == Share(0, 2)


def test_traps_and_photographs_are_never_added_up() -> None:
    """One in a hundred on portraits must not hide three in a hundred on the ridge."""
    trap, web = SetInfo("meadow", "a trap", True), SetInfo("web", "portraits", False)
    goat = burst(Truth.ANIMAL, target=True)
    herder = burst(Truth.HUMAN, frames=(frame(Truth.HUMAN, found="animal"),))
    guest = burst(Truth.HUMAN, frames=(frame(Truth.HUMAN, found="human"),), set_name="web")
    made = report(goat, herder, guest)
    measured = {a.promise.what: a.measured for a in answers(replace(made, sets=(trap, web)))}
    assert measured[f"{OTHERS}, camera traps"] == Share(1, 2)
    assert measured[f"{OTHERS}, photographs"] == Share(0, 1)
    assert measured["frames with a person in which one is found, camera traps"] == Share(0, 1)
    assert measured["frames with a person in which one is found, photographs"] == Share(1, 1)


def test_a_promise_is_met_by_the_count_and_certain_by_the_interval() -> None:
    def words(count: int, total: int) -> str:
        counted = Share(count, total)
        return Answer(DROPPED, counted, counted.interval).words

    assert words(0, 0) == "not measured"
    assert words(20, 20) == "met, chance not excluded"
    assert words(200, 200) == "met"
    assert words(18, 20) == "**missed**, chance not excluded"
    assert words(1, 20) == "**missed**"


def test_a_promise_not_to_pass_a_share_is_met_below_it() -> None:
    wrong = next(promise for promise in PROMISES if promise.at_most)
    for count, words in ((0, "met"), (50, "**missed**")):
        counted = Share(count, 1000)
        assert Answer(wrong, counted, counted.interval).words == words


def _stations(*missed: str) -> Report:
    """Ten stations with ten blank bursts each, all dropped but those of ``missed``."""
    kinds = {f"{n}": ANIMAL if f"{n}" in missed else BLANK for n in range(10)}
    return report(
        *(
            burst(Truth.BLANK, kind, name=f"{name}-{number}", station=name)
            for name, kind in kinds.items()
            for number in range(10)
        )
    )


def test_what_one_station_misses_is_less_certain_than_as_many_misses_anywhere() -> None:
    (at_one,) = [a for a in answers(_stations("3")) if a.promise is DROPPED]
    assert at_one.measured == Share(90, 100)
    low, high = at_one.interval
    wilson = at_one.measured.interval
    assert low < wilson[0] - 0.05 and high == 1.0 > wilson[1]
    assert wilson[1] < 0.95 and at_one.words == "**missed**, chance not excluded"


def test_where_no_station_differs_the_interval_is_wilsons() -> None:
    (all_dropped,) = [a for a in answers(_stations()) if a.promise is DROPPED]
    assert all_dropped.interval == all_dropped.measured.interval


def test_photographs_are_places_of_their_own_and_sets_without_stations_are_one() -> None:
    mixed = [burst(target=n % 2 == 0, name=str(n)) for n in range(40)]
    (loose,) = [a for a in answers(report(*mixed, trapped=False)) if a.measured.total]
    assert loose.interval == pytest.approx(Share(20, 40).interval, abs=0.03)
    other = [replace(one, set="hill", target=False) for one in mixed]
    other = [replace(one, frames=(frame(),)) for one in other]
    (whole,) = [a for a in answers(report(*mixed, *other)) if a.measured.total]
    assert whole.interval == pytest.approx((0.0, 0.5))


@settings(deadline=None, max_examples=50)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=30))
def test_the_interval_by_places_holds_wilsons_and_is_always_the_same(
    found: list[tuple[str, bool]],
) -> None:
    placed = [Placed(*one) for one in found]
    low, high = interval(placed)
    wilson_low, wilson_high = share_of_placed(placed).interval
    assert 0 <= low <= wilson_low <= wilson_high <= high <= 1
    assert interval(placed) == (low, high)
