"""Camera-days at basecamp: from heartbeats, on the page and as a table that other tools read."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest

from edge.records import ClockQuality, Heartbeat
from edge.wire.message import encode_message
from tools.basecamp.content import read_body
from tools.basecamp.effort import deployments
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
    [one] = deployments([hours(1, DAY_S), hours(10, 9 * DAY_S, DAY_S // 2, DAY_S // 2)])
    assert (one.camera_days, one.begins, one.bursts) == (9.0, samples.NOON, 400)


def test_a_card_that_was_exchanged_begins_another_deployment():
    first, second = deployments([hours(5, 5 * DAY_S), hours(7, DAY_S), hours(9, 3 * DAY_S)])
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
    [one] = deployments([hours(5, 5 * DAY_S), hours(4, 4 * DAY_S), hours(6, 6 * DAY_S)])
    assert one.camera_days == 6.0


def test_an_older_station_tells_nothing_and_breaks_nothing():
    assert list(deployments([hours(1, 0, counters=(("bursts", 3),))])) == []
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
