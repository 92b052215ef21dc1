"""A station arms with everything it needs, or says in one line what it lacks and how to get it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.capture.replay import ReplaySource
from edge.config import StationConfig
from edge.errors import ConfigError, NotArmed
from edge.lens import open_lens
from edge.listener import Listener
from edge.security.errors import KeyFileError
from edge.spool.errors import SpoolBusy, SpoolFull
from edge.spool.keepsake import Keepsake
from edge.station import Station, load_identity
from tests.basecamp.field import eventually
from tests.kit.station import StationFolder, irbis

MakeStation = Callable[..., StationFolder]


def changed(config: StationConfig, section: str, **values: object) -> StationConfig:
    part = getattr(config, section).model_copy(update=values)
    return config.model_copy(update={section: part})


def test_a_station_with_its_keys_arms(make_station: MakeStation) -> None:
    class Arms(Listener):
        armed_at_all = False

        def armed(self) -> None:
            self.armed_at_all = True

    listener = Arms()
    with Station(make_station().config, listener, ReplaySource([])):
        assert listener.armed_at_all


def test_without_basecamps_key_it_does_not_arm(make_station: MakeStation) -> None:
    config = changed(make_station().config, "station", basecamp=None)
    with pytest.raises(NotArmed, match="irbis basecamp init --data DIR"):
        Station(config, Listener())


@pytest.mark.parametrize("named", [True, False])
def test_without_a_key_of_its_own_it_does_not_arm(
    make_station: MakeStation, tmp_path: Path, named: bool
) -> None:
    key_file = tmp_path / "nowhere.key" if named else None
    config = changed(make_station().config, "station", key_file=key_file)
    with pytest.raises(NotArmed, match="irbis keys station --out"):
        Station(config, Listener())


def test_the_command_that_it_names_makes_the_key(make_station: MakeStation, tmp_path: Path) -> None:
    folder = make_station()
    (folder.folder / "station.key").unlink()
    refused = irbis("run", "--config", str(folder.config_path))
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    (command,) = re.findall(r"`irbis (keys station --out \S+)`", line)
    assert irbis(*command.split()).returncode == 0
    load_identity(folder.config)


def test_a_key_file_of_another_kind_is_refused(make_station: MakeStation) -> None:
    folder = make_station()
    (folder.folder / "station.key").write_text("irbis-basecamp-secret-1:abc\n")
    with pytest.raises(KeyFileError):
        load_identity(folder.config)


def test_a_station_without_a_folder_to_watch_says_so(
    make_station: MakeStation, tmp_path: Path
) -> None:
    config = make_station().config
    with pytest.raises(ConfigError, match="name the folder to watch"):
        open_lens(config, print)
    with pytest.raises(ConfigError, match="is not a folder; make it first"):
        open_lens(changed(config, "capture", path=tmp_path / "missing"), print)


def test_two_stations_do_not_share_a_spool(make_station: MakeStation) -> None:
    config = make_station().config
    with (
        Station(config, Listener(), ReplaySource([])),
        pytest.raises(SpoolBusy, match="stop it first"),
    ):
        Station(config, Listener(), ReplaySource([]))


def test_a_station_that_was_closed_can_be_armed_again(make_station: MakeStation) -> None:
    config = make_station().config
    for _ in range(2):
        with Station(config, Listener(), ReplaySource([])) as station:
            assert station.spool.unjudged() == 0


def test_a_broker_that_cannot_be_used_is_told_and_the_station_catches_on(
    make_station: MakeStation, card: Path, tmp_path: Path
) -> None:
    folder = make_station("mqtt://127.0.0.1:1", uplink={"password_file": str(tmp_path / "missing")})
    with folder.replaying(card) as (station, notes):
        eventually(lambda: station.all_judged, "all is judged")
        eventually(lambda: bool(notes.links), "the trouble is told")
    assert "the password cannot be read" in notes.links[0]
    assert len(notes.targets) == 2


def test_a_station_on_a_full_card_ends_cleanly_all_the_same(
    make_station: MakeStation, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was learnt of the links finds no room; spool and boot key are released nevertheless."""

    def full(_: Keepsake, state: bytes) -> None:
        raise SpoolFull("no room left on the card")

    folder = make_station("mqtt://127.0.0.1:1")
    with monkeypatch.context() as card:
        card.setattr(Keepsake, "save", full)
        with Station(folder.config, Listener(), ReplaySource([])):
            pass
    with Station(folder.config, Listener(), ReplaySource([])):
        pass  # nobody holds the spool
