"""A station that opens and cannot be armed: what still catches takes its place, and nothing of it
is left behind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

import edge.board
import edge.catching
import edge.station
from edge.config import StationConfig
from edge.errors import ConfigError
from edge.health.last_good import LastGood
from edge.listener import Listener
from edge.safe import ALARM, SafeStation
from edge.station import Station
from tests.basecamp.field import eventually
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import Notes, StationFolder
from tools.opening import OLD_CONFIG, Choice, NotOpened, open_station

MakeStation = Callable[..., StationFolder]
NEW_HEARTBEAT_S = 7777
"""By this the board of the new configuration is known."""


@pytest.fixture
def folder(make_station: MakeStation, tmp_path: Path) -> StationFolder:
    """A station with a leopard before its lens that armed once; then its file was edited."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "1.jpg").write_bytes(jpeg(zebra(1)))
    made = make_station(capture={"path": str(incoming), "settle_s": 0.2, "poll_s": 0.1})
    LastGood(made.folder, made.config_path).keep(made.config)
    return made


def edited(folder: StationFolder) -> StationConfig:
    uplink = folder.config.uplink.model_copy(update={"heartbeat_s": NEW_HEARTBEAT_S})
    return folder.config.model_copy(update={"uplink": uplink})


def choice(folder: StationFolder, *, unattended: bool = True) -> Choice:
    kept = LastGood(folder.folder, folder.config_path)
    return Choice(edited(folder), kept.load, unattended)


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """``refuse(error)``: from now on the edited configuration's board is not made, nor any other
    with ``all_boards``."""
    right = edge.board.Board.__init__

    def of(error: Exception, *, all_boards: bool = False) -> None:
        def init(board: edge.board.Board, config: StationConfig, *others: object) -> None:
            if all_boards or config.uplink.heartbeat_s == NEW_HEARTBEAT_S:
                raise error
            right(board, config, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(edge.board.Board, "__init__", init)

    return of


@pytest.mark.parametrize("error", [ConfigError("no such board"), RuntimeError("no such board")])
def test_the_last_good_configuration_takes_its_place_and_one_alarm_names_the_error(
    folder: StationFolder, refuse: Callable[..., None], error: Exception
) -> None:
    refuse(error)
    notes = Notes()
    opened = open_station(choice(folder), notes)
    with closing(opened.station):
        assert opened.full and opened.config == folder.config
        assert list(opened.alarms) == [OLD_CONFIG]
        assert "no such board" in opened.alarms[OLD_CONFIG]
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")


def test_where_that_cannot_be_armed_either_safe_mode_catches_and_says_why(
    folder: StationFolder, refuse: Callable[..., None]
) -> None:
    refuse(RuntimeError("no such board"), all_boards=True)
    notes = Notes()
    opened = open_station(choice(folder), notes)
    with closing(opened.station):
        assert isinstance(opened.station, SafeStation)
        alarms = opened.station.spool.ledger.alarms
        eventually(lambda: "no such board" in alarms().get(ALARM, ""), "the alarm names it")
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")


def test_at_a_desk_the_error_is_told_and_the_spool_is_free_again(
    folder: StationFolder, refuse: Callable[..., None]
) -> None:
    refuse(ConfigError("no such board"))
    with pytest.raises(ConfigError, match="no such board"):
        open_station(choice(folder, unattended=False), Listener())
    with Station(folder.config, Listener()).spool:
        pass  # SpoolBusy otherwise


def test_where_nothing_at_all_can_be_armed_the_first_error_is_told(
    folder: StationFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise RuntimeError("no thread can be started")

    monkeypatch.setattr(edge.station.Loops, "start", refused)
    with pytest.raises(NotOpened, match="no thread can be started"):
        open_station(choice(folder), Listener())


@pytest.mark.parametrize("kind", ["full", "safe"])
def test_one_that_cannot_even_be_made_leaves_no_lock_and_no_descriptor(
    folder: StationFolder, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def make() -> Station | SafeStation:
        full = kind == "full"
        config = folder.config
        return Station(config, Listener()) if full else SafeStation(config, Listener(), "safe")

    def refused(*_: object, **__: object) -> None:
        raise RuntimeError("no effort can be kept")

    make().close()  # what is opened once for good is open now
    before = len(list(Path("/proc/self/fd").iterdir()))
    with monkeypatch.context() as broken:
        broken.setattr(edge.catching, "EffortStage", refused)
        with pytest.raises(RuntimeError, match="no effort"):
            make()
        assert len(list(Path("/proc/self/fd").iterdir())) == before
    make().close()
