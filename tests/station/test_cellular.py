"""A leopard before the lens is on basecamp's page, over sessions of a modem that is off otherwise.

Station, ModemManager's API, MQTT and uploads over TLS with a pinned authority, mosquitto, basecamp.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from edge.capture.listing import list_bursts
from edge.capture.replay import ReplaySource
from edge.capture.stage import CaptureStage
from edge.spool.spool import Spool
from edge.station import load_identity
from tests.basecamp.field import eventually
from tests.kit.calendar import let_midnight_pass
from tests.kit.camp import Camp
from tests.kit.certificates import Certificates, make_certificates
from tests.kit.pictures import jpeg, lay_card
from tests.kit.station import Notes, StationFolder
from tests.station.internet import Reached, over_the_internet
from tests.uplink.cellular.modem_service import modem_properties, modem_service, private_bus

LOW_POWER = 2


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates") / "made")


@pytest.fixture
def reached(certificates: Certificates, camp: Camp, tmp_path: Path) -> Iterator[Reached]:
    with (
        over_the_internet(certificates, tmp_path / "secure") as net,
        net.listening(camp) as reached,
    ):
        yield reached


@contextmanager
def modem_on_a_bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with private_bus() as bus, modem_service(bus):
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", bus)
        yield bus


def stored_before_a_power_cut(folder: StationFolder, pictures: Path, memory: Path) -> Path:
    """A burst that the station can no longer open: basecamp must get all of it. Its picture."""
    burst = pictures / "000"
    burst.mkdir(parents=True)
    noise = Image.frombytes("RGB", (400, 300), os.urandom(400 * 300 * 3))
    picture = burst / "0.jpg"
    picture.write_bytes(jpeg(noise, quality=90))
    seal = load_identity(folder.config).basecamp.seal
    with Spool(folder.spool_path, seal, memory_dir=memory) as spool:
        capture = CaptureStage(ReplaySource(list_bursts(pictures)), spool, Notes())
        while not capture.finished:
            capture.step()
    for key in memory.glob("*"):
        key.unlink()
    return picture


def test_a_leopard_comes_over_cellular_once_and_the_modem_is_off_again(
    make_station: Callable[..., StationFolder],
    reached: Reached,
    camp: Camp,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with modem_on_a_bus(monkeypatch) as bus:
        sections = reached.sections
        sections["uplink.cellular"] |= {"apn": "internet", "publish_bytes": 500}
        folder = make_station(**sections)
        pictures = lay_card(tmp_path / "pictures", 3)
        with folder.replaying(pictures) as (station, notes):
            eventually(lambda: bool(camp.pictures(folder.id)), "the leopard is shown")
            eventually(station.spool.outbox.is_empty, "all is acknowledged")
            eventually(lambda: modem_properties(bus)["PowerState"] == LOW_POWER, "it is off")
        (sighting,) = [one for one in camp.sightings(folder.id) if one.target]
        assert camp.pictures(folder.id)[sighting.burst_id] == len(sighting.crops)
        assert notes.troubles == []
        assert reached.uploads.up_bytes > 0
        assert reached.messages.up_bytes > 0


def test_evidence_that_was_cut_goes_on_in_later_sessions_and_arrives_once(
    make_station: Callable[..., StationFolder],
    reached: Reached,
    camp: Camp,
    memory: Path,
    tmp_path: Path,
) -> None:
    folder = make_station(**reached.sections)
    picture = stored_before_a_power_cut(folder, tmp_path / "pictures", memory)
    reached.uploads.cut_after_bytes = 40_000
    with folder.replaying(picture.parents[1]) as (station, _):
        eventually(lambda: bool(camp.evidence(folder.id)), "the evidence is shown")
        eventually(station.spool.outbox.is_empty, "all is acknowledged")
    assert list(camp.evidence(folder.id).values()) == [[picture.read_bytes()]]
    assert reached.uploads.connections > 3
    assert reached.uploads.up_bytes < 2 * picture.stat().st_size


def test_the_data_budget_is_never_exceeded_and_is_told(
    make_station: Callable[..., StationFolder], reached: Reached, memory: Path, tmp_path: Path
) -> None:
    let_midnight_pass()  # a new day has a new budget
    sections = reached.sections
    sections["uplink.cellular"] |= {"day_bytes": 120_000}
    sections["uplink"] |= {"heartbeat_s": 0.2}
    folder = make_station(**sections)
    picture = stored_before_a_power_cut(folder, tmp_path / "pictures", memory)
    with folder.replaying(picture.parents[1]) as (station, _):
        eventually(lambda: "data-budget" in station.spool.ledger.alarms(), "the day is spent")
        assert not station.spool.outbox.is_empty()
    heartbeat = reached.heartbeat(folder.id)
    assert heartbeat is not None
    counters = dict(heartbeat.counters)
    assert counters["data-day-bytes"] + counters["data-left-bytes"] == 120_000
    assert counters["data-day-bytes"] == counters["data-month-bytes"] > 0
    assert 30_000 < reached.passed_bytes <= 120_000
