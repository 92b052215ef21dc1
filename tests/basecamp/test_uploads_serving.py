"""Uploads beside the broker: one basecamp, one store, one acknowledgement for an item."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest

from edge.security.envelope import seal_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.broker import BrokerAddress
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from edge.uplink.cellular.tus import HEAD_BYTES, TusClient
from edge.uplink.status import LinkState
from edge.wire.message import Message, encode_message, uplink_topic
from tools.basecamp.errors import AddressError, WebError
from tools.basecamp.listening import ListenAddress
from tools.basecamp.receiver import Receiver
from tools.basecamp.refusals import Refusals
from tools.basecamp.service import Basecamp
from tools.basecamp.store import Store
from tools.basecamp.tus_service import UploadTerms

from . import samples
from .field import Broker, FieldStation, eventually
from .test_certificate import make as make_certificate
from .uploading import make_client

NOWHERE = BrokerAddress("127.0.0.1", 1)
LOOPBACK = UploadTerms(ListenAddress(port=0))


@contextmanager
def serving(data: Path, broker: Broker | None, uploads: UploadTerms | None) -> Iterator[Basecamp]:
    address = NOWHERE if broker is None else broker.address
    with Basecamp(data, address, listen=ListenAddress(port=0), uploads=uploads) as running:
        if broker is not None:
            eventually(lambda: running.link_status.state is LinkState.LISTENING, "it listens")
        yield running


@pytest.fixture
def camp(data: Path, broker: Broker) -> Iterator[Basecamp]:
    """A running basecamp that takes uploads."""
    with serving(data, broker, LOOPBACK) as running:
        yield running


@pytest.fixture
def client(
    camp: Basecamp, tmp_path: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> Iterator[TusClient]:
    assert camp.uploads_url is not None
    places = tmp_path / "places.json"
    client = make_client(camp.uploads_url, places, station_key, basecamp_key.token)
    yield client
    client.close()


def a_crop() -> Message:
    return samples.crop_message(1, samples.crop())


def test_what_was_uploaded_is_acknowledged_over_the_broker_as_well(
    camp: Basecamp, client: TusClient, station: FieldStation
) -> None:
    sealed = station.seal(a_crop())
    for _ in range(2):
        uploaded = client.upload(sealed)
        assert uploaded.acknowledgement is not None
        assert station.next_acknowledged() == a_crop().item_id
    assert camp.store.views.count("crop") == 1


def test_an_item_that_comes_both_ways_is_stored_once(
    camp: Basecamp, client: TusClient, station: FieldStation
) -> None:
    message = a_crop()
    station.send(message)
    client.upload(station.seal(message))
    for _ in range(2):
        assert station.next_acknowledged() == message.item_id
    assert camp.store.views.count("crop") == 1


def test_threads_that_receive_one_item_at_once_store_it_once_and_all_acknowledge_it(
    data: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    message = samples.evidence_message(
        samples.burst(7, samples.picture(1, "image/jpeg"), bytes(200_000)), basecamp_key
    )
    sealed = seal_message(encode_message(message), station_key, basecamp_key.token)
    with Store(data) as store, ThreadPoolExecutor(8) as pool:
        receiver = Receiver(basecamp_key, store, Refusals())
        topic = uplink_topic("ridge-2")
        answers = [pool.submit(receiver.receive, topic, sealed) for _ in range(24)]
        (answer,) = {answer.result() for answer in answers}
        assert answer is not None
        assert store.views.count("evidence") == 1


def test_the_page_and_its_json_say_where_uploads_are_taken(data: Path) -> None:
    with serving(data, None, LOOPBACK) as camp:
        told = _health(camp.url)
        assert told["uploads"] == camp.uploads_url
        with urlopen(f"{camp.url}/live") as page:
            assert f"Uploads are taken at {camp.uploads_url}" in page.read().decode()


def test_a_basecamp_without_uploads_does_not_speak_of_them(data: Path) -> None:
    with serving(data, None, None) as camp:
        assert camp.uploads_url is None
        assert "uploads" not in _health(camp.url)
        with urlopen(f"{camp.url}/live") as page:
            assert "Uploads" not in page.read().decode()


def _health(url: str) -> dict[str, object]:
    try:
        with urlopen(f"{url}/healthz") as answer:
            told: dict[str, object] = json.load(answer)
    except HTTPError as error:  # its broker is away
        with error:
            told = json.load(error)
    return told


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "camp.example"])
def test_uploads_without_tls_are_for_this_machine_alone_unless_told_so(host: str) -> None:
    listen = ListenAddress(host, 8443)
    with pytest.raises(AddressError, match="--uploads-certificate FILE"):
        UploadTerms(listen)
    assert UploadTerms(listen, plain=True).listen == listen
    assert UploadTerms(ListenAddress("localhost", 8443)).certificate is None


@pytest.mark.parametrize(
    ("names", "named"),
    [
        (["camp.example", "127.0.0.1"], "127.0.0.1"),
        (["camp.example", "192.0.2.7"], "camp.example"),
        (["*.example", "2001:db8::7"], "[2001:db8::7]"),
    ],
)
def test_the_printed_url_has_a_name_that_the_certificate_holds_for(
    data: Path, tmp_path: Path, names: list[str], named: str
) -> None:
    certificate = make_certificate(tmp_path, names)
    terms = UploadTerms(ListenAddress(port=0), certificate)
    with serving(data, None, terms) as camp:
        assert camp.uploads_url is not None
        scheme, _, rest = camp.uploads_url.partition("://")
        host, _, port_and_path = rest.rpartition(":")
        assert (scheme, host) == ("https", named)
        assert port_and_path.endswith("/uploads")


def test_a_port_that_is_taken_is_told_and_nothing_stays_behind(data: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        terms = UploadTerms(ListenAddress(port=port))
        with pytest.raises(WebError, match="choose another --uploads"):
            Basecamp(data, NOWHERE, listen=ListenAddress(port=0), uploads=terms).start()
    with serving(data, None, terms) as camp:
        assert camp.uploads_url == f"http://127.0.0.1:{port}/uploads"


def test_a_stopped_basecamp_starts_again_with_its_uploads(
    data: Path, broker: Broker, station: FieldStation, make_anew: Callable[..., TusClient]
) -> None:
    camp = Basecamp(data, broker.address, listen=ListenAddress(port=0), uploads=LOOPBACK)
    for _ in range(2):
        with camp:
            assert camp.uploads_url is not None
            make_anew(camp.uploads_url).upload(station.seal(a_crop()))
            assert camp.store.views.count("crop") == 1


def test_an_upload_under_way_lets_go_when_basecamp_stops_and_is_kept_as_far_as_it_came(
    data: Path,
    station_key: StationKey,
    basecamp_key: BasecampKey,
    make_anew: Callable[..., TusClient],
    caplog: pytest.LogCaptureFixture,
) -> None:
    burst = samples.burst(7, samples.picture(1, "image/jpeg") + os.urandom(100_000))
    message = encode_message(samples.evidence_message(burst, basecamp_key))
    sealed = seal_message(message, station_key, basecamp_key.token)
    claim = UploadClaim("ridge-2", digest_of(sealed))
    headers = {
        "Tus-Resumable": "1.0.0",
        "Authorization": authorization(claim, station_key, basecamp_key.token),
        "Upload-Length": str(len(sealed)),
        "Content-Type": "application/offset+octet-stream",
        "Content-Length": str(len(sealed)),
    }
    with serving(data, None, LOOPBACK) as camp:
        connection = HTTPConnection(urlsplit(camp.uploads_url or "").netloc)
        connection.putrequest("POST", "/uploads")
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(sealed[:60_000])  # and then nothing more
        parts = data / "uploads" / "ridge-2"
        eventually(
            lambda: any(one.stat().st_size > 50_000 for one in parts.glob("*")), "most has come"
        )
    assert connection.getresponse().status == 423
    connection.close()
    assert "Cancel" not in caplog.text
    (part,) = parts.glob("*.part")
    arrived_bytes = part.stat().st_size
    sent: list[int] = []
    with serving(data, None, LOOPBACK) as camp:
        client = make_anew(camp.uploads_url or "", spend=sent.append)
        client.upload(sealed)
        assert camp.store.views.count("evidence") == 1
    assert sum(sent) - HEAD_BYTES * len(sent) <= len(sealed) - arrived_bytes


@pytest.fixture
def make_anew(
    tmp_path: Path, station_key: StationKey, basecamp_key: BasecampKey
) -> Iterator[Callable[..., TusClient]]:
    made: list[TusClient] = []

    def make(url: str, **options: Any) -> TusClient:
        places = tmp_path / "places.json"
        made.append(make_client(url, places, station_key, basecamp_key.token, **options))
        return made[-1]

    yield make
    for client in made:
        client.close()
