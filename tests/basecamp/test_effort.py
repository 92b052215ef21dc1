"""Camera-days at basecamp: from heartbeats, on the page and as a table that other tools read."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest

from edge.health.clock_log import AGE, RUN
from edge.records import ClockQuality, Heartbeat
from edge.wire.message import encode_message
from tools.basecamp.clock_views import Beat
from tools.basecamp.content import read_body
from tools.basecamp.effort import Deployment, deployments
from tools.basecamp.store import Store
from tools.basecamp.wording import camera_days
from tools.cli import main

from . import samples

DAY_S = 86_400


def hours(day: int, armed_s: int, blind_s: int = 0, off_s: int = 0, **changes) -> Heartbeat:
    counters = {"armed_s": armed_s, "blind_s": blind_s, "bursts": 40 * day, "off_s": off_s}
    told = {"sent_at": samples.NOON + timedelta(days=day), "counters": tuple(counters.items())}
    beat = Heartbeat("ridge-2", samples.NOON, ClockQuality.GPS, 9, "0", (), 0, 0, 0, ())
    return samples.replace(beat, **{**told, **changes})


def found(*beats: Heartbeat, received_days: float = 20) -> list[Deployment]:
    """What the beats tell, all of which came on that day."""
    received_at = samples.NOON + timedelta(days=received_days)
    return list(deployments(Beat(beat, received_at) for beat in beats))


@pytest.fixture
def told(data, basecamp_key, capsys):
    """``told(heartbeats, option)``: what the command prints once they have come."""

    def tell(beats, *options):
        with Store(data) as store:
            for number, beat in enumerate(beats):
                changes = {"sent_at": beat.sent_at, "counters": beat.counters, "clock": beat.clock}
                message = samples.heartbeat_message(number, **changes)
                body = encode_message(message)
                store.put(read_body(body, "ridge-2", basecamp_key.unseal, len(body)))
        assert main(["basecamp", "effort", "--data", str(data), *options]) == 0
        return capsys.readouterr().out

    return tell


def test_the_last_heartbeat_tells_the_whole_deployment():
    [one] = found(hours(1, DAY_S), hours(10, 9 * DAY_S, DAY_S // 2, DAY_S // 2))
    assert (one.camera_days, one.begins, one.bursts) == (9.0, samples.NOON, 400)


def test_a_card_that_was_exchanged_begins_another_deployment():
    first, second = found(hours(5, 5 * DAY_S), hours(7, DAY_S), hours(9, 3 * DAY_S))
    assert (first.camera_days, second.camera_days) == (5.0, 3.0)


def test_a_clock_that_fell_back_to_1970_counts_no_hour_twice(told):
    long_ago = samples.NOON - timedelta(days=20_000)
    beats = [
        hours(5, 5 * DAY_S),
        hours(9, 6 * DAY_S, sent_at=long_ago, clock=ClockQuality.UNSET),
        hours(10, 7 * DAY_S),
    ]
    [one] = json.loads(told(beats, "--json"))
    assert one["camera_days"] == 7.0


def test_a_heartbeat_that_comes_late_over_another_link_begins_no_deployment():
    [one] = found(hours(5, 5 * DAY_S), hours(4, 4 * DAY_S), hours(6, 6 * DAY_S))
    assert one.camera_days == 6.0


def in_run(run: int, age_s: int, beat: Heartbeat) -> Heartbeat:
    return samples.replace(beat, counters=(*beat.counters, (RUN, run), (AGE, age_s)))


LONG_AGO = samples.NOON - timedelta(days=20_000)


def test_hours_told_by_a_clock_that_was_not_set_are_dated_by_what_was_heard_of_the_run() -> None:
    [one] = found(
        in_run(7, DAY_S, hours(5, 5 * DAY_S)),
        in_run(7, 3 * DAY_S, hours(9, 7 * DAY_S, sent_at=LONG_AGO, clock=ClockQuality.UNSET)),
    )
    assert abs(one.ends - samples.NOON - timedelta(days=7)) < timedelta(minutes=1)
    assert abs(one.begins - samples.NOON) < timedelta(minutes=1)
    assert one.sure_clock


def test_a_clock_that_is_set_later_corrects_what_was_told_before() -> None:
    early = in_run(7, DAY_S, hours(1, DAY_S, sent_at=LONG_AGO, clock=ClockQuality.UNSET))
    other = in_run(8, 60, hours(9, 60))
    [before, _] = found(early, other)
    assert not before.sure_clock
    [after, _] = found(early, in_run(7, 2 * DAY_S, hours(2, 2 * DAY_S)), other)
    assert after.sure_clock and after.begins == samples.NOON


def test_hours_of_which_nothing_more_is_known_ended_when_they_were_heard() -> None:
    [one] = found(hours(9, 2 * DAY_S, sent_at=LONG_AGO, clock=ClockQuality.UNSET), received_days=3)
    assert (one.ends, one.sure_clock) == (samples.NOON + timedelta(days=3), False)
    assert one.begins == samples.NOON + timedelta(days=1)


def asleep(armed_s: int, off_s: int, asleep_s: int) -> Heartbeat:
    beat = hours(10, armed_s, off_s=off_s)
    return samples.replace(beat, counters=(*beat.counters, ("asleep_s", asleep_s)))


def test_a_sleep_under_the_controller_s_eye_counts_and_still_adds_up() -> None:
    [one] = found(asleep(DAY_S, 9 * DAY_S, 8 * DAY_S))
    assert one.camera_days == 9.0
    assert one.ends - one.begins == timedelta(days=10)
    assert camera_days(asleep(DAY_S, 9 * DAY_S, 8 * DAY_S)) == "9.00 camera-days (90.0 %)"


def test_no_more_sleep_counts_than_the_machine_was_off() -> None:
    [one] = found(asleep(DAY_S, DAY_S, 8 * DAY_S))
    assert one.camera_days == 2.0


def test_an_older_station_tells_nothing_and_breaks_nothing():
    assert found(hours(1, 0, counters=(("bursts", 3),))) == []
    assert camera_days(hours(1, 0, counters=())) == ""


def test_the_page_says_how_long_a_station_was_armed():
    assert camera_days(hours(10, 9 * DAY_S, DAY_S)) == "9.00 camera-days (90.0 %)"


def test_the_table_names_stations_and_adds_up(told):
    out = told([hours(10, 9 * DAY_S + DAY_S // 2, 34_560, 8_640)])
    print(out)
    assert "ridge-2         2025-11-02  2025-11-12         9.50    0.40    0.10" in out
    assert out.endswith("1 deployments, 9.50 camera-days\n")


def test_other_tools_read_a_deployment_with_its_hours(told):
    beats = [hours(5, 5 * DAY_S), hours(9, 2 * DAY_S, clock=ClockQuality.UNSET)]
    first, second = csv.DictReader(io.StringIO(told(beats, "--csv")))
    assert first["deploymentID"] == "ridge-2-20251102"
    assert (first["deploymentStart"], first["cameraDays"], first["latitude"]) == (
        "2025-11-02T12:00:00Z",
        "5.0000",
        "",
    )
    assert (first["timestampIssues"], second["timestampIssues"]) == ("false", "true")
    assert json.loads(told([], "--json"))[1]["camera_days"] == 2.0
