"""The audit itself, against what can be counted."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.radio.duty import TTN_FAIR_USE
from edge.uplink.radio.regions_tables import AS923_DWELL, EU868, IN865, US915
from tools.simulate.audit import (
    CHANNEL,
    DAY,
    GATEWAY,
    HOUR,
    LONGEST,
    Emission,
    Held,
    audit_bands,
    audit_station,
    merged,
    most_in_any_day,
    most_in_any_window,
)

M, P = 868_100_000, 869_525_000


def row(*spans: tuple[float, float], frequency_hz: int = M) -> list[Emission]:
    return [Emission(start, end, frequency_hz) for start, end in spans]


def test_a_window_that_cuts_a_frame_counts_the_part_inside() -> None:
    assert most_in_any_window(row((0, 4), (10, 12)), 10) == 6 - 2  # 2 to 12, or 0 to 10
    assert most_in_any_window(row((0, 4), (10, 12)), 12) == 6
    assert most_in_any_window(row((0, 4), (10, 12)), 3) == 3
    assert most_in_any_window([], 10) == 0


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 9)), min_size=1, max_size=20))
def test_whole_seconds_are_counted_as_one_by_one(steps: list[tuple[int, int]]) -> None:
    starts = list(accumulate(gap + length for gap, length in steps))
    spans = [(start - length, start) for start, (_, length) in zip(starts, steps, strict=True)]
    busy = {second for start, end in spans for second in range(start, end)}
    most = max(len(busy & set(range(begin, begin + 30))) for begin in range(-30, max(busy) + 1))
    assert most_in_any_window(row(*spans), 30) == pytest.approx(most)


def test_a_rule_that_was_broken_is_seen() -> None:
    hour = audit_station(EU868, row((0, 20), (3_590, 3_610)))[HOUR]
    assert hour == Held(30.0, 36.0)
    assert audit_station(EU868, row((0, 20), (3_570, 3_590)))[HOUR].share > 1
    long = audit_station(AS923_DWELL, row((0, 0.5), frequency_hz=923_200_000))
    assert long[LONGEST].share == 1.25
    twice = row((0, 0.3), (15, 15.3), frequency_hz=902_300_000)
    assert audit_station(US915, twice)[CHANNEL].share == pytest.approx(1.5)
    other = [twice[0], Emission(15, 15.3, 902_500_000)]
    assert audit_station(US915, other)[CHANNEL].share == pytest.approx(0.75)
    day = audit_station(EU868, row((0, 20), (80_000, 80_020)), TTN_FAIR_USE)[DAY]
    assert day == Held(40.0, 30.0)


def test_each_sub_band_has_its_own_hour() -> None:
    said = [*row((0, 30)), *row((40, 300), frequency_hz=P)]
    assert audit_bands(EU868, said, GATEWAY)[GATEWAY] == Held(30.0, 36.0)  # 83 %, and 72 % of 360
    assert audit_bands(EU868, said[1:], GATEWAY)[GATEWAY] == Held(260.0, 360.0)


def test_where_nothing_is_limited_the_hour_is_told_all_the_same() -> None:
    hour = audit_station(IN865, row((0, 100), frequency_hz=865_062_500))[HOUR]
    assert (hour, hour.share) == (Held(100.0, None), 0.0)


def test_the_worst_of_two_is_that_nearer_to_its_limit() -> None:
    one = {HOUR: Held(30.0, 36.0), LONGEST: Held(0.1, 0.4)}
    assert merged(one, {HOUR: Held(40.0, 360.0)}) == one


def test_the_fullest_day_is_any_stretch_of_24_hours() -> None:
    assert most_in_any_day([0.0, 80_000, 90_000, 100_000, 200_000]) == 3
    assert most_in_any_day([0.0, 86_400.0]) == 1
    assert most_in_any_day([]) == 0
