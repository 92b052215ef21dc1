"""What a gateway and basecamp can say, counted by hand."""

from __future__ import annotations

import pytest

from edge.uplink.radio.regions_tables import EU868, REGIONS, US915
from tools.simulate.answers import Answers, answer_bytes
from tools.simulate.channel import Transmission, usable_rates
from tools.simulate.gateway import Gateway

DR0, DR5 = EU868.data_rate(0), EU868.data_rate(5)
SLOW_S = 1.646592  # 17 + 13 bytes at SF12: (12.25 + 8 + 5 * 6) symbols of 32.768 ms


def uplink(end_s: float, channel: int = 0, spreading_factor: int = 12) -> Transmission:
    return Transmission(end_s - 1.0, end_s, channel, spreading_factor)


def test_an_answer_comes_a_second_after_the_uplink_on_its_channel() -> None:
    told = Gateway(EU868).say(17, uplink(10.0), DR0)
    assert told is not None
    assert (told.start_s, told.frequency_hz) == (11.0, 868_100_000)
    assert told.end_s - told.start_s == pytest.approx(SLOW_S)


def test_while_it_speaks_a_gateway_hears_nothing_and_answers_nobody_else() -> None:
    gateway = Gateway(EU868)
    told = gateway.say(17, uplink(10.0), DR5)
    assert told is not None
    assert gateway.speaks(10.5, 11.01) and gateway.speaks(told.end_s - 0.01, 20.0)
    assert not gateway.speaks(10.5, 11.0) and not gateway.speaks(told.end_s, 20.0)
    second = gateway.say(17, uplink(10.01), DR5)
    assert second is not None and second.frequency_hz == 869_525_000  # its second window
    assert second.start_s == 12.01
    assert gateway.say(17, uplink(11.2), DR5) is None  # both windows are taken


def test_where_the_first_band_is_spent_the_second_window_answers_until_that_is() -> None:
    """36 s and 360 s of 1.647 s each: 21 and 218 answers an hour."""
    gateway = Gateway(EU868)
    for number in range(400):
        gateway.say(17, uplink(10.0 + 5 * number), DR0)
    by_band = [one.frequency_hz for one in gateway.said]
    assert (by_band.count(868_100_000), by_band.count(869_525_000)) == (21, 218)


@pytest.mark.parametrize("name", REGIONS)
def test_in_every_region_every_rate_is_answered(name: str) -> None:
    for rate in usable_rates(REGIONS[name]):
        assert Gateway(REGIONS[name]).say(51, uplink(10.0), rate) is not None


def test_in_us915_answers_are_wide_and_above() -> None:
    told = Gateway(US915).say(17, uplink(10.0, channel=3), US915.data_rate(1))
    assert told is not None and told.frequency_hz == 925_100_000


def test_an_answer_leaves_with_the_next_uplink_and_tells_of_all_that_was_heard() -> None:
    answers = Answers(quick=False)
    assert answers.heard(1, 0.0) == ()
    assert answers.heard(2, 10.0) == (1,)
    answers.said(10.0)
    assert answers.heard(3, 20.0) == (1, 2)
    answers.said(20.0)
    assert answers.heard(3, 30.0) == (1, 2, 3)


def test_what_could_not_be_said_waits() -> None:
    answers = Answers(quick=False)
    answers.heard(1, 0.0)
    assert answers.heard(2, 10.0) == answers.heard(2, 20.0) == (1,)


def test_a_quick_answer_leaves_with_the_uplink_itself() -> None:
    answers = Answers(quick=True)
    assert answers.heard(1, 0.0) == (1,)
    answers.said(0.0)
    assert answers.heard(2, 10.0) == (1, 2)


def test_counted_answers_keep_apart_and_stop_at_the_days_limit() -> None:
    answers, made = Answers(quick=True, daily_limit=10), []
    for minute in range(0, 24 * 60, 5):
        if answers.heard(minute, minute * 60.0):
            answers.said(minute * 60.0)
            made.append(minute)
    assert len(made) == 10
    assert made[1] - made[0] >= 72  # half of a tenth of the day
    assert answers.heard(5000, 86_400.0)  # the first one is a day old


def test_an_answer_of_one_record_has_17_bytes_and_of_the_farthest_51() -> None:
    assert answer_bytes((5,)) == 17
    assert answer_bytes((5, 277)) == 51
