"""Whatever the broker does, nothing is lost, nothing doubled, and one line tells what is wrong."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from paho.mqtt import publish
from paho.mqtt.enums import MQTTProtocolVersion

from edge.records import ItemKind
from edge.security.envelope import sign_acknowledgement
from edge.security.keys import BasecampKey
from edge.station import Station
from edge.uplink.broker import BrokerAddress, Credentials
from edge.wire.message import acknowledgement_topic, encode_acknowledgement
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.card import disorder
from tests.kit.certificates import make_authority, make_certificates
from tests.kit.proxy import SlowProxy
from tests.kit.station import Notes, StationFolder

MakeStation = Callable[..., StationFolder]


def delivered(station: Station, notes: Notes) -> None:
    """Wait until all is judged and basecamp has it."""
    eventually(lambda: station.all_judged and station.spool.outbox.is_empty(), "all is delivered")


def judged(station: Station) -> None:
    eventually(lambda: station.all_judged, "all is judged")


def told(notes: Notes) -> None:
    eventually(lambda: bool(notes.links), "the state of the link is told")


def all_arrived_once(folder: StationFolder, camp: Camp, notes: Notes) -> None:
    """Every target at basecamp, once, with its pictures; the spool in order."""
    assert disorder(folder.spool_path) == []
    sighted = Counter(sighting.burst_id for sighting in camp.sightings(folder.id))
    assert set(sighted) >= notes.targets
    assert len(notes.targets) == 2
    assert set(sighted.values()) == {1}
    pictures = camp.pictures(folder.id)
    assert all(pictures[name] >= 1 for name in notes.targets)


def more_than(found: list[object], count: int) -> bool:
    return len(found) > count


def lines(notes: Notes, part: str) -> list[str]:
    return [line for line in notes.links if part in line]


@pytest.fixture
def late_broker(tmp_path: Path) -> Broker:
    """A broker that nobody has started yet."""
    folder = tmp_path / "late"
    folder.mkdir()
    return Broker(folder)


def test_a_broker_that_is_absent_at_the_start(
    late_broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    folder = make_station(str(late_broker.address))
    with folder.replaying(card) as (station, notes):
        judged(station)
        told(notes)
        time.sleep(1)  # several tries
        assert notes.links == [
            f"{late_broker.address}: no broker answers (Connection refused; is it running?);"
            " everything is kept, and tried again"
        ]
        late_broker.start()
        try:
            with camp.serving(late_broker):
                delivered(station, notes)
        finally:
            late_broker.kill()
    assert lines(notes, "connected to")
    all_arrived_once(folder, camp, notes)


def test_a_broker_killed_in_mid_stream_that_returns_with_an_empty_store(
    broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    # However much goes before the broker is killed, a heartbeat is still to come.
    often = {"window": 1, "ack_timeout_s": 0.5, "heartbeat_s": 2.0}
    folder = make_station(str(broker.address), uplink=often)
    with camp.serving(broker), folder.replaying(card) as (station, notes):
        for _ in range(3):
            so_far = len(notes.acknowledgements)
            eventually(partial(more_than, notes.acknowledgements, so_far), "it goes on")
            broker.kill()
            eventually(lambda: "connected to" not in notes.links[-1], "the loss is noticed")
            broker.start()
        delivered(station, notes)
    assert lines(notes, "the connection was lost") or lines(notes, "no broker answers")
    all_arrived_once(folder, camp, notes)


def test_a_slow_link_that_breaks_after_each_kilobyte(
    broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    with SlowProxy(broker.port, delay_s=0.005, cut_after_bytes=1_500) as proxy:
        folder = make_station(f"mqtt://127.0.0.1:{proxy.port}", uplink={"window": 2})
        with camp.serving(broker), folder.replaying(card) as (station, notes):
            judged(station)
            eventually(lambda: proxy.connections >= 3, "the link breaks and is made again")
            proxy.cut_after_bytes = None
            delivered(station, notes)
    all_arrived_once(folder, camp, notes)


def test_refused_credentials_are_told_once_and_can_be_mended_while_the_station_runs(
    make_station: MakeStation, camp: Camp, card: Path, tmp_path: Path
) -> None:
    (tmp_path / "guarded").mkdir()
    broker = Broker.with_password(tmp_path / "guarded", "irbis", "right")
    broker.start()
    password_file = tmp_path / "password"
    password_file.write_text("wrong\n")
    folder = make_station(
        str(broker.address), uplink={"username": "irbis", "password_file": str(password_file)}
    )
    right = tmp_path / "right"
    right.write_text("right\n")
    try:
        with (
            camp.serving(broker, Credentials("irbis", right)),
            folder.replaying(card) as (station, notes),
        ):
            judged(station)
            told(notes)
            time.sleep(1)  # several tries
            (line,) = notes.links
            assert "the broker refuses us" in line
            assert "check user name and password file" in line
            password_file.write_text("right\n")
            delivered(station, notes)
    finally:
        broker.kill()
    all_arrived_once(folder, camp, notes)


# paho-mqtt leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*SSLSocket.*:pytest.PytestUnraisableExceptionWarning")
def test_a_broker_whose_certificate_another_authority_signed(
    make_station: MakeStation, camp: Camp, card: Path, tmp_path: Path
) -> None:
    made = make_certificates(tmp_path / "pki")
    (tmp_path / "tls").mkdir()
    for parent in list(tmp_path.parents)[:3]:
        if os.geteuid() == 0:
            parent.chmod(0o755)  # mosquitto, started by root, reads as another user
    tls = f"certfile {made.certificate}\nkeyfile {made.key}\nallow_anonymous true\n"
    broker = Broker(tmp_path / "tls", tls)
    broker.start()
    address = BrokerAddress("127.0.0.1", broker.port, tls=True)
    stranger = make_authority(tmp_path / "stranger")
    try:
        wary = make_station(str(address), "wary", uplink={"ca_file": str(stranger)})
        with wary.replaying(card) as (station, notes):
            judged(station)
            told(notes)
            time.sleep(1)  # several tries
            (line,) = notes.links
            assert "no trusted TLS with the broker (unable to get local issuer" in line
            assert ItemKind.SIGHTING not in notes.sends
        folder = make_station(str(address), uplink={"ca_file": str(made.authority)})
        credentials = Credentials(ca_file=made.authority)
        with camp.serving(address, credentials), folder.replaying(card) as (station, notes):
            delivered(station, notes)
    finally:
        broker.kill()
    all_arrived_once(folder, camp, notes)


def test_a_basecamp_that_is_down_for_a_while(
    broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    folder = make_station(str(broker.address), uplink={"ack_timeout_s": 0.3})
    with folder.replaying(card) as (station, notes):
        judged(station)
        eventually(lambda: len(notes.sends) > 8, "it is sent again")
        assert notes.acknowledgements == []
        with camp.serving(broker):
            delivered(station, notes)
    assert real_troubles(notes) == []
    all_arrived_once(folder, camp, notes)


def test_forged_acknowledgements_release_nothing_and_are_told_once(
    broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    folder = make_station(str(broker.address))
    forger = BasecampKey.generate()
    with folder.replaying(card) as (station, notes):
        judged(station)
        eventually(lambda: ItemKind.SIGHTING in notes.sends, "the sightings are sent")
        items = station.spool.outbox.next_items(100)
        body = encode_acknowledgement([item.item_id for item in items])
        forged = sign_acknowledgement(body, folder.id, forger)
        for_another = sign_acknowledgement(body, "ridge-9", camp.key)
        for data in [forged, for_another, b"", b"\x01", forged[:-1]] * 5:
            acknowledge(broker, folder, data)
        eventually(lambda: len(lines(notes, "ignored")) >= 2, "the forgeries are noticed")
        time.sleep(0.5)
        assert station.spool.outbox.next_items(100) == items
        assert len(lines(notes, "ignored")) <= 20
        with camp.serving(broker):
            delivered(station, notes)
    all_arrived_once(folder, camp, notes)


def test_acknowledgements_that_come_twice_or_for_unknown_items(
    broker: Broker, make_station: MakeStation, camp: Camp, card: Path
) -> None:
    folder = make_station(str(broker.address))
    with folder.replaying(card) as (station, notes):
        judged(station)
        items = station.spool.outbox.next_items(100)
        with camp.serving(broker):
            delivered(station, notes)
        body = encode_acknowledgement([b"x" * 16, *(item.item_id for item in items)] * 2)
        for _ in range(3):
            acknowledge(broker, folder, sign_acknowledgement(body, folder.id, camp.key))
        time.sleep(0.5)
        assert real_troubles(notes) == []
        released = Counter(notes.acknowledgements)
        assert released[ItemKind.SIGHTING, items[0].burst_id] == 1
    all_arrived_once(folder, camp, notes)


def real_troubles(notes: Notes) -> list[str]:
    """All but the word that basecamp is silent, which on a slow machine may come at any time."""
    return [line for line in notes.troubles if not line.startswith("connected, but basecamp")]


def acknowledge(broker: Broker, folder: StationFolder, data: bytes) -> None:
    publish.single(
        acknowledgement_topic(folder.id), data, qos=1, hostname="127.0.0.1",
        port=broker.port, protocol=MQTTProtocolVersion.MQTTv5,
    )  # fmt: skip
