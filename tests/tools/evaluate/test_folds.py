"""Nothing of one station is on both sides of a fold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.evaluate.folds import fold_of, fold_of_name, fold_of_place, place_of, stations_of
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Truth,
)
from tools.evaluate.selection import Fold, only_fold, only_stations, parse_fold

counts = st.dictionaries(st.text(min_size=1, max_size=5), st.integers(0, 200), max_size=20)


def _burst(name: str, station: str | None, frames: int = 1) -> LabelledBurst:
    frame = LabelledFrame(Path(f"{name}.jpg"), Truth.TARGET)
    return LabelledBurst(name, (frame,) * frames, station)


def _set(name: str, *bursts: LabelledBurst, trapped: bool = True) -> LabelledSet:
    return LabelledSet(name, "made up", bursts, trapped)


RIDGE = _set("ridge", _burst("a", "1", 9), _burst("b", "1"), _burst("c", "2", 4), _burst("d", "3"))
LOOSE = _set("loose", *(_burst(f"p{n}", None) for n in range(40)), trapped=False)


@given(counts, st.integers(1, 6))
def test_folds_differ_by_no_more_than_the_largest_station(
    stations: dict[str, int], folds: int
) -> None:
    found = fold_of(stations, folds)
    assert set(found) == set(stations)
    held = [sum(stations[s] for s in found if found[s] == fold) for fold in range(folds)]
    assert max(held) - min(held) <= max(stations.values(), default=0)


@given(counts)
def test_the_order_in_which_stations_are_told_changes_nothing(stations: dict[str, int]) -> None:
    backwards = dict(reversed(stations.items()))
    assert fold_of(stations, 4) == fold_of(backwards, 4)


def test_stations_without_a_count_are_spread_all_the_same() -> None:
    assert fold_of({"a": 0, "b": 0, "c": 9, "d": 0}, 3) == {"c": 0, "a": 1, "b": 2, "d": 1}


def test_a_name_always_falls_into_the_same_fold() -> None:
    assert [fold_of_name(name, 4) for name in ("a", "b", "c", "d")] == [2, 2, 2, 1]


def test_photographs_are_divided_one_by_one_and_a_trap_without_stations_is_not() -> None:
    def folds(one: LabelledSet) -> set[int]:
        return {fold_of_place(place_of(one, burst), {}, 4) for burst in one.bursts}

    assert folds(LOOSE) == {0, 1, 2, 3}
    assert len(folds(replace(LOOSE, trapped=True))) == 1


def test_no_folds_at_all_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        fold_of({"a": 1}, 0)


def test_a_later_set_from_known_stations_moves_nothing() -> None:
    again = _set("again", _burst("e", "3", 50))
    assert stations_of([RIDGE, again]) == stations_of([RIDGE]) == {"1": 10, "2": 4, "3": 1}


def test_the_folds_hold_everything_once_and_no_station_twice() -> None:
    parts = [only_fold([RIDGE, LOOSE], Fold(number, 3)) for number in range(3)]
    names = [burst.name for part in parts for one in part for burst in one.bursts]
    assert sorted(names) == sorted(b.name for one in (RIDGE, LOOSE) for b in one.bursts)
    homes = [{burst.station for one in part for burst in one.bursts} - {None} for part in parts]
    assert sorted(map(sorted, homes)) == [["1"], ["2"], ["3"]]


def test_stations_are_chosen_by_name_and_an_unknown_one_is_refused() -> None:
    (one,) = only_stations([RIDGE, LOOSE], ["1", "3"])
    assert [burst.name for burst in one.bursts] == ["a", "b", "d"]
    with pytest.raises(EvaluationError, match="known are 1, 2, 3"):
        only_stations([RIDGE], ["9"])


@pytest.mark.parametrize("text", ["4/4", "1", "a/4", "0/0", "-1/4"])
def test_a_fold_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="fold"):
        parse_fold(text)


def test_a_fold_is_written_k_of_n_from_0() -> None:
    assert parse_fold("3/4") == Fold(3, 4)
