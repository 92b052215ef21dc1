"""A session over a real broker and the real upload server, to a real basecamp store."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

import pytest

from edge.records import ItemKind
from edge.spool.spool import Spool
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget, DataLimits, on_the_network
from edge.uplink.cellular.errors import BearerError, BearerFault, DataSpent
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.outgoing import Load, Outgoing
from edge.uplink.cellular.session import CellularSession
from edge.wire.sealing import Identity
from tests.basecamp.field import Broker
from tests.basecamp.uploading import UploadCamp
from tests.kit.camp import Camp
from tests.kit.cutting import CuttingProxy
from tests.kit.station import Notes
from tests.uplink.cellular.field import (
    READ_CLOCK,
    Switch,
    queue_alert,
    queue_burst,
    queue_heartbeat,
)
from tools.basecamp.tus_service import UploadService

MakeSession = Callable[..., CellularSession]
SMALL_ONLY_OVER_MQTT = SessionTerms(publish_bytes=700, acknowledge_s=20.0, pause_s=0.1)


@pytest.fixture
def server(camp: Camp, broker: Broker, upload_camp: UploadCamp) -> Iterator[UploadService]:
    """Where crops and evidence go; basecamp hears the rest."""
    with camp.serving(broker), upload_camp.serving() as server:
        yield server


@pytest.fixture
def queued(spool: Spool, identity: Identity) -> Spool:
    """One burst waits to be sent."""
    queue_burst(spool, identity, 1)
    return spool


def test_everything_arrives_is_acknowledged_and_the_modem_is_off_again(
    queued: Spool,
    identity: Identity,
    camp: Camp,
    upload_camp: UploadCamp,
    server: UploadService,
    make_session: MakeSession,
    switch: Switch,
    notes: Notes,
) -> None:
    queue_burst(queued, identity, 2)
    report = make_session(server.url).run()
    assert queued.outbox.is_empty()
    assert (report.sent, report.acknowledged, report.ended) == (6, 6, "nothing is left")
    assert notes.sends[:2] == [ItemKind.SIGHTING, ItemKind.SIGHTING]
    assert switch.switched == ["up", "down"]
    assert len(camp.sightings("ridge-2")) == 2
    assert upload_camp.store.views.count("evidence") == 2
    assert notes.troubles == []


def test_evidence_that_was_cut_goes_on_in_the_next_session(
    queued: Spool, upload_camp: UploadCamp, server: UploadService, make_session: MakeSession
) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with CuttingProxy(port, 18_000) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/uploads"
        first = make_session(url).run()
        assert "again and again" in first.ended or first.acknowledged == 3
        proxy.cut_after_bytes = None
        make_session(url).run()
        assert proxy.up_bytes < 2 * 60_000
    assert queued.outbox.is_empty()
    assert upload_camp.store.views.count("evidence") == 1


@pytest.mark.usefixtures("queued")
def test_the_budget_ends_a_session_and_is_never_exceeded(
    camp: Camp,
    upload_camp: UploadCamp,
    server: UploadService,
    make_session: MakeSession,
    data_file: Path,
    switch: Switch,
) -> None:
    limits = DataLimits(day_bytes=80_000)
    report = make_session(server.url, limits).run()
    assert report.spent
    assert "data budget" in report.ended
    # The sighting went first; the evidence, larger than what is left, is under way.
    assert len(camp.sightings("ridge-2")) == 1
    assert upload_camp.parts() != []
    budget = DataBudget(data_file, limits, READ_CLOCK)
    assert budget.state().day_bytes <= limits.day_bytes
    switch.switched.clear()
    with pytest.raises(DataSpent):
        make_session(server.url, DataLimits(day_bytes=CONNECT_BYTES)).run()
    assert switch.switched == []


@pytest.mark.usefixtures("queued")
def test_what_the_interface_counted_is_what_is_paid(
    server: UploadService, make_session: MakeSession, data_file: Path, switch: Switch
) -> None:
    switch.counts = 123_456
    report = make_session(server.url).run()
    assert report.used_bytes == 123_456
    budget = DataBudget(data_file, DataLimits(), READ_CLOCK)
    assert budget.state().day_bytes == 123_456


def test_without_a_connection_nothing_is_tried_and_everything_is_kept(
    queued: Spool, make_session: MakeSession, switch: Switch, data_file: Path
) -> None:
    switch.fault = BearerError(BearerFault.NO_NETWORK, "no network")
    with pytest.raises(BearerError):
        make_session("http://127.0.0.1:9/uploads").run()
    assert switch.switched == ["down"]
    assert queued.outbox.state().items == 3
    assert not data_file.exists()


@pytest.mark.usefixtures("queued")
def test_a_broker_that_is_not_there_ends_a_session_soon(
    broker: Broker, make_session: MakeSession, switch: Switch
) -> None:
    broker.kill()
    terms = SessionTerms(connect_s=0.5)
    report = make_session("http://127.0.0.1:9/uploads", None, terms).run()
    assert "no broker" in report.ended
    assert switch.switched == ["up", "down"]


def test_an_upload_server_that_refuses_holds_up_nothing_else(
    queued: Spool, camp: Camp, server: UploadService, make_session: MakeSession
) -> None:
    elsewhere = server.url.replace("/uploads", "/")
    report = make_session(elsewhere, None, SessionTerms(publish_bytes=700)).run()
    assert len(camp.sightings("ridge-2")) == 1
    assert report.acknowledged >= 1
    assert queued.outbox.state().items >= 1


def test_what_is_small_does_not_wait_for_an_upload_server_that_is_down(
    camp: Camp, broker: Broker, spool: Spool, identity: Identity, make_session: MakeSession
) -> None:
    for number in (1, 2, 3, 4):
        queue_burst(spool, identity, number)
    queue_heartbeat(spool, identity)
    with camp.serving(broker):
        report = make_session("http://127.0.0.1:9/uploads", terms=SMALL_ONLY_OVER_MQTT).run()
    assert "uploads failed" in report.ended
    assert report.failures == 3
    assert not report.came_to_nothing
    waiting = spool.outbox.next_items(20)
    assert [item.kind for item in waiting] == [ItemKind.EVIDENCE] * 4


def test_uploads_that_fail_alone_make_the_modem_rest(
    camp: Camp, broker: Broker, spool: Spool, identity: Identity, make_session: MakeSession
) -> None:
    queue_burst(spool, identity, 1)
    with camp.serving(broker):
        make_session("http://127.0.0.1:9/uploads", terms=SMALL_ONLY_OVER_MQTT).run()
        report = make_session("http://127.0.0.1:9/uploads", terms=SMALL_ONLY_OVER_MQTT).run()
    assert (report.connected, report.sent) == (True, 0)
    assert report.came_to_nothing


def test_an_upload_that_is_refused_is_tried_ever_more_seldom(
    queued: Spool, server: UploadService, make_session: MakeSession
) -> None:
    session = make_session(server.url.replace("/uploads", "/"), terms=SMALL_ONLY_OVER_MQTT)
    assert session.run().failures == 1
    assert queued.outbox.state().items == 1
    again = session.run()
    assert (again.failures, again.ended) == (0, "nothing is left")


def test_what_comes_unasked_is_paid_for_and_ends_the_session_with_the_budget(
    queued: Spool, make_session: MakeSession, switch: Switch, data_file: Path, broker: Broker
) -> None:
    limits = DataLimits(day_bytes=100_000)

    def flooded() -> int:
        switch.counts = (switch.counts or 0) + 3000
        return switch.counts

    switch.used_bytes = flooded  # type: ignore[method-assign]
    report = make_session(None, limits).run()  # nobody answers
    assert report.spent
    budget = DataBudget(data_file, limits, READ_CLOCK)
    assert budget.state().day_bytes < limits.day_bytes + 30_000
    assert queued.outbox.state().items == 3


def test_a_station_that_stops_waits_for_no_upload(
    queued: Spool,
    camp: Camp,
    broker: Broker,
    make_session: MakeSession,
    stopping: Event,
    switch: Switch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, camp.serving(broker):
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/uploads"
        session = make_session(url)
        running = Thread(target=session.run)
        running.start()
        asked, _ = silent.accept()
        with asked:
            asked.recv(1)  # an upload begins, and has no answer
            stopping.set()
            session.stop()
            running.join(10)
            assert not running.is_alive()
    assert switch.switched == ["up", "down"]
    assert queued.outbox.state().items >= 2


def test_an_alert_goes_between_two_parts_of_a_large_upload(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    notes: Notes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    queue_burst(spool, identity, 1)
    part_went = Outgoing.part_went

    def somebody_walks_by(outgoing: Outgoing, load: Load) -> None:
        part_went(outgoing, load)
        if outgoing.parts == 1:
            queue_alert(spool, identity, 2)

    monkeypatch.setattr(Outgoing, "part_went", somebody_walks_by)
    with camp.serving(broker), upload_camp.serving() as server:
        report = make_session(server.url, part_bytes=16_384).run()
    assert notes.sends[-2:] == [ItemKind.SIGHTING, ItemKind.EVIDENCE]
    assert report.parts >= 3
    assert spool.outbox.is_empty()
    assert upload_camp.store.views.count("evidence") == 1


def test_without_an_upload_server_everything_goes_over_the_broker(
    camp: Camp,
    broker: Broker,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
) -> None:
    queue_burst(spool, identity, 1)
    with camp.serving(broker):
        report = make_session(None).run()
    assert (report.sent, report.acknowledged) == (3, 3)
    assert spool.outbox.is_empty()


def test_every_connection_is_paid_for(
    camp: Camp,
    broker: Broker,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
) -> None:
    queue_alert(spool, identity, 1)
    broker.kill()
    report = make_session(None).run()
    assert not report.connected
    assert report.used_bytes == 3 * on_the_network(CONNECT_BYTES)
    limits = DataLimits(day_bytes=report.used_bytes + on_the_network(CONNECT_BYTES) - 1)
    with pytest.raises(DataSpent):
        make_session(None, limits).run()


def test_a_station_that_stops_ends_its_session(
    broker: Broker,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    stopping: Event,
    switch: Switch,
) -> None:
    queue_alert(spool, identity, 1)
    stopping.set()
    report = make_session(None).run()
    assert report.acknowledged == 0
    assert switch.switched == ["up", "down"]
    assert spool.outbox.state().items == 1
