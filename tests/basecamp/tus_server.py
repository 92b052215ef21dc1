"""What the tests of uploads share: a server, and messages as they wait in an outbox."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.security.envelope import seal_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from edge.uplink.cellular.tus import CHUNK_BYTES, TusClient
from edge.wire.message import encode_message
from tools.basecamp.tus_service import UploadService

from . import samples
from .uploading import UploadCamp, make_client

Headers = dict[str, str]


@pytest.fixture
def camp(data: Path, basecamp_key: BasecampKey) -> Iterator[UploadCamp]:
    camp = UploadCamp(data, basecamp_key)
    yield camp
    camp.close()


@pytest.fixture
def server(camp: UploadCamp) -> Iterator[UploadService]:
    with camp.serving() as server:
        yield server


@pytest.fixture
def crop(station_key: StationKey, basecamp_key: BasecampKey) -> bytes:
    """A crop as it waits in the outbox."""
    message = encode_message(samples.crop_message(1, samples.crop()))
    return seal_message(message, station_key, basecamp_key.token)


@pytest.fixture
def evidence(station_key: StationKey, basecamp_key: BasecampKey) -> bytes:
    """A whole burst of three chunks and a bit."""
    burst = samples.burst(7, samples.picture(1, "image/jpeg") + os.urandom(3 * CHUNK_BYTES))
    message = encode_message(samples.evidence_message(burst, basecamp_key))
    return seal_message(message, station_key, basecamp_key.token)


@pytest.fixture
def connect(
    tmp_path: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> Iterator[Callable[..., TusClient]]:
    """``connect(url, **options)``: a station's client, as after a reboot each time."""
    made: list[TusClient] = []

    def make(url: str, **options: object) -> TusClient:
        places = tmp_path / "places.json"
        key = options.pop("key", station_key)
        client = make_client(url, places, key, basecamp_key.token, **options)  # type: ignore[arg-type]
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()


OCTETS = {"Content-Type": "application/offset+octet-stream"}


@pytest.fixture
def signed(station_key: StationKey, basecamp_key: BasecampKey) -> Callable[[bytes], Headers]:
    """The headers of an authentic request about these bytes."""

    def make(data: bytes) -> Headers:
        claim = UploadClaim("ridge-2", digest_of(data))
        line = authorization(claim, station_key, basecamp_key.token)
        return {"Tus-Resumable": "1.0.0", "Authorization": line}

    return make


def ask(
    server: UploadService, method: str, path: str, headers: Headers, body: bytes = b""
) -> HTTPResponse:
    parts = urlsplit(server.url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    response.read()
    connection.close()
    return response
