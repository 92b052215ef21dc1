"""What holds for every link, whatever it is made of: told once, let go once basecamp said so.

Whole stations with each link's own driver, on real lines, to a real basecamp.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import Notes, StationFolder
from tests.station.carriers import MakeStation, named
from tests.station.link_benches import LINKS, Bench
from tools.basecamp.store import Store


@pytest.fixture(params=list(LINKS))
def bench(
    request: pytest.FixtureRequest, camp: Camp, broker: Broker, tmp_path: Path
) -> Iterator[Bench]:
    with LINKS[request.param](camp, broker, tmp_path) as made:
        yield made


@pytest.fixture
def folder(bench: Bench, make_station: MakeStation, camp: Camp) -> StationFolder:
    """The station of this link, which basecamp knows by its modem."""
    made = make_station(**bench.sections)
    if bench.device:
        with Store(camp.folder) as store:
            store.devices.assign(bench.device, made.id)
    return made


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Four bursts, two of them with a leopard."""
    return lay_card(tmp_path / "pictures", 4, target_every=2)


def tell(bench: Bench, folder: StationFolder, camp: Camp, pictures: Path) -> Notes:
    """Run until both leopards are shown and let go."""
    with folder.replaying(pictures) as (station, notes):
        eventually(lambda: len(bench.shown(camp)) >= 2, "both leopards are shown")
        eventually(lambda: not bench.waits(station), "all is let go")
    return notes


def test_a_leopard_is_told_once_and_let_go_only_when_basecamp_has_it(
    bench: Bench,
    folder: StationFolder,
    camp: Camp,
    pictures: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if bench.patience:
        monkeypatch.setattr(bench.patience, 2.0)  # in place of a quarter of an hour, or a day
    with folder.replaying(pictures) as (station, notes):
        eventually(lambda: len(notes.verdicts) == 4, "all is judged")
        eventually(lambda: len(notes.sends) > 0, "the link takes something, and nobody hears it")
        assert bench.waits(station)
    with bench.listening():
        with folder.replaying(pictures) as (_, second):
            eventually(lambda: len(second.sends) > 0, "it begins anew, and is stopped amid that")
        tell(bench, folder, camp, pictures)
        assert bench.shown(camp) == named(notes.targets)


def test_a_link_that_is_not_there_costs_no_picture(
    bench: Bench, folder: StationFolder, camp: Camp, pictures: Path
) -> None:
    with bench.away(folder), folder.replaying(pictures) as (station, notes):
        eventually(lambda: len(notes.verdicts) == 4, "all is caught and judged")
        assert bench.waits(station)
    with bench.listening():
        tell(bench, folder, camp, pictures)
        assert bench.shown(camp) == named(notes.targets)
