"""A session over a real broker and the real upload server, to a real basecamp store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.records import ClockQuality, ItemKind
from edge.spool.spool import Spool
from edge.uplink.cellular.budget import CONNECT_BYTES, DataBudget, DataLimits
from edge.uplink.cellular.errors import BearerError, BearerFault, DataSpent
from edge.uplink.cellular.ledger_clock import machine_reading
from edge.uplink.cellular.session import CellularSession, SessionTerms
from edge.wire.sealing import Identity
from tests.basecamp.field import Broker
from tests.basecamp.uploading import UploadCamp
from tests.kit.camp import Camp
from tests.kit.cutting import CuttingProxy
from tests.kit.station import Notes
from tests.uplink.cellular.field import Switch, queue_burst


def test_everything_arrives_is_acknowledged_and_the_modem_is_off_again(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    switch: Switch,
    notes: Notes,
) -> None:
    for number in (1, 2):
        queue_burst(spool, identity, number)
    with camp.serving(broker), upload_camp.serving() as server:
        report = make_session(server.url).run()
    assert spool.outbox.is_empty()
    assert (report.sent, report.acknowledged, report.ended) == (6, 6, "nothing is left")
    assert notes.sends[:2] == [ItemKind.SIGHTING, ItemKind.SIGHTING]
    assert switch.switched == ["up", "down"]
    assert len(camp.sightings("ridge-2")) == 2
    assert upload_camp.store.views.count("evidence") == 2
    assert notes.troubles == []


def test_evidence_that_was_cut_goes_on_in_the_next_session(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
) -> None:
    queue_burst(spool, identity, 1)
    with camp.serving(broker), upload_camp.serving() as server:
        port = urlsplit(server.url).port
        assert port is not None
        with CuttingProxy(port, 18_000) as proxy:
            url = f"http://127.0.0.1:{proxy.port}/uploads"
            first = make_session(url).run()
            assert "again and again" in first.ended or first.acknowledged == 3
            proxy.cut_after_bytes = None
            make_session(url).run()
            assert proxy.up_bytes < 2 * 60_000
    assert spool.outbox.is_empty()
    assert upload_camp.store.views.count("evidence") == 1


def test_the_budget_ends_a_session_and_is_never_exceeded(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    data_file: Path,
    switch: Switch,
) -> None:
    queue_burst(spool, identity, 1)
    limits = DataLimits(day_bytes=80_000)
    with camp.serving(broker), upload_camp.serving() as server:
        report = make_session(server.url, limits).run()
        assert report.spent
        assert "data budget" in report.ended
        # The sighting went first; the evidence, larger than what is left, is under way.
        assert len(camp.sightings("ridge-2")) == 1
        assert upload_camp.parts() != []
        budget = DataBudget(data_file, limits, machine_reading(lambda: ClockQuality.NTP))
        assert budget.state().day_bytes <= limits.day_bytes
        switch.switched.clear()
        with pytest.raises(DataSpent):
            make_session(server.url, DataLimits(day_bytes=CONNECT_BYTES)).run()
    assert switch.switched == []


def test_what_the_interface_counted_is_what_is_paid(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    data_file: Path,
    switch: Switch,
) -> None:
    queue_burst(spool, identity, 1)
    switch.counts = 123_456
    with camp.serving(broker), upload_camp.serving() as server:
        report = make_session(server.url).run()
    assert report.used_bytes == 123_456
    budget = DataBudget(data_file, DataLimits(), machine_reading(lambda: ClockQuality.NTP))
    assert budget.state().day_bytes == 123_456


def test_without_a_connection_nothing_is_tried_and_everything_is_kept(
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    switch: Switch,
    data_file: Path,
) -> None:
    queue_burst(spool, identity, 1)
    switch.fault = BearerError(BearerFault.NO_NETWORK, "no network")
    with pytest.raises(BearerError):
        make_session("http://127.0.0.1:9/uploads").run()
    assert switch.switched == ["down"]
    assert spool.outbox.state().items == 3
    assert not data_file.exists()


def test_a_broker_that_is_not_there_ends_a_session_soon(
    broker: Broker,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    switch: Switch,
) -> None:
    queue_burst(spool, identity, 1)
    broker.kill()
    terms = SessionTerms(connect_s=0.5)
    report = make_session("http://127.0.0.1:9/uploads", None, terms).run()
    assert "no broker" in report.ended
    assert switch.switched == ["up", "down"]


def test_an_upload_server_that_refuses_holds_up_nothing_else(
    camp: Camp,
    broker: Broker,
    upload_camp: UploadCamp,
    spool: Spool,
    identity: Identity,
    make_session: Callable[..., CellularSession],
    notes: Notes,
) -> None:
    queue_burst(spool, identity, 1)
    with camp.serving(broker), upload_camp.serving() as server:
        elsewhere = server.url.replace("/uploads", "/")
        report = make_session(elsewhere, None, SessionTerms(publish_bytes=700)).run()
    assert len(camp.sightings("ridge-2")) == 1
    assert report.acknowledged >= 1
    assert spool.outbox.state().items >= 1
