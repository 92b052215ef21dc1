from __future__ import annotations

import pickle

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.uplink.radio.duty_window import SlidingWindow

WINDOW_MS, LIMIT_MS = 10_000, 1_000
SENT = list[tuple[int, int]]  # start, airtime

gaps = st.integers(0, 4_000)
airtimes = st.integers(1, LIMIT_MS)
wishes = st.lists(st.tuples(airtimes, gaps), max_size=60)


def most_in_any_window(sent: SENT, window_ms: int) -> int:
    """By trying every window that ends where a transmission ends: no other holds more."""
    most = 0
    for last_start, last in sent:
        end_ms = last_start + last
        most = max(
            most,
            sum(
                max(0, min(start + airtime, end_ms) - max(start, end_ms - window_ms))
                for start, airtime in sent
            ),
        )
    return most


def send_as_soon_as_allowed(window: SlidingWindow, wishes: SENT, now_ms: int = 0) -> SENT:
    sent = []
    for airtime, gap in wishes:
        now_ms += gap
        start = window.next_start(airtime, now_ms)
        assert start is not None
        window.add(airtime, start)
        sent.append((start, airtime))
        now_ms = start
    return sent


@given(wishes)
def test_no_window_wherever_it_lies_holds_more_than_the_limit(wishes: SENT) -> None:
    sent = send_as_soon_as_allowed(SlidingWindow(WINDOW_MS, LIMIT_MS), wishes)
    assert most_in_any_window(sent, WINDOW_MS) <= LIMIT_MS


@given(wishes, airtimes)
def test_nobody_waits_longer_than_the_regulation_asks_for_but_for_the_grain(
    wishes: SENT, airtime: int
) -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    sent = send_as_soon_as_allowed(window, wishes)
    now_ms = sent[-1][0] + sent[-1][1] if sent else 0
    start = window.next_start(airtime, now_ms)
    assert start is not None
    sooner = start - WINDOW_MS // 128 - 1
    assume(sooner >= now_ms)
    assert most_in_any_window([*sent, (sooner, airtime)], WINDOW_MS) > LIMIT_MS


def test_sparse_transmissions_are_kept_to_the_millisecond() -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    window.add(600, 0)
    window.add(300, 5_000)
    assert window.next_start(100, 5_300) == 5_300
    assert window.next_start(101, 5_300) == 9_900  # ends at 10 001; 1 ms of the first is out
    assert window.next_start(400, 5_300) == 9_900  # and here 300 ms are
    assert window.next_start(701, 5_300) == 14_300  # ends at 15 001
    assert window.next_start(1_000, 5_300) == 14_300
    assert window.next_start(1_001, 5_300) is None


def test_the_last_milliseconds_of_the_oldest_still_count() -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    window.add(990, 0)
    window.add(1, 10_980)  # ends at 10 981: 9 ms of the first are in
    assert window.used_ms(10_981) == 9 + 1
    assert window.next_start(1_000, 10_981) == 19_981
    assert window.next_start(991, 10_981) == 10_981


@given(wishes, st.integers(0, 20_000))
def test_used_is_what_the_window_that_ends_now_holds(wishes: SENT, later: int) -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    sent = send_as_soon_as_allowed(window, wishes)
    now_ms = (sum(sent[-1]) if sent else 0) + later
    exactly = sum(
        max(0, start + airtime - max(start, now_ms - WINDOW_MS)) for start, airtime in sent
    )
    latest = sum(
        airtime
        for start, airtime in sent
        if start + airtime + WINDOW_MS // 128 > now_ms - WINDOW_MS
    )
    assert exactly <= window.used_ms(now_ms) <= latest


@given(wishes, st.integers(0, 15_000), wishes)
def test_a_window_restored_from_its_blocks_is_as_strict(
    before: SENT, pause: int, after: SENT
) -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    sent = send_as_soon_as_allowed(window, before)
    now_ms = (sum(sent[-1]) if sent else 0) + pause
    restored = SlidingWindow(WINDOW_MS, LIMIT_MS)
    restored.restore(window.blocks(now_ms), now_ms)
    assert restored.used_ms(now_ms) == window.used_ms(now_ms)
    sent += send_as_soon_as_allowed(restored, after, now_ms)
    assert most_in_any_window(sent, WINDOW_MS) <= LIMIT_MS


@given(st.lists(st.tuples(airtimes, gaps, st.integers(0, 500), st.integers(0, 500)), max_size=60))
def test_a_modem_that_hesitates_breaks_no_limit_either(
    wishes: list[tuple[int, int, int, int]],
) -> None:
    window, sent, now_ms = SlidingWindow(WINDOW_MS, LIMIT_MS), [], 0
    for airtime, gap, before, behind in wishes:
        start = window.next_start(airtime, now_ms + gap)
        assert start is not None
        window.add(airtime, start)
        sent.append((start + before, airtime))
        now_ms = start + before + airtime + behind
        window.lasted(now_ms)
    assert most_in_any_window(sent, WINDOW_MS) <= LIMIT_MS


@given(wishes, airtimes)
def test_more_than_allowed_is_remembered_and_waited_for(wishes: SENT, airtime: int) -> None:
    window, now_ms = SlidingWindow(WINDOW_MS, LIMIT_MS), 0
    sent: SENT = []
    for each, gap in wishes:
        window.add(each, now_ms)
        sent.append((now_ms, each))
        now_ms += each + gap
    start = window.next_start(airtime, now_ms)
    assert start is not None
    window.add(airtime, start)
    end_ms = start + airtime
    older = sum(
        max(0, min(begun + each, end_ms) - max(begun, end_ms - WINDOW_MS)) for begun, each in sent
    )
    assert older + airtime <= LIMIT_MS


def test_a_filled_window_gives_its_budget_back_as_it_would_have_been_spent() -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    window.fill(50_000)
    assert window.used_ms(50_000) == LIMIT_MS
    assert window.next_start(LIMIT_MS, 50_000) == 50_000 + WINDOW_MS - LIMIT_MS
    assert window.next_start(1, 50_000) == 50_000 + WINDOW_MS - LIMIT_MS


@pytest.mark.parametrize("apart_ms", [1, 7, 100])
def test_memory_is_bounded_however_many_are_sent(apart_ms: int) -> None:
    window = SlidingWindow(3_600_000, 360_000)
    for place in range(50_000):
        window.add(1, place * apart_ms)
        if place % 5_000 == 0:
            assert len(pickle.dumps(window)) < 4_000
    assert len(window.blocks(50_000 * apart_ms)) <= 130


def test_a_clock_that_stands_still_or_goes_back_gives_nothing_back() -> None:
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    window.add(500, 20_000)
    window.add(500, 3_000)
    assert window.used_ms(21_000) == LIMIT_MS
    assert window.next_start(1, 3_000) == 30_000  # both count, one after the other


def test_what_is_long_forgotten_does_not_count_against_the_limit_nor_for_it() -> None:
    """Days of many transmissions, each looked at when all before it are over."""
    window = SlidingWindow(WINDOW_MS, LIMIT_MS)
    now_ms = 0
    for _ in range(200):
        window.add(LIMIT_MS, now_ms)
        assert window.blocks(now_ms) == [(-LIMIT_MS, LIMIT_MS)]
        assert window.used_ms(now_ms + LIMIT_MS) == LIMIT_MS
        assert window.next_start(1, now_ms + LIMIT_MS) == now_ms + WINDOW_MS
        now_ms += 2 * WINDOW_MS
        assert window.blocks(now_ms) == [] and window.used_ms(now_ms) == 0
