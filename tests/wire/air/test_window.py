"""Frames may overtake each other; none counts twice."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.frame import FrameRefused, Number, Reason
from edge.wire.air.window import WIDTH, ReplayWindow, Seen
from edge.wire.errors import WireError

arrivals = st.lists(st.integers(0, 900) | st.integers(0, 2**24 - 1), max_size=60)


@given(arrivals)
def test_each_counter_is_taken_at_most_once(counters: list[int]) -> None:
    window, taken = ReplayWindow(), []
    for counter in counters:
        if window.refusal(counter) is None:
            window = window.marked(counter)
            taken.append(counter)
    assert len(taken) == len(set(taken))


@given(st.permutations(range(40)), st.integers(0, 1000))
def test_what_is_reordered_within_the_window_is_all_taken(order: list[int], first: int) -> None:
    window = ReplayWindow()
    for counter in order:
        assert window.refusal(first + counter) is None
        window = window.marked(first + counter)
    assert all(window.refusal(first + counter) is Reason.REPLAYED for counter in order)


@given(arrivals)
def test_a_refusal_says_replayed_only_of_what_was_there(counters: list[int]) -> None:
    window, taken = ReplayWindow(), set()
    for counter in counters:
        reason = window.refusal(counter)
        if reason is None:
            window = window.marked(counter)
            taken.add(counter)
        elif reason is Reason.REPLAYED:
            assert counter in taken
        else:
            assert counter <= max(taken) - WIDTH


@given(st.lists(st.tuples(st.integers(0, 63), st.integers(0, 2000)), max_size=60))
def test_the_state_comes_back_from_its_bytes(numbers: list[tuple[int, int]]) -> None:
    seen = Seen()
    for key_id, counter in numbers:
        try:
            seen.check(Number(key_id, counter))
        except FrameRefused:
            continue
        seen = seen.marked(Number(key_id, counter))
    assert Seen.from_bytes(seen.to_bytes()) == seen
    assert len(seen.to_bytes()) <= 2369


def test_key_ids_have_windows_of_their_own() -> None:
    seen = Seen().marked(Number(1, 500))
    seen.check(Number(2, 500))
    with pytest.raises(FrameRefused, match="frame 500 under key id 1 came before"):
        seen.check(Number(1, 500))
    with pytest.raises(FrameRefused, match="frame 3 under key id 1 is too old"):
        seen.check(Number(1, 3))


@given(st.binary(max_size=80))
def test_a_damaged_state_is_refused(data: bytes) -> None:
    with contextlib.suppress(WireError):
        assert Seen.from_bytes(data).to_bytes() == data
