"""Stations upload to basecamp over tus: whole, resumed, signed, stored once."""

from __future__ import annotations

import base64
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.security.envelope import open_acknowledgement, seal_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.broker import Credentials
from edge.uplink.cellular.authorization import UploadClaim, authorization, digest_of
from edge.uplink.cellular.errors import UploadCut, UploadRefused
from edge.uplink.cellular.tus import CHUNK_BYTES, HEAD_BYTES, TusClient
from edge.wire.message import acknowledgement_topic, decode_acknowledgement, encode_message
from tests.kit.certificates import make_authority, make_certificates
from tests.kit.cutting import CuttingProxy
from tools.basecamp.certificate import Certificate
from tools.basecamp.tus_files import KEPT_S, SWEEP_EVERY_S, PartialUploads
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


def test_a_crop_is_stored_and_acknowledged_in_one_round_trip(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    crop: bytes,
    basecamp_key: BasecampKey,
) -> None:
    asked: list[int] = []
    uploaded = connect(server.url, spend=asked.append).upload(crop)
    assert len(asked) == 1
    assert camp.store.views.count("crop") == 1
    (published,) = camp.published
    assert published.topic == acknowledgement_topic("ridge-2")
    assert published.payload == uploaded.acknowledgement
    body = open_acknowledgement(published.payload, "ridge-2", basecamp_key.token)
    assert decode_acknowledgement(body) == [samples.crop_message(1, samples.crop()).item_id]
    assert camp.parts() == []


def test_what_was_uploaded_before_is_stored_once_and_acknowledged_again(
    camp: UploadCamp, server: UploadService, connect: Callable[..., TusClient], crop: bytes
) -> None:
    first = connect(server.url).upload(crop)
    again = connect(server.url).upload(crop)
    assert first.acknowledgement == again.acknowledgement
    assert camp.store.views.count("crop") == 1
    assert len(camp.published) == 2


def test_a_burst_of_many_chunks_arrives(
    camp: UploadCamp, server: UploadService, connect: Callable[..., TusClient], evidence: bytes
) -> None:
    connect(server.url).upload(evidence)
    assert camp.store.views.count("evidence") == 1


@pytest.mark.parametrize("cut_at", [1, 300, 900, 30_000, CHUNK_BYTES + 700, 150_000, 199_000])
def test_after_a_cut_at_any_place_only_what_is_missing_is_sent(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    evidence: bytes,
    cut_at: int,
) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with CuttingProxy(port, cut_at) as proxy:
        url = f"http://127.0.0.1:{proxy.port}/uploads"
        with pytest.raises(UploadCut):
            connect(url).upload(evidence)
        proxy.cut_after_bytes = None
        kept = sum(path.stat().st_size for path in camp.parts())
        sent: list[int] = []
        connect(url, spend=sent.append).upload(evidence)
    assert camp.store.views.count("evidence") == 1
    # What is estimated for the requests themselves apart.
    body_bytes = sum(sent) - HEAD_BYTES * len(sent)
    assert body_bytes <= len(evidence) - kept


def test_cuts_every_few_kilobytes_only_delay(
    camp: UploadCamp, server: UploadService, connect: Callable[..., TusClient], evidence: bytes
) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    with CuttingProxy(port, 20_000) as proxy:
        for _ in range(40):
            try:
                connect(f"http://127.0.0.1:{proxy.port}/uploads").upload(evidence)
                break
            except UploadCut:
                continue
        else:
            pytest.fail("it never arrived")
    assert camp.store.views.count("evidence") == 1


def test_a_connection_that_died_unnoticed_does_not_lock_the_station_out(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    evidence: bytes,
    signed: Callable[[bytes], Headers],
) -> None:
    """The old request still waits for bytes when the new connection comes."""
    client = connect(server.url)
    begun = ask(
        server, "POST", "/uploads", {**signed(evidence), "Upload-Length": str(len(evidence))}
    )
    old = HTTPConnection("127.0.0.1", urlsplit(server.url).port or 0)
    old.putrequest("PATCH", begun.headers["Location"])
    for name, value in {**signed(evidence), **OCTETS, "Upload-Offset": "0"}.items():
        old.putheader(name, value)
    old.putheader("Content-Length", str(len(evidence)))
    old.endheaders(evidence[:5000])
    try:
        client.upload(evidence)
    finally:
        old.close()
    assert camp.store.views.count("evidence") == 1


def test_a_budget_that_is_spent_stops_the_upload_and_it_goes_on_later(
    camp: UploadCamp, server: UploadService, connect: Callable[..., TusClient], evidence: bytes
) -> None:
    class Spent(Exception):
        pass

    left = [100_000]

    def spend(size_bytes: int) -> None:
        if left[0] < size_bytes:
            raise Spent
        left[0] -= size_bytes

    with pytest.raises(Spent):
        connect(server.url, spend=spend).upload(evidence)
    (part,) = camp.parts()
    assert part.stat().st_size == CHUNK_BYTES
    connect(server.url).upload(evidence)
    assert camp.store.views.count("evidence") == 1


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


def begin(server: UploadService, headers: Headers, length: int) -> str:
    answer = ask(server, "POST", "/uploads", {**headers, "Upload-Length": str(length)})
    assert answer.status == 201
    return answer.headers["Location"]


def test_a_server_says_what_it_can_do(server: UploadService) -> None:
    answer = ask(server, "OPTIONS", "/uploads", {})
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert {"creation", "checksum"} <= set(answer.headers["Tus-Extension"].split(","))
    assert "sha1" in answer.headers["Tus-Checksum-Algorithm"].split(",")


def test_only_an_enrolled_stations_signature_opens_an_upload(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    crop: bytes,
    signed: Callable[[bytes], Headers],
) -> None:
    with pytest.raises(UploadRefused, match="enrolled"):
        connect(server.url, key=StationKey.generate()).upload(crop)
    with pytest.raises(UploadRefused, match="ridge-9 is not enrolled"):
        connect(server.url, name="ridge-9").upload(crop)
    length = {"Upload-Length": "100", "Tus-Resumable": "1.0.0"}
    for line in ("", "Irbis", "Irbis ridge-2:00:x", "Bearer x"):
        answer = ask(server, "POST", "/uploads", {**length, "Authorization": line})
        assert answer.status == 401
    assert not camp.folder.exists()


def test_a_signed_line_opens_that_upload_and_no_other(
    server: UploadService, crop: bytes, signed: Callable[[bytes], Headers]
) -> None:
    place = begin(server, signed(crop), len(crop))
    other = signed(b"other")
    assert ask(server, "HEAD", place, other).status == 403
    assert (
        ask(server, "PATCH", place, {**other, **OCTETS, "Upload-Offset": "0"}, crop).status == 403
    )
    assert ask(server, "HEAD", place, signed(crop)).headers["Upload-Offset"] == "0"


def test_what_a_protocol_error_is_answered_with(
    server: UploadService, crop: bytes, signed: Callable[[bytes], Headers]
) -> None:
    headers = signed(crop)
    place = begin(server, headers, len(crop))
    patch = {**headers, **OCTETS, "Upload-Offset": "0"}
    old = {**headers, "Tus-Resumable": "0.2.2"}
    asked = {
        "another version": (412, "HEAD", place, old, b""),
        "no length": (400, "POST", "/uploads", headers, b""),
        "too long": (413, "POST", "/uploads", {**headers, "Upload-Length": "9" * 12}, b""),
        "another length": (409, "POST", "/uploads", {**headers, "Upload-Length": "9"}, b""),
        "another offset": (409, "PATCH", place, {**patch, "Upload-Offset": "7"}, crop),
        "another content": (415, "PATCH", place, {**patch, "Content-Type": "text/plain"}, crop),
        "no offset": (400, "PATCH", place, {**headers, **OCTETS}, crop),
        "more than announced": (413, "PATCH", place, patch, crop + b"x"),
        "an unknown checksum": (400, "PATCH", place, {**patch, "Upload-Checksum": "md5 x"}, crop),
        "an unknown upload": (404, "HEAD", f"/uploads/ridge-2/{'0' * 64}", signed(b"no"), b""),
    }
    answers = {
        name: ask(server, method, path, given, body).status
        for name, (_, method, path, given, body) in asked.items()
        if name != "an unknown upload"
    }
    assert answers == {name: want[0] for name, want in asked.items() if name in answers}
    unknown = f"/uploads/ridge-2/{digest_of(b'no')}"
    assert ask(server, "HEAD", unknown, signed(b"no")).status == 404
    assert ask(server, "HEAD", place, headers).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
def test_bytes_that_do_not_have_their_checksum_leave_nothing_behind(
    server: UploadService, crop: bytes, signed: Callable[[bytes], Headers], algorithm: str
) -> None:
    headers = signed(crop)
    place = begin(server, headers, len(crop))
    half = crop[:100]
    digest = base64.b64encode(hashlib.new(algorithm, half).digest()).decode()
    patch = {**headers, **OCTETS, "Upload-Offset": "0", "Upload-Checksum": f"{algorithm} {digest}"}
    assert ask(server, "PATCH", place, patch, b"x" + half[1:]).status == 460
    assert ask(server, "HEAD", place, headers).headers["Upload-Offset"] == "0"
    assert ask(server, "PATCH", place, patch, half).headers["Upload-Offset"] == "100"


def test_a_whole_that_is_not_what_was_signed_begins_anew(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    crop: bytes,
    signed: Callable[[bytes], Headers],
) -> None:
    headers = signed(crop)
    place = begin(server, headers, len(crop))
    patch = {**headers, **OCTETS, "Upload-Offset": "0"}
    assert ask(server, "PATCH", place, patch, bytes(len(crop))).status == 460
    assert camp.parts() == []
    connect(server.url).upload(crop)
    assert camp.store.views.count("crop") == 1


def test_a_message_that_is_not_genuine_is_refused_and_gone(
    camp: UploadCamp, server: UploadService, connect: Callable[..., TusClient]
) -> None:
    with pytest.raises(UploadRefused, match="not a genuine message"):
        connect(server.url).upload(b"noise")
    assert camp.parts() == []
    assert camp.published == []
    assert len(camp.refusals.newest(5)) == 1


def test_what_cannot_be_stored_is_kept_and_stored_later(
    camp: UploadCamp,
    server: UploadService,
    connect: Callable[..., TusClient],
    crop: bytes,
    data: Path,
) -> None:
    obstacle = data / "media"
    obstacle.write_text("a file where a folder must be")
    with pytest.raises(UploadCut, match="507"):
        connect(server.url).upload(crop)
    assert camp.published == []
    obstacle.unlink()
    connect(server.url).upload(crop)
    assert camp.store.views.count("crop") == 1


def test_tls_with_a_pinned_authority(
    camp: UploadCamp, connect: Callable[..., TusClient], crop: bytes, tmp_path: Path
) -> None:
    made = make_certificates(tmp_path / "certificates")
    stranger = make_authority(tmp_path / "stranger")
    with camp.serving(Certificate(made.certificate, made.key)) as server:
        assert server.url.startswith("https:")
        with pytest.raises(UploadRefused, match="no trusted TLS"):
            connect(server.url, tls=Credentials(ca_file=stranger).tls_context).upload(crop)
        client = connect(server.url, tls=Credentials(ca_file=made.authority).tls_context)
        client.upload(crop)
        client.close()
    assert camp.store.views.count("crop") == 1


def test_a_server_without_tls_where_https_was_named_is_told_as_such(
    camp: UploadCamp, connect: Callable[..., TusClient], crop: bytes
) -> None:
    with camp.serving(None) as server:
        url = server.url.replace("http://", "https://")
        with pytest.raises(UploadRefused, match="no TLS is spoken there; is it http://"):
            connect(url, tls=Credentials().tls_context).upload(crop)


def test_uploads_that_nobody_goes_on_with_are_removed_after_two_months(
    camp: UploadCamp,
) -> None:
    now_s = [time.time()]
    uploads = PartialUploads(camp.folder, lambda: now_s[0])
    upload = uploads.begin(UploadClaim("ridge-2", "0" * 64), 10)
    now_s[0] = upload.part.stat().st_mtime + KEPT_S - 1
    assert uploads.sweep() == 0
    now_s[0] += SWEEP_EVERY_S + 1
    uploads.begin(UploadClaim("ridge-2", "1" * 64), 10)  # a new one makes it look
    assert uploads.find(upload.claim) is None


def test_a_crop_costs_no_more_on_the_network_than_is_estimated(
    server: UploadService, connect: Callable[..., TusClient], crop: bytes
) -> None:
    port = urlsplit(server.url).port
    assert port is not None
    asked: list[int] = []
    with CuttingProxy(port) as proxy:
        connect(f"http://127.0.0.1:{proxy.port}/uploads", spend=asked.append).upload(crop)
    assert proxy.up_bytes + proxy.down_bytes <= sum(asked)
    assert proxy.connections == 1
