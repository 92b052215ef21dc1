"""What an event and a day cost: hand-computed, and never less for more."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.health.energy_boards import BOARDS, LINKS
from edge.health.energy_cycle import Mode, Occasion, Station, Traffic, cycle, day_budget
from edge.health.energy_draw import Draw, State
from edge.health.energy_policy import LADDER, Policy
from tests.health.energy import STATION, policies

TRAFFIC = Traffic(events=20, target_share=0.1, heartbeats=4)
DAY_S = 86_400
LEAST = LADDER[-1]
modes = st.sampled_from(Mode)
boards = st.sampled_from(list(BOARDS.values()))
links = st.sampled_from(list(LINKS.values()))
traffics = st.builds(Traffic, st.floats(0, 20_000), st.floats(0, 1), st.floats(0, 100))


def joules(mode: Mode, occasion: Occasion, policy: Policy = LADDER[0]) -> dict[str, float]:
    return {step.name: step.joules for step in cycle(STATION, mode, occasion, policy)}


def test_a_woken_station_boots_catches_thinks_speaks_waits_and_is_off():
    assert joules(Mode.WOKEN, Occasion.TARGET) == {
        "boot": 10 * 1.5,  # halfway between armed and thinking
        "catch": 2 * 3,
        "think": 4 * 2,
        "speak": (3 + 2 + 5) * 2,
        "wait": 20 * 1,
        "off": 3 * 1.5,
    }


def test_what_holds_no_target_is_looked_at_twice_and_nothing_of_it_is_sent():
    assert joules(Mode.WOKEN, Occasion.OTHER) == {
        "boot": 15,
        "catch": 6,
        "think": (4 + 5) * 2,
        "off": 4.5,
    }


def test_an_armed_station_neither_boots_nor_waits():
    assert joules(Mode.ALWAYS_ARMED, Occasion.TARGET) == {"catch": 6, "think": 8, "speak": 20}
    assert joules(Mode.ALWAYS_ARMED, Occasion.HEARTBEAT) == {"speak": 6}


def test_each_rung_spares_what_it_gives_up():
    speaking = [
        joules(Mode.WOKEN, Occasion.TARGET, policy).get("speak", 0)
        + joules(Mode.WOKEN, Occasion.TARGET, policy).get("wait", 0)
        for policy in LADDER
    ]
    thinking = [joules(Mode.WOKEN, Occasion.OTHER, policy)["think"] for policy in LADDER]
    assert speaking == [40, 10, 6, 6]
    assert thinking == [18, 18, 18, 8]


def test_a_day_of_a_woken_station():
    day = day_budget(STATION, Mode.WOKEN, TRAFFIC)
    # 16 s and 25.5 J a heartbeat, 49 s and 73.5 J a target, 24 s and 43.5 J any other event, each
    # in place of a sleep at 0.1 W.
    above_sleep_j = 4 * (25.5 - 1.6) + 2 * (73.5 - 4.9) + 18 * (43.5 - 2.4)
    assert day.joules == pytest.approx(8640 + above_sleep_j)
    assert day.busy_s == pytest.approx(4 * 16 + 2 * 49 + 18 * 24)
    assert day.served == 1
    assert day.watts == pytest.approx(9612.6 / DAY_S)


def test_a_day_of_an_armed_station():
    day = day_budget(STATION, Mode.ALWAYS_ARMED, TRAFFIC)
    # Above 1 W: 3 J a heartbeat, 18 J a target, 13 J any other event.
    assert day.joules == pytest.approx(86_400 + 4 * 3 + 2 * 18 + 18 * 13)


def test_a_storm_costs_no_more_than_a_day_without_rest():
    storm = Traffic(events=100_000, target_share=0, heartbeats=0)
    day = day_budget(STATION, Mode.WOKEN, storm)
    assert day.busy_s == pytest.approx(DAY_S)
    assert day.served == pytest.approx(DAY_S / 24 / 100_000)
    assert day.joules == pytest.approx(DAY_S * 43.5 / 24)


def test_heartbeats_have_their_time_in_a_storm():
    day = day_budget(STATION, Mode.WOKEN, Traffic(events=100_000, target_share=0, heartbeats=100))
    assert day.busy_s == pytest.approx(DAY_S)
    assert day.served == pytest.approx((DAY_S - 100 * 16) / 24 / 100_000)


def test_few_events_are_cheaper_woken_and_many_armed():
    few, many = replace(TRAFFIC, events=20), replace(TRAFFIC, events=3_500)
    woken, armed = (
        [day_budget(STATION, mode, traffic).joules for traffic in (few, many)]
        for mode in (Mode.WOKEN, Mode.ALWAYS_ARMED)
    )
    assert woken[0] < armed[0]
    assert woken[1] > armed[1]


@given(modes, policies)
def test_every_policy_catches_alike(mode: Mode, policy: Policy):
    for occasion in (Occasion.OTHER, Occasion.TARGET):
        everything, now = (cycle(STATION, mode, occasion, p) for p in (LADDER[0], policy))
        caught = [[step for step in steps if step.name == "catch"] for steps in (everything, now)]
        assert caught[0] == caught[1] != []


@given(modes, traffics, policies, st.floats(1, 10))
def test_more_events_never_cost_less(mode: Mode, traffic: Traffic, policy: Policy, factor: float):
    more = replace(traffic, events=traffic.events * factor)
    one, other = (day_budget(STATION, mode, t, policy).joules for t in (traffic, more))
    assert other >= one or other == pytest.approx(one)


@given(modes, st.floats(0, 500), st.floats(0, 1), boards, links)
def test_giving_up_never_costs(mode: Mode, events: float, share: float, board, link):
    draw, pace = board.worst
    station = Station(draw.with_modem(link.worst.modem_w), pace, link.worst)
    traffic = Traffic(events, share, 4)
    # While there is room in the day: later, what is spared on one event sees to another.
    assume(day_budget(station, mode, traffic).served == 1)
    days = [day_budget(station, mode, traffic, policy).joules for policy in LADDER]
    assert days == sorted(days, reverse=True) or days == pytest.approx(sorted(days, reverse=True))


@given(modes, traffics, policies)
def test_a_day_is_never_cheaper_than_rest(mode: Mode, traffic: Traffic, policy: Policy):
    day = day_budget(STATION, mode, traffic, policy)
    assert day.joules >= STATION.draw.watts(mode.rest) * DAY_S
    assert 0 <= day.served <= 1


@given(boards, links, modes, st.floats(0, 30))
def test_the_worst_that_is_said_of_a_board_is_worse(board, link, mode: Mode, events: float):
    traffic = Traffic(events, 0.05, 4)
    best, worst = (
        day_budget(Station(draw.with_modem(talk.modem_w), pace, talk), mode, traffic, LEAST).joules
        for (draw, pace), talk in ((board.best, link.best), (board.worst, link.worst))
    )
    assert best <= worst


@pytest.mark.parametrize("board", BOARDS.values(), ids=BOARDS)
def test_each_assumption_is_a_range_with_a_source(board):
    (best, best_pace), (worst, worst_pace) = board.best, board.worst
    assert all(best.watts(state) <= worst.watts(state) for state in State)
    assert best_pace.boot_s < worst_pace.boot_s
    assert board.source


def test_the_one_boot_that_was_measured_lies_within_what_is_assumed():
    best, worst = (
        draw.booting_w for draw, _ in (BOARDS["pi-zero2"].best, BOARDS["pi-zero2"].worst)
    )
    assert best <= 1.9 * 5 / 12 <= worst


def test_a_battery_feels_the_converter_the_controller_and_the_lamp():
    felt = STATION.draw.at_battery(converter=0.5, always_w=0.25, lamp_w=2)
    assert felt == Draw(0.45, 2.25, 10.25, 4.25, 4.25)


def test_a_board_that_draws_more_asleep_than_awake_is_refused():
    with pytest.raises(ValueError, match="2 W asleep, 1 W armed"):
        Draw(sleep_w=2, armed_w=1, capturing_w=3, thinking_w=3, talking_w=3)
