"""Stations upload to basecamp over tus: whole, resumed, signed, stored once."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from edge.security.envelope import open_acknowledgement
from edge.security.keys import BasecampKey
from edge.uplink.broker import Credentials
from edge.uplink.cellular.authorization import UploadClaim
from edge.uplink.cellular.errors import UploadCut, UploadRefused
from edge.uplink.cellular.tus import CHUNK_BYTES, HEAD_BYTES, TusClient
from edge.wire.message import acknowledgement_topic, decode_acknowledgement
from tests.kit.certificates import make_authority, make_certificates
from tests.kit.cutting import CuttingProxy
from tools.basecamp.certificate import Certificate
from tools.basecamp.tus_files import KEPT_S, SWEEP_EVERY_S, PartialUploads
from tools.basecamp.tus_service import UploadService

from . import samples
from .tus_server import OCTETS, Headers, ask, camp, connect, crop, evidence, server, signed
from .uploading import UploadCamp

__all__ = ["camp", "connect", "crop", "evidence", "server", "signed"]  # fixtures


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
