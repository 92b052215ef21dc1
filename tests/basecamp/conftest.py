"""A broker, a data folder, a running basecamp and a station, each real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from tools.basecamp.listening import ListenAddress
from tools.basecamp.service import KEY_NAME, Basecamp
from tools.basecamp.store import Store

from .field import Broker, FieldStation, eventually


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    folder = tmp_path / "broker"
    folder.mkdir()
    broker = Broker(folder)
    broker.start()
    yield broker
    broker.kill()


@pytest.fixture(scope="session")
def basecamp_key() -> BasecampKey:
    return BasecampKey.generate()


@pytest.fixture(scope="session")
def station_key() -> StationKey:
    return StationKey.generate()


@pytest.fixture
def data(tmp_path: Path, basecamp_key: BasecampKey, station_key: StationKey) -> Path:
    """A data folder with a key and one enrolled station, ridge-2."""
    folder = tmp_path / "basecamp"
    basecamp_key.save(folder / KEY_NAME)
    with Store(folder) as store:
        store.enrol("ridge-2", station_key.token)
    return folder


@pytest.fixture
def basecamp(data: Path, broker: Broker) -> Iterator[Basecamp]:
    with Basecamp(data, broker.address, listen=ListenAddress(port=0)) as running:
        eventually(lambda: running.link_status.state == "listening", "basecamp listens")
        yield running


@pytest.fixture
def station(
    broker: Broker, basecamp_key: BasecampKey, station_key: StationKey
) -> Iterator[FieldStation]:
    station = FieldStation("ridge-2", station_key, basecamp_key.token, broker)
    yield station
    station.close()
