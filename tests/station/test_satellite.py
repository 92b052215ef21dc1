"""A leopard before the lens is on basecamp's page, through satellites alone, and is let go.

Station, serial driver, pty, a simulated modem, a stand-in for RockBLOCK, HTTP, basecamp.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.uplink import satellite
from firmware_bridge.simulators.iridium_sky import Fate
from firmware_bridge.simulators.webhook import Weather
from tests.basecamp.field import eventually
from tests.kit.camp import Camp
from tests.kit.card import rows
from tests.kit.pictures import lay_card
from tests.station.test_run import running

from .carriers import MakeStation, named, under_satellites

_NO_SERVICE, _LOST_CONNECTION = 32, 18


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four bursts, two of them with a leopard."""
    return lay_card(tmp_path / "pictures", 4, target_every=2)


def test_what_the_cloud_loses_is_told_again(
    make_station: MakeStation, camp: Camp, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(satellite, "_UNANSWERED_S", 1.0)  # in place of a day
    with under_satellites(make_station, camp, Weather(lost=0.5)) as valley:
        notes = valley.tell(pictures)
        assert len(valley.cloud.hook.statuses) < len(notes.sends)


def test_what_the_cloud_doubles_is_shown_once(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with under_satellites(make_station, camp, Weather(doubled=0.7, unheard=0.3)) as valley:
        notes = valley.tell(pictures)
        assert len(valley.cloud.hook.statuses) > len(notes.sends)


def test_sessions_that_failed_are_repeated(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with under_satellites(make_station, camp) as valley:
        valley.modem.meet(Fate(_NO_SERVICE), Fate(_LOST_CONNECTION, arrives=True))
        notes = valley.tell(pictures)
        assert notes.troubles == []


def test_the_answer_finds_a_station_that_was_restarted(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with under_satellites(make_station, camp) as valley:
        with valley.deaf(), valley.folder.replaying(pictures) as (station, notes):
            eventually(lambda: len(valley.shown) == 2, "both leopards are told")
            assert station.spool.news.count() > 0
        assert valley.shown == named(notes.targets)
        valley.tell(pictures, notes.targets)


def test_where_the_modem_is_missing_a_line_and_an_alarm_say_so_and_the_station_catches_all_the_same(
    make_station: MakeStation, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    folder = make_station(
        capture={"path": str(incoming), "settle_s": 0.2, "poll_s": 0.1},
        **{"uplink.satellite": {"port": str(tmp_path / "no-port")}},
    )
    with running(folder) as (process, log):
        eventually(lambda: b"no-port: cannot be opened" in log.read_bytes(), "it is told")
        lay_card(incoming, 3)
        eventually(lambda: log.read_bytes().count(b"frames stored") == 3, "all are stored")
        process.terminate()
        assert process.wait(90) == 0
    assert ("no-satellite",) in rows(folder.spool_path, "SELECT name FROM alarms")
    (line,) = [line for line in log.read_text().splitlines() if "WARNING" in line]
    assert line.startswith("WARNING satellite: ")
