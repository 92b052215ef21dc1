from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.radio.duty import TTN_FAIR_USE, FairUse, Ledger, NotNow
from edge.uplink.radio.duty_state import DamagedState, SavedWindow, decode, encode
from edge.uplink.radio.regions import HOUR_MS, Region
from edge.uplink.radio.regions_tables import AS923_DWELL, CN470, EU868, IN865, REGIONS, US915

BOOT, NEXT_BOOT = b"a" * 16, b"b" * 16
DAY_MS = 24 * HOUR_MS
DR0_MS = EU868.data_rate(0).airtime_ms(51)  # 2793.472

Sent = list[tuple[float, float]]  # start, airtime


def most_in_any_window(sent: Sent, window_ms: int) -> float:
    """The most airtime that any window holds, by sliding it from end to end; ``sent`` in order."""
    most = whole = 0.0
    first = 0
    for start, airtime in sent:
        since = start + airtime - window_ms
        whole += airtime
        while sent[first][0] + sent[first][1] <= since:
            whole -= sent[first][1]
            first += 1
        most = max(most, whole - max(0.0, since - sent[first][0]))
    return most


def send_greedily(ledger: Ledger, airtimes: list[float], now_ms: int = 0) -> Sent:
    sent: Sent = []
    for airtime in airtimes:
        start = ledger.next_allowed(airtime, now_ms)
        assert start is not None
        ledger.spend(airtime, start)
        sent.append((start, airtime))
        now_ms = start
    return sent


@pytest.mark.parametrize("plan", REGIONS.values(), ids=REGIONS.keys())
def test_ninety_days_of_greed_never_break_the_regulation_in_any_hour(plan: Region) -> None:
    chance = random.Random(1)
    slow = [rate for rate in plan.data_rates if rate.payload_bytes][:3]
    limits_ms = [band.hourly_ms for band in plan.sub_bands_of(plan.channels_hz) if band.hourly_ms]
    pauses_ms = (1_000, 60_000, 2 * HOUR_MS, *[0] * 40) if limits_ms else (1_000, HOUR_MS)
    ledger, sent, now_ms = Ledger(plan), [], 0
    while now_ms < 90 * DAY_MS:
        rate = chance.choice(slow)
        airtime = rate.airtime_ms(chance.randint(1, rate.payload_bytes))
        start = ledger.next_allowed(airtime, now_ms)
        assert start is not None
        ledger.spend(airtime, start)
        sent.append((float(start), airtime))
        now_ms = start + int(airtime) + chance.choice(pauses_ms)
    for limit_ms in limits_ms:
        assert 0.95 * limit_ms < most_in_any_window(sent, HOUR_MS) <= limit_ms
    if plan.dwell_ms is not None:
        assert max(airtime for _, airtime in sent) <= plan.dwell_ms


@given(st.lists(st.tuples(st.floats(1, 3_000), st.integers(0, HOUR_MS // 4)), max_size=80))
def test_no_window_of_an_hour_holds_more_than_a_hundredth_of_it(
    wishes: list[tuple[float, int]],
) -> None:
    ledger, sent, now_ms = Ledger(EU868), [], 0
    for airtime, gap in wishes:
        start = ledger.next_allowed(airtime, now_ms + gap)
        assert start is not None
        ledger.spend(airtime, start)
        sent.append((float(start), airtime))
        now_ms = start
    assert most_in_any_window(sent, HOUR_MS) <= 36_000


def test_an_hour_at_the_slowest_rate_has_twelve_sightings() -> None:
    sent = send_greedily(Ledger(EU868), [DR0_MS] * 13)
    assert sent[11][0] < 60_000  # 12 x 2794 ms = 33.5 s, back to back
    assert sent[12][0] == HOUR_MS - 2_794 + (13 * 2_794 - 36_000)


def test_what_may_not_be_sent_now_says_how_long_to_wait() -> None:
    ledger = Ledger(EU868)
    send_greedily(ledger, [DR0_MS] * 12)
    with pytest.raises(NotNow, match="must wait") as refused:
        ledger.spend(DR0_MS, 40_000)
    assert refused.value.wait_ms is not None
    ledger.spend(DR0_MS, 40_000 + refused.value.wait_ms)


@pytest.mark.parametrize(("plan", "longest_ms"), [(US915, 400), (AS923_DWELL, 400), (CN470, 1000)])
def test_what_dwells_too_long_is_never_allowed(plan: Region, longest_ms: int) -> None:
    ledger = Ledger(plan)
    assert ledger.next_allowed(longest_ms, 5) == 5
    assert ledger.next_allowed(longest_ms + 0.001, 5) is None
    with pytest.raises(NotNow, match="ever allowed") as refused:
        ledger.spend(longest_ms + 1, 5)
    assert refused.value.wait_ms is None


def test_where_time_is_not_limited_nothing_waits() -> None:
    ledger = Ledger(IN865)
    assert ledger.left_ms(0) is None
    for now_ms in range(0, 300_000, 3_000):
        ledger.spend(DR0_MS, now_ms)


def test_sub_bands_have_a_budget_each() -> None:
    k, m = EU868.sub_band(864_100_000), EU868.sub_band(868_100_000)
    ledger = Ledger(EU868, (k, m))
    ledger.spend(3_000, 0, k)
    assert ledger.next_allowed(3_000, 10_000, m) == 10_000
    assert ledger.next_allowed(3_000, 10_000, k) == HOUR_MS - 600
    assert (ledger.left_ms(10_000, k), ledger.left_ms(10_000, m)) == (600, 36_000)


def test_a_channel_that_the_modem_picks_counts_in_every_sub_band() -> None:
    k, m = EU868.sub_band(864_100_000), EU868.sub_band(868_100_000)
    ledger = Ledger(EU868, (k, m))
    ledger.spend(3_000, 0)
    assert (ledger.left_ms(5_000, k), ledger.left_ms(5_000, m)) == (600, 33_000)
    assert ledger.next_allowed(3_000, 5_000) == HOUR_MS - 600  # K would have to wait that long
    assert ledger.next_allowed(3_601, 5_000) is None  # more than K ever has


def test_fair_use_gives_thirty_seconds_in_any_day() -> None:
    ledger = Ledger(EU868, fair_use=TTN_FAIR_USE)
    send_greedily(ledger, [DR0_MS] * 10)
    assert ledger.left_ms(60_000) == 30_000 - 10 * 2_794
    eleventh = ledger.next_allowed(DR0_MS, 60_000)
    assert eleventh is not None
    assert eleventh > DAY_MS - 60_000


@given(
    st.lists(st.floats(1, 3_000), max_size=40),
    st.lists(st.floats(1, 3_000), max_size=40),
    st.integers(0, 2 * HOUR_MS),
    st.integers(0, 2 * HOUR_MS),
)
def test_a_restart_of_the_daemon_changes_nothing(
    before: list[float], after: list[float], saved_later: int, loaded_later: int
) -> None:
    ledger = Ledger(EU868)
    sent = send_greedily(ledger, before)
    saved_ms = (int(sent[-1][0] + 3_000) if sent else 0) + saved_later
    record = ledger.to_bytes(saved_ms, BOOT)
    again = Ledger(EU868)
    now_ms = saved_ms + loaded_later
    again.load(record, now_ms, BOOT)
    sent += send_greedily(again, after, now_ms)
    assert most_in_any_window(sent, HOUR_MS) <= 36_000


@given(
    st.lists(st.floats(1, 3_000), min_size=1, max_size=40),
    st.lists(st.floats(1, 3_000), max_size=40),
    st.integers(0, HOUR_MS),
    st.integers(0, 2 * HOUR_MS),
    st.floats(0, 1),
)
def test_a_reboot_without_a_clock_breaks_no_limit_however_long_it_took(
    before: list[float], after: list[float], on_ms: int, off_ms: int, known: float
) -> None:
    ledger = Ledger(EU868)
    sent = send_greedily(ledger, before[:-1])
    start = ledger.next_allowed(before[-1], int(sum(sent[-1])) if sent else 0)
    assert start is not None
    ledger.spend(before[-1], start)
    record = ledger.to_bytes(start, BOOT)  # saved, sent, cut some time after
    sent.append((float(start), before[-1]))
    cut_ms = start + 3_000 + on_ms
    again = Ledger(EU868)
    booted_at = cut_ms + off_ms  # the new clock's zero
    again.load(record, 0, NEXT_BOOT, elapsed_ms=int(off_ms * known))
    sent += [(booted_at + begun, airtime) for begun, airtime in send_greedily(again, after)]
    assert most_in_any_window(sent, HOUR_MS) <= 36_000


def test_after_a_reboot_without_a_clock_the_hour_begins_anew() -> None:
    ledger = Ledger(EU868)
    send_greedily(ledger, [DR0_MS] * 12)
    ledger.sent(40_000)
    record = ledger.to_bytes(40_000, BOOT)
    blind, sure = Ledger(EU868), Ledger(EU868)
    blind.load(record, 0, NEXT_BOOT)
    sure.load(record, 0, NEXT_BOOT, elapsed_ms=2 * HOUR_MS)
    assert blind.left_ms(0) == 36_000 - 12 * 2_794
    assert sure.left_ms(0) == 36_000


def test_what_was_on_the_air_when_the_daemon_died_ended_no_later_than_now() -> None:
    ledger = Ledger(EU868)
    ledger.spend(36_000, 0)
    record = ledger.to_bytes(0, BOOT)
    again = Ledger(EU868)
    again.load(record, 100_000, BOOT)  # the modem may have hesitated till now
    assert again.next_allowed(36_000, 100_000) == 100_000 + HOUR_MS - 36_000


def test_a_record_of_other_sub_bands_is_read_for_those_that_are_the_same() -> None:
    k, l_, m = (EU868.sub_band(hz) for hz in (864_100_000, 867_100_000, 868_100_000))
    ledger = Ledger(EU868, (k, m))
    ledger.spend(1_000, 0, m)
    again = Ledger(EU868, (l_, m))
    again.load(ledger.to_bytes(1_000, BOOT), 1_000, BOOT)
    assert (again.left_ms(1_000, m), again.left_ms(1_000, l_)) == (35_000, 36_000)


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_record_counts_as_everything_spent(place: int, flip: int) -> None:
    ledger = Ledger(EU868, fair_use=FairUse())
    send_greedily(ledger, [DR0_MS, 100.0, 50.5])
    record = bytearray(ledger.to_bytes(9_000, BOOT))
    record[place % len(record)] ^= flip
    again = Ledger(EU868, fair_use=FairUse())
    with pytest.raises(DamagedState, match="counts as spent"):
        again.load(bytes(record), 0, BOOT)
    assert again.left_ms(0) == 0


@given(st.binary(max_size=300))
def test_bytes_that_are_no_record_are_told_from_one(data: bytes) -> None:
    with pytest.raises(DamagedState):
        decode(data)


names = st.text(st.characters(codec="ascii"), max_size=40)
ages = st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**32 - 1)), max_size=20)


@given(
    st.integers(-(2**63), 2**63 - 1),
    st.binary(min_size=16, max_size=16),
    st.lists(
        st.builds(
            SavedWindow,
            names,
            st.booleans(),
            ages.map(lambda blocks: tuple(sorted(blocks, key=lambda block: -block[0]))),
        ),
        max_size=5,
    ),
)
def test_a_record_reads_back_as_it_was_written(
    saved_ms: int, boot_id: bytes, windows: list[SavedWindow]
) -> None:
    state = decode(encode(saved_ms, boot_id, windows))
    assert (state.saved_ms, state.boot_id, list(state.windows)) == (saved_ms, boot_id, windows)


def test_a_record_of_a_full_day_stays_small() -> None:
    ledger = Ledger(EU868, fair_use=FairUse(uplink_ms=HOUR_MS))
    for now_ms in range(0, DAY_MS, 20_000):
        ledger.charge(100, now_ms)
    assert len(ledger.to_bytes(DAY_MS, BOOT)) < 2_400
