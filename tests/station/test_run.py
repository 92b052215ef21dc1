"""`irbis run`, the daemon, as systemd runs it: a process, a watched folder, a signal."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import disorder, rows
from tests.kit.pictures import jpeg, lay_card, meadow, zebra
from tests.kit.station import StationFolder

MakeStation = Callable[..., StationFolder]


@contextmanager
def running(folder: StationFolder) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """The armed daemon, and the file of its log."""
    log = folder.folder / "log"
    command = [sys.executable, "-m", "tools.cli", "run", "--config", str(folder.config_path)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stderr=stream)
    try:
        eventually(lambda: b"INFO armed" in log.read_bytes(), "the station arms")
        yield process, log
    finally:
        process.kill()
        process.wait()


def watched(
    make_station: MakeStation, incoming: Path, broker: str, **capture: object
) -> StationFolder:
    incoming.mkdir()
    values = {"path": str(incoming), "settle_s": 0.2, "poll_s": 0.1, **capture}
    return make_station(broker, capture=values)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(
    make_station: MakeStation, tmp_path: Path, number: signal.Signals
) -> None:
    folder = watched(make_station, tmp_path / "incoming", "mqtt://127.0.0.1:1")
    with running(folder) as (process, log):
        process.send_signal(number)
        assert process.wait(90) == 0
    assert b"Traceback" not in log.read_bytes()


def test_a_leopard_that_a_camera_lays_down_arrives_at_basecamp(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    folder = watched(make_station, incoming, str(broker.address), consume=True)
    text = folder.config_path.read_text()
    # Patient, for on a busy machine it would warn that basecamp is silent.
    folder.config_path.write_text(text.replace("ack_timeout_s = 5.0", "ack_timeout_s = 60.0"))
    with camp.serving(broker), running(folder) as (process, log):
        lay_card(incoming, 3)
        eventually(lambda: len(camp.sightings(folder.id)) >= 1, "the sighting arrives")
        eventually(lambda: log.read_bytes().count(b"frames stored") == 3, "all are stored")
        eventually(lambda: not list(incoming.rglob("*.jpg")), "the pictures are consumed")
        eventually(lambda: b"acknowledged: crop" in log.read_bytes(), "pictures arrive")
        process.terminate()
        assert process.wait(90) == 0
    (sighting,) = [found for found in camp.sightings(folder.id) if found.target]
    assert sighting.species[0][0] == "Equus"
    assert b"WARNING" not in log.read_bytes()


def test_a_restarted_daemon_judges_nothing_twice(
    make_station: MakeStation, broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    incoming = tmp_path / "incoming"
    folder = watched(make_station, incoming, str(broker.address))
    burst = incoming / "one"
    burst.mkdir()
    (burst / "1.jpg").write_bytes(jpeg(zebra(1)))
    with camp.serving(broker):
        with running(folder) as (process, log):
            eventually(lambda: len(camp.sightings(folder.id)) == 1, "the sighting arrives")
            process.kill()
            process.wait()
        another = incoming / "two"
        another.mkdir()
        (another / "1.jpg").write_bytes(jpeg(meadow(1)))
        with running(folder) as (process, log):
            eventually(lambda: log.read_bytes().count(b"blank") == 1, "the second is judged")
            eventually(lambda: b"acknowledged: heartbeat" in log.read_bytes(), "it reports")
            process.terminate()
            assert process.wait(90) == 0
            assert log.read_bytes().count(b"frames stored") == 1
    assert rows(folder.spool_path, "SELECT count(*) FROM bursts") == [(2,)]
    assert len(camp.sightings(folder.id)) == 1
    assert [line for line in disorder(folder.spool_path) if "waiting" not in line] == []
