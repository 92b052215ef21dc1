"""A leopard before the lens is on basecamp's page, through a Notecard alone, and is let go.

Station, serial driver, pty, a simulated card, a stand-in for Notehub, HTTP, basecamp.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.uplink import satellite
from firmware_bridge.simulators.webhook import Weather
from tests.basecamp.field import eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import irbis

from .carriers import MakeStation, named, near_a_tower


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four bursts, two of them with a leopard."""
    return lay_card(tmp_path / "pictures", 4, target_every=2)


def test_what_the_cloud_loses_is_told_again(
    make_station: MakeStation, camp: Camp, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(satellite, "_UNANSWERED_S", 1.0)  # in place of a day
    with near_a_tower(make_station, camp, Weather(lost=0.5)) as valley:
        notes = valley.tell(pictures)
        assert len(valley.cloud.hook.statuses) < len(notes.sends)


def test_what_the_cloud_doubles_is_shown_once(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with near_a_tower(make_station, camp, Weather(doubled=0.7, unheard=0.3)) as valley:
        notes = valley.tell(pictures)
        assert len(valley.cloud.hook.statuses) > len(notes.sends)


def test_a_sync_that_failed_is_made_good_by_the_next_start(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with near_a_tower(make_station, camp) as valley:
        card = valley.modem.card
        card.fails_with.extend(["network"] * 8)
        with valley.folder.replaying(pictures) as (station, before):
            eventually(lambda: len(card.fails_with) < 8, "a sync fails")
            eventually(lambda: station.all_judged, "all is judged")
        assert valley.shown == []
        card.fails_with.clear()
        notes = valley.tell(pictures, before.targets)
        assert notes.troubles == []


def test_the_answer_finds_a_station_that_was_restarted(
    make_station: MakeStation, camp: Camp, pictures: Path
) -> None:
    with near_a_tower(make_station, camp) as valley:
        with valley.deaf(), valley.folder.replaying(pictures) as (station, notes):
            eventually(lambda: len(valley.shown) == 2, "both leopards are told")
            assert station.spool.news.count() > 0
        assert valley.shown == named(notes.targets)
        valley.tell(pictures, notes.targets)


def test_without_its_product_a_station_does_not_start_and_says_so_in_one_line(
    make_station: MakeStation, tmp_path: Path
) -> None:
    section = {"modem": "notecard", "port": "/dev/serial0"}
    folder = make_station(**{"uplink.satellite": section})
    for words in (["run", "--config"], ["config", "check"]):
        run = irbis(*words, str(folder.config_path))
        assert run.returncode == 1
        assert 'a notecard needs product = "..."' in run.stderr
        assert run.stderr.count("\n") == 1
