"""What the server of uploads answers to single requests, right and wrong."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable

import pytest

from edge.security.keys import StationKey
from edge.uplink.cellular.authorization import digest_of
from edge.uplink.cellular.errors import UploadRefused
from edge.uplink.cellular.tus import TusClient
from tools.basecamp.tus_service import UploadService

from .tus_server import OCTETS, Headers, ask, camp, connect, crop, evidence, server, signed
from .uploading import UploadCamp

__all__ = ["camp", "connect", "crop", "evidence", "server", "signed"]  # fixtures


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
