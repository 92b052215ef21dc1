"""A station with a bill to mind: its spool, a bearer in the test's hand, real servers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import pytest

from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.uplink.broker import Credentials
from edge.uplink.cellular.budget import DataBudget, DataLimits
from edge.uplink.cellular.flush import SessionTerms
from edge.uplink.cellular.outgoing import Outgoing
from edge.uplink.cellular.session import CellularSession
from edge.uplink.cellular.tus import TusClient
from edge.uplink.dispatcher import Dispatcher
from edge.uplink.mqtt_link import MqttLink
from edge.wire.sealing import Identity
from tests.basecamp.field import Broker
from tests.basecamp.uploading import UploadCamp, make_client
from tests.kit.camp import Camp
from tests.kit.station import Notes, StationFolder
from tests.uplink.cellular.field import READ_CLOCK, Open, Switch
from tests.uplink.cellular.staged import clock, make_stage, queue

__all__ = ["clock", "make_stage", "queue"]


@pytest.fixture
def switch() -> Switch:
    return Switch()


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def folder(make_station: Callable[..., StationFolder]) -> StationFolder:
    return make_station(station="ridge-2")


@pytest.fixture
def identity(folder: StationFolder, camp: Camp) -> Identity:
    return Identity("ridge-2", folder.key, camp.key.token)


@pytest.fixture
def spool(folder: StationFolder, camp: Camp) -> Iterator[Spool]:
    with Spool(folder.spool_path, camp.key.token.seal, Budget(min_free_bytes=0)) as spool:
        yield spool


@pytest.fixture
def upload_camp(camp: Camp) -> Iterator[UploadCamp]:
    made = UploadCamp(camp.folder, camp.key)
    yield made
    made.close()


@pytest.fixture
def stopping() -> Event:
    """Set when the station stops."""
    return Event()


@pytest.fixture
def data_file(tmp_path: Path) -> Path:
    return tmp_path / "data.json"


@pytest.fixture
def make_session(
    spool: Spool,
    identity: Identity,
    folder: StationFolder,
    broker: Broker,
    switch: Switch,
    notes: Notes,
    data_file: Path,
    stopping: Event,
    tmp_path: Path,
) -> Callable[..., CellularSession]:
    """``make_session(url, limits, terms, part_bytes)``: as after a reboot each time."""

    def make(
        url: str | None,
        limits: DataLimits | None = None,
        terms: SessionTerms | None = None,
        part_bytes: int | None = None,
    ) -> CellularSession:
        def link() -> MqttLink:
            return MqttLink(
                broker.address, Credentials(), "ridge-2", identity.basecamp, notes.link, 0.2
            )

        def uploads(spend: Callable[[int], None]) -> TusClient:
            places = tmp_path / "places.json"
            assert url is not None
            return make_client(
                url, places, folder.key, identity.basecamp, spend=spend, chunk_bytes=8192
            )

        budget = DataBudget(data_file, limits or DataLimits(), READ_CLOCK)
        terms = terms or SessionTerms(publish_bytes=700, acknowledge_s=20.0, pause_s=0.1)
        carrier = Open(part_bytes)
        dispatcher = Dispatcher(spool.queue, spool.keepsake("schedule"))
        carrier.outgoing = Outgoing(spool, identity, dispatcher, notes, terms.acknowledge_s)
        dispatcher.join(carrier)
        return CellularSession(
            carrier.outgoing,
            identity,
            switch,
            link,
            None if url is None else uploads,
            budget,
            terms,
            notes,
            stopping,
        )

    return make
