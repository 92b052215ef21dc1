"""Periods with and without a network."""

from __future__ import annotations

from itertools import pairwise

import pytest

from firmware_bridge.simulators.coverage import Coverage


def _minutes(coverage: Coverage) -> list[bool]:
    return [coverage.there(60.0 * minute) for minute in range(50_000)]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_the_network_is_gone_for_its_share_of_the_time(share: float) -> None:
    minutes = _minutes(Coverage(1, share))
    assert minutes.count(False) / len(minutes) == pytest.approx(share, abs=0.05)


def test_it_goes_for_periods_and_not_for_moments() -> None:
    minutes = _minutes(Coverage(1, 0.5))
    changes = sum(a != b for a, b in pairwise(minutes))
    assert 50_000 / 10 / 2 < changes < 50_000 / 10 * 2.5


def test_the_same_seed_has_the_same_periods() -> None:
    assert _minutes(Coverage(7, 0.3)) == _minutes(Coverage(7, 0.3))
    assert _minutes(Coverage(7, 0.3)) != _minutes(Coverage(8, 0.3))


def test_without_gaps_there_is_always_a_network() -> None:
    assert all(_minutes(Coverage(1, 0.0)))


@pytest.mark.parametrize("share", [-0.1, 1.0, 2.0])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="without a network"):
        Coverage(1, share)
