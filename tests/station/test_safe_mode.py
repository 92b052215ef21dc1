"""What a station does that cannot do all: it catches, it says so, and it comes back to the rest."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from edge import calling
from edge.errors import ConfigError, IrbisError, NotArmed
from edge.health import telemetry
from edge.health.last_good import LastGood
from edge.listener import Listener
from edge.records import ItemKind
from edge.safe import ALARM, SafeStation
from edge.spool.rescue import rescue_path
from edge.station import Station
from firmware_bridge.simulators.controller import SimulatedController
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import counters, evidence_ids, rows
from tests.kit.lease import leased
from tests.kit.pictures import jpeg, zebra
from tests.kit.station import Notes, StationFolder
from tools.basecamp.store import Store
from tools.opening import OLD_CONFIG, Choice, open_station

MakeStation = Callable[..., StationFolder]
WATCHED = {"settle_s": 0.2, "poll_s": 0.1}


@pytest.fixture
def folder(make_station: MakeStation, tmp_path: Path) -> StationFolder:
    """A station with a leopard before its lens, and a broker that is not there."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "1.jpg").write_bytes(jpeg(zebra(1)))
    return make_station("mqtt://127.0.0.1:1", capture={"path": str(incoming), **WATCHED})


def choice(folder: StationFolder, *, unattended: bool = True) -> Choice:
    """To open ``folder``'s station with, as systemd would have it done, or a person at a desk."""
    kept = LastGood(folder.folder, folder.config_path)
    try:
        return Choice(folder.config, kept.load, unattended)
    except ConfigError as error:
        return Choice(error, kept.load, unattended)


def catches(station: Station | SafeStation, notes: Notes) -> None:
    """It arms, and stores the burst that lies there."""
    station.arm()
    catches_on(station, notes)


def catches_on(station: Station | SafeStation, notes: Notes) -> None:
    """The same of one that is armed."""
    with closing(station):
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")


@contextmanager
def run(folder: StationFolder) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[str], bool]]]:
    """`irbis run` without a service manager, and whether its log says something."""
    log = folder.folder / "log"
    command = [sys.executable, "-m", "tools.cli", "run", "--config", str(folder.config_path)]
    with log.open("wb") as stream, subprocess.Popen(command, stderr=stream) as process:
        try:
            yield process, lambda text: text in log.read_text(encoding="utf-8")
        finally:
            process.kill()


def set_daemon(folder: StationFolder, **values: float) -> None:
    with folder.config_path.open("a", encoding="utf-8") as file:
        file.write("[daemon]\n" + "".join(f"{key} = {value}\n" for key, value in values.items()))


def test_in_safe_mode_it_catches_and_neither_judges_nor_speaks(folder: StationFolder) -> None:
    notes = Notes()
    catches(SafeStation(folder.config, notes, "safe mode: a test"), notes)
    assert rows(folder.spool_path, "SELECT state FROM bursts") == [("captured",)]
    assert rows(folder.spool_path, "SELECT * FROM alarms") == [(ALARM, "safe mode: a test")]
    assert rows(folder.spool_path, "SELECT count(*) FROM outbox") == [(0,)]
    assert (notes.links, notes.verdicts) == ([], {})
    assert counters(folder.spool_path)["safe_modes"] == 1


def test_in_safe_mode_it_says_what_the_board_lacks(
    folder: StationFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Want of memory or of voltage may be why it did not last."""
    monkeypatch.setattr(telemetry, "LEAST_MEMORY_SHARE", 2.0)
    with SafeStation(folder.config, Notes(), "safe mode: a test") as station:
        known = station.spool.ledger.alarms
        eventually(lambda: telemetry.MEMORY_LOW in known(), "the want of memory is told")


def test_in_safe_mode_another_process_tells_basecamp_so_while_this_one_catches(
    make_station: MakeStation,
    broker: Broker,
    camp: Camp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calling, "FIRST_S", 0.0)
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    folder = make_station(str(broker.address), capture={"path": str(incoming), **WATCHED})
    notes = Notes()
    with (
        camp.serving(broker),
        SafeStation(folder.config, notes, "safe mode: a test") as station,
    ):
        eventually(lambda: camp.alarms(folder.id) == {ALARM}, "basecamp hears of it")
        eventually(lambda: notes.acknowledgements == [(ItemKind.HEARTBEAT, None)], "and says so")
        (incoming / "1.jpg").write_bytes(jpeg(zebra(1)))
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")
        assert station.spool.outbox.is_empty()
    assert notes.links == []


def test_a_call_that_reaches_nobody_is_left_when_the_station_ends(
    folder: StationFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "FIRST_S", 0.0)
    notes = Notes()
    with SafeStation(folder.config, notes, "safe mode: a test"):
        eventually(lambda: callers() != [], "the call begins")
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")
    assert callers() == []
    assert notes.acknowledgements == []


def callers() -> list[str]:
    """The processes of this one that call basecamp."""
    found = []
    for task in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # it has ended meanwhile
            for pid in task.read_text().split():
                found.append(Path(f"/proc/{pid}/cmdline").read_text())
    return [line for line in found if "edge.safe_call" in line]


def test_what_was_caught_in_safe_mode_is_judged_by_the_next_full_start(
    folder: StationFolder,
) -> None:
    notes = Notes()
    catches(SafeStation(folder.config, notes, "safe mode: a test"), notes)
    with Station(folder.config, notes):
        eventually(lambda: notes.targets == set(notes.captures), "the leopard is found")


def test_no_model_and_no_link_is_loaded_in_safe_mode(folder: StationFolder) -> None:
    asks = (
        "import sys; from pathlib import Path; from edge.config import load_config;"
        "from edge.listener import Listener; from edge.safe import SafeStation;"
        f"station = SafeStation(load_config(Path({str(folder.config_path)!r})), Listener(), 'so');"
        "station.arm(); station.close();"
        "print([name for name in ('edge.vision.eyes', 'ai_edge_litert', 'cv2', 'paho',"
        " 'edge.links', 'edge.triage.stage') if name in sys.modules])"
    )
    said = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, text=True, timeout=120, check=True
    )
    assert said.stdout == "[]\n"


def test_how_long_it_lasted_is_counted(folder: StationFolder) -> None:
    now_s = 0.0
    with SafeStation(folder.config, Listener(), "safe mode: a test", now=lambda: now_s) as station:
        now_s = 90.0
        station.tally()
        now_s = 95.5
    assert counters(folder.spool_path)["safe_mode_s"] == 95


def test_the_controller_s_watchdog_hears_of_a_station_in_safe_mode(
    make_station: MakeStation, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    with SimulatedController() as device:
        folder = make_station(
            capture={"path": str(incoming), **WATCHED},
            controller={"port": device.path, "watchdog_s": 10},
        )
        with SafeStation(folder.config, Listener(), "safe mode: a test") as station:
            end_s = device.now_s() + 12
            eventually(lambda: device.now_s() > end_s, "a watchdog that began had bitten")
            assert device.host_has_power
            station.loops.failure = IrbisError("from now on it is not alive")
            eventually(lambda: not device.host_has_power, "the watchdog bites")


def test_a_station_without_its_key_catches_where_nobody_reads_the_error(
    folder: StationFolder,
) -> None:
    (folder.folder / "station.key").write_bytes(b"\0" * 32)
    notes = Notes()
    opened = open_station(choice(folder), notes)
    assert not opened.full
    assert opened.head.startswith("safe mode: ") and "station.key" in opened.head
    catches_on(opened.station, notes)


def test_at_a_desk_the_error_is_told_and_nothing_else_is_tried(folder: StationFolder) -> None:
    (folder.folder / "station.key").unlink()
    with pytest.raises(NotArmed, match="no key of its own"):
        open_station(choice(folder, unattended=False), Listener())


@pytest.mark.parametrize("damage", ["", "[capture]\npath = 'gone'\n", "a = " + 9999 * "["])
def test_a_spoilt_configuration_gives_way_to_the_last_good_one(
    folder: StationFolder, damage: str
) -> None:
    LastGood(folder.folder, folder.config_path).keep(folder.config)
    folder.config_path.write_text(damage, encoding="utf-8")
    notes = Notes()
    opened = open_station(choice(folder), notes)
    assert opened.full and not opened.as_configured
    assert list(opened.alarms) == [OLD_CONFIG]
    catches_on(opened.station, notes)


def test_a_spoilt_configuration_with_nothing_kept_is_refused(folder: StationFolder) -> None:
    folder.config_path.write_text("[station\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="cannot be read as TOML"):
        open_station(choice(folder), Listener())


def test_beside_a_spool_of_another_version_a_second_one_catches_until_the_first_opens(
    folder: StationFolder,
) -> None:
    with Station(folder.config, Listener()).spool:
        pass
    set_schema(folder, 99)
    notes = Notes()
    opened = open_station(choice(folder), notes)
    assert "written by another version" in opened.head
    catches_on(opened.station, notes)
    held = evidence_ids(rescue_path(folder.spool_path))
    assert held == set(notes.captures)

    set_schema(folder, 4)
    (folder.folder.parent / "incoming" / "1.jpg").unlink()
    again = open_station(choice(folder), notes)
    assert again.full
    with closing(again.station):
        eventually(lambda: set(notes.verdicts) == held, "it is taken back and judged")
    assert evidence_ids(folder.spool_path) == held
    assert not rescue_path(folder.spool_path).exists()


@pytest.mark.parametrize("spoilt", ["spool.db", "evidence"])
def test_a_file_system_that_came_back_in_disorder_leaves_a_station_that_catches(
    folder: StationFolder, spoilt: str
) -> None:
    """After a check of the card a folder may stand where a file was, and a file where a folder."""
    folder.spool_path.mkdir()
    if spoilt == "evidence":
        (folder.spool_path / spoilt).touch()
    else:
        (folder.spool_path / spoilt).mkdir()
    notes = Notes()
    opened = open_station(choice(folder), notes)
    assert opened.head.startswith("safe mode: ")
    catches_on(opened.station, notes)
    assert evidence_ids(rescue_path(folder.spool_path)) == set(notes.captures)


def test_what_is_being_rescued_is_not_taken_from_the_process_that_catches_it(
    folder: StationFolder,
) -> None:
    with Station(folder.config, Listener()).spool:
        pass
    set_schema(folder, 99)
    notes = Notes()
    opened = open_station(choice(folder), notes)
    with closing(opened.station):
        eventually(lambda: len(notes.captures) == 1, "the leopard is caught")
        with pytest.raises(IrbisError):
            open_station(choice(folder, unattended=False), Listener())
        assert evidence_ids(rescue_path(folder.spool_path)) == set(notes.captures)
    assert rows(rescue_path(folder.spool_path), "SELECT state FROM bursts") == [("captured",)]


def set_schema(folder: StationFolder, version: int) -> None:
    with closing(sqlite3.connect(folder.spool_path / "spool.db")) as database:
        database.execute(f"PRAGMA user_version = {version}")


def test_a_rotten_model_leaves_every_burst_kept_as_unknown(folder: StationFolder) -> None:
    models = folder.folder / "models"
    models.mkdir()
    shipped = Path(__file__).parents[2] / "models"
    (models / "registry.toml").write_bytes((shipped / "registry.toml").read_bytes())
    for model in shipped.glob("*.tflite"):
        (models / model.name).write_bytes(b"\xff" * 1000)
    triage = folder.config.triage.model_copy(update={"models": models})
    config = folder.config.model_copy(update={"triage": triage})
    notes = Notes()
    with Station(config, notes) as station:
        eventually(lambda: len(notes.verdicts) == 1, "it is settled")
        assert "blind" in station.spool.ledger.alarms()
    (judgement,) = notes.verdicts.values()
    assert judgement.verdict.observation_type == "unknown"
    assert evidence_ids(folder.spool_path) == set(notes.captures)


def test_after_starts_that_did_not_last_the_daemon_catches_and_then_tries_all_again(
    folder: StationFolder,
) -> None:
    set_daemon(folder, starts=3, retry_s=2.0, speak_first_s=0.5)
    (folder.folder / "starts").write_text(json.dumps({"short": 3, "tries": 0}))
    with run(folder) as (process, said):
        eventually(lambda: said("safe mode: 3 starts in a row did not last"), "it is safe")
        eventually(lambda: said("safe mode ends, for a start in full"), "the time is over")
        eventually(lambda: said("counts as restarts_retry"), "it starts itself anew")
        eventually(lambda: said("TARGET, kept"), "the new one judges")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    kept = json.loads((folder.folder / "starts").read_text())
    assert (kept["short"], kept["tries"]) == (2, 1)


def test_after_starts_that_did_not_last_the_alarms_go_out_before_a_model_is_loaded(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    """A model may be what ended them, and then nobody would ever hear of it."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "1.jpg").write_bytes(jpeg(zebra(1)))
    folder = make_station(str(broker.address), capture={"path": str(incoming), **WATCHED})
    notes = Notes()
    catches(SafeStation(folder.config, notes, "safe mode: a test"), notes)
    set_daemon(folder, speak_first_s=20.0)  # for a broker and a basecamp on a busy machine
    (folder.folder / "starts").write_text(json.dumps({"short": 3, "tries": 1}))
    with camp.serving(broker), run(folder) as (_, said):
        eventually(lambda: said("TARGET, kept"), "it judges")
        log = (folder.folder / "log").read_text(encoding="utf-8")
        told = log.index("acknowledged: heartbeat")
        assert told < log.index("TARGET, kept")
    with Store(camp.folder) as store:
        [station] = store.views.stations()
    assert station.heartbeat is not None
    assert any(alarm.startswith("safe-mode: ") for alarm in station.heartbeat.alarms)


def test_what_a_safe_mode_beside_an_unreadable_spool_has_to_tell_is_told_by_the_next_full_start(
    folder: StationFolder,
) -> None:
    with Station(folder.config, Listener()).spool:
        pass
    set_schema(folder, 99)
    notes = Notes()
    catches_on(open_station(choice(folder), notes).station, notes)
    set_schema(folder, 4)
    with closing(open_station(choice(folder), notes).station) as station:
        assert "another version" in station.spool.ledger.alarms()[ALARM]
        assert station.spool.ledger.counters()["safe_modes"] == 1


def test_without_a_service_manager_one_that_hangs_ends_by_itself_with_one_line(
    folder: StationFolder,
) -> None:
    set_daemon(folder, capture_silent_s=1.0)
    picture = folder.folder.parent / "incoming" / "1.jpg"
    with leased(picture), run(folder) as (process, said):
        assert process.wait(60) == 1
    log = (folder.folder / "log").read_text(encoding="utf-8")
    assert "irbis run: capture hangs for" in log.splitlines()[-1]
    assert "Traceback" not in log
    assert not said("safe mode")


def test_a_start_that_was_refused_does_not_count(folder: StationFolder, camp: Camp) -> None:
    (folder.folder / "station.key").unlink()
    with run(folder) as (process, _):
        assert process.wait(60) == 1
    assert json.loads((folder.folder / "starts").read_text())["short"] == 0
