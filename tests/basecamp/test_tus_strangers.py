"""Whom no station's line lets in has an answer from the upload server, and nothing else of it."""

from __future__ import annotations

from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from tools.basecamp import tus_body

from .uploading import UploadCamp

VERSION = {"Tus-Resumable": "1.0.0"}


@pytest.fixture
def connection(data: Path, basecamp_key: BasecampKey) -> Iterator[HTTPConnection]:
    """A connection to an upload server."""
    camp = UploadCamp(data, basecamp_key)
    with camp.serving() as server:
        parts = urlsplit(server.url)
        connection = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        yield connection
        connection.close()
    camp.close()


@pytest.mark.parametrize("headers", [{}, VERSION])
@pytest.mark.parametrize(
    ("method", "path"),
    [("OPTIONS", "/uploads"), ("POST", "/uploads"), ("GET", "/uploads"), ("HEAD", "/x/y")],
)
def test_a_strangers_connection_does_not_rest(
    connection: HTTPConnection, method: str, path: str, headers: dict[str, str]
) -> None:
    connection.request(method, path, headers=headers)
    assert connection.getresponse().headers["Connection"] == "close"


def test_a_stations_connection_may_rest(
    connection: HTTPConnection, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    claim = UploadClaim("ridge-2", digest_of(b"a message"))
    line = authorization(claim, station_key, basecamp_key.token)
    headers = {**VERSION, "Authorization": line, "Upload-Length": "9"}
    connection.request("POST", "/uploads", headers=headers)
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Connection"]) == (201, None)


def test_a_stranger_hears_no_although_his_body_never_ends(
    connection: HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tus_body, "_DRAINED_S", 0.2)
    connection.putrequest("POST", "/uploads")
    for name, value in {**VERSION, "Content-Length": "1000"}.items():
        connection.putheader(name, value)
    connection.endheaders(b"a few")
    assert connection.getresponse().status == 401
