"""Airtime that a modem refused before it was on the air is given back, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.uplink.radio.regions import HOUR_MS
from edge.uplink.radio.regions_tables import EU868, region
from firmware_bridge.errors import BridgeError, MustWait, NoReply, NotJoined, TooLong
from tests.uplink.radio.ridge import Clock, Ear, Ether, Ridge
from tests.uplink.radio.test_budget import Air
from tests.uplink.radio.test_duty import most_in_any_window

HOURLY_MS = 36_000
JOIN_S = 1.483


def refused(air: Air) -> None:
    air.now_s += 0.5
    air.budget.give_back()
    air.budget.done()


def test_what_was_refused_may_be_said_at_once() -> None:
    air = Air()
    for _ in range(100):
        assert air.budget.reserve(51, 0) == 0
        refused(air)
    left = air.budget.left(51, 0)
    assert left is not None and left.left == HOURLY_MS
    air.start()
    assert air.spend_all() == 12


def test_what_was_done_with_is_not_given_back() -> None:
    air = Air()
    assert air.say() == 0
    air.budget.give_back()
    assert air.spend_all() == 11


def test_a_full_card_does_not_hinder_it() -> None:
    air = Air()
    assert air.budget.reserve(51, 0) == 0
    air.memory.full = True
    refused(air)
    air.memory.full = False
    assert air.spend_all() == 12


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "sent",
                    "sent",
                    "refused",
                    "cut while sent",
                    "cut when refused",
                    "join",
                    "join of one who had joined",
                ]
            ),
            st.integers(1, 51),
            st.integers(0, 2),
            st.sampled_from([0.0, 0.0, 7.0, 100.0, 1700.0]),
        ),
        max_size=60,
    )
)
def test_the_ledger_never_holds_less_than_was_on_the_air(
    days: list[tuple[str, int, int, float]],
) -> None:
    """Refusals and cuts at any moment; a frame leaves when the modem likes, within its exchange."""
    air, sent = Air(), []
    for what, size_bytes, data_rate, pause_s in days:
        air.now_s += pause_s
        if what.startswith("join"):
            if not air.budget.join_wait_s(JOIN_S):
                air.budget.joins(JOIN_S)
                if what == "join":
                    sent.append((air.now_s * 1000, JOIN_S * 1000))
                else:
                    air.budget.give_back()
                air.now_s += 7.0
            continue
        if air.budget.reserve(size_bytes, data_rate):
            continue
        if "refused" not in what:
            air.now_s += 1.0
            airtime_ms = EU868.data_rate(data_rate).airtime_ms(size_bytes)
            sent.append((air.now_s * 1000, airtime_ms))
            air.now_s += 5.0
        elif what == "refused":
            air.now_s += 1.0
            air.budget.give_back()
        if "cut" in what:
            air.start()
        else:
            air.budget.done()
        since_ms = air.now_s * 1000 - HOUR_MS
        on_air_ms = sum(
            airtime_ms - min(max(0.0, since_ms - start_ms), airtime_ms)
            for start_ms, airtime_ms in sent
        )
        left = air.budget.left(51, 0)
        assert left is not None and left.left <= HOURLY_MS - on_air_ms
    assert most_in_any_window(sent, HOUR_MS) <= HOURLY_MS


@pytest.mark.parametrize(
    ("error", "unsent", "charged"),
    [
        (MustWait("the duty cycle", 60.0), True, False),
        (NotJoined("no session"), True, False),
        (TooLong("slower now", 11), True, False),
        (NoReply("silent before it was asked to send"), True, False),
        (MustWait("an empty frame went first", 0.0), False, True),
        (NoReply("silent since it was asked to send"), False, True),
    ],
)
def test_the_stage_is_charged_for_what_may_have_been_on_the_air(
    tmp_path: Path, error: BridgeError, unsent: bool, charged: bool
) -> None:
    clock = Clock()
    ether = Ether(Ear(silent=True), clock, payload_bytes=51, data_rate=0)
    ridge = Ridge(tmp_path / "spool", lambda _: ether, region("EU868"), clock, 1e9)
    cat = ridge.find(1)
    error.unsent, ether.broken = unsent, error
    while ether.broken is not None:
        clock.now_s += 1.0
        ridge.stage.step()
    left = ridge.air.left(51, 0)
    assert left is not None and (left.left < HOURLY_MS) is charged
    assert cat in ether.ear.told
    ridge.close()
