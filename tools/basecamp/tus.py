"""Where stations upload: a server of tus 1.0.0 with creation, creation-with-upload and checksum.

Only an enrolled station's signed line (edge.uplink.cellular.authorization) opens anything here.
What arrives is one sealed message, the same as over the broker, and goes the same way once it is
whole: opened, verified, stored once, acknowledged each time it is asked for.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass

from nacl.signing import VerifyKey
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from edge.security.errors import SignatureError
from edge.security.keys import BasecampToken
from edge.uplink.cellular.authorization import UploadClaim, read_authorization
from edge.uplink.cellular.tus import ACKNOWLEDGEMENT, VERSION
from edge.wire.message import acknowledgement_topic, uplink_topic
from tools.basecamp.broker_link import Publication
from tools.basecamp.errors import StoreError
from tools.basecamp.tus_body import Fate, append_body, drain
from tools.basecamp.tus_claims import Hold, Holds
from tools.basecamp.tus_files import PartialUpload, PartialUploads

log = logging.getLogger(__name__)

PATH = "/uploads"
MOST_BYTES = 512 * 2**20
"""The largest upload: bursts of a dozen frames have up to 200 MB."""
_EXTENSIONS = "creation,creation-with-upload,checksum"
_ALGORITHMS = ("sha1", "sha256")
_OCTETS = "application/offset+octet-stream"
_COUNT = re.compile("[0-9]{1,15}")
_LEAVE = {"Connection": "close"}
"""For whom no station's line has opened anything: a stranger's connection does not rest here."""
_CHECKSUM = re.compile("(sha1|sha256) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class Camp:
    """What the uploads need of basecamp. All may be called from other threads.

    ``receive`` takes (topic, message) as Receiver.receive does; ``publish`` sends its answer over
    the broker, when it can.
    """

    token: BasecampToken
    verify_key: Callable[[str], VerifyKey]
    receive: Callable[[str, bytes], Publication | None]
    publish: Callable[[Publication], None]


class _Refusal(Exception):
    """An answer that is no success."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def make_tus_app(camp: Camp, uploads: PartialUploads, holds: Holds) -> Starlette:
    """The ASGI application; everything is under PATH. For one event loop, that of ``holds``."""
    server = _TusServer(camp, uploads, holds)
    return Starlette(
        routes=[
            Route(PATH, server.options, methods=["OPTIONS"]),
            Route(PATH, server.create, methods=["POST"]),
            Route(PATH + "/{station}/{digest}", server.head, methods=["HEAD"]),
            Route(PATH + "/{station}/{digest}", server.patch, methods=["PATCH"]),
        ],
        exception_handlers={
            _Refusal: _refused,
            StoreError: _unkept,
            HTTPException: _elsewhere,
        },
    )


class _TusServer:
    def __init__(self, camp: Camp, uploads: PartialUploads, holds: Holds) -> None:
        self._camp = camp
        self._uploads = uploads
        self._holds = holds
        self._whole = asyncio.Lock()
        """Held while a whole upload is in memory; two bursts would be a gigabyte and more."""

    async def options(self, _request: Request) -> Response:
        return _answer(
            204,
            {
                "Tus-Version": VERSION,
                "Tus-Extension": _EXTENSIONS,
                "Tus-Max-Size": str(MOST_BYTES),
                "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
                **_LEAVE,
            },
        )

    async def create(self, request: Request) -> Response:
        """A new upload at the claim's own URL; where it was begun before, how far it is."""
        claim = await self._admitted(request)
        length = _count(request, "Upload-Length")
        if length == 0:
            raise _Refusal(400, "an upload without a byte")
        if length > MOST_BYTES:
            raise _Refusal(413, f"more than {MOST_BYTES} bytes")
        async with self._holds.hold(claim.digest + claim.station) as hold:
            found = self._uploads.find(claim)
            if found is not None and found.length != length:
                raise _Refusal(409, f"this upload was begun with {found.length} bytes")
            upload = found or self._uploads.begin(claim, length)
            location = {"Location": f"{PATH}/{claim.station}/{claim.digest}"}
            # What is there already was confirmed, or arrived in a request that was cut.
            if request.headers.get("content-type") == _OCTETS and upload.offset == 0:
                await self._append(request, upload, hold)
            else:
                await drain(request)
            return await self._standing(upload, 201, location)

    async def head(self, request: Request) -> Response:
        claim = await self._admitted(request, drained=False)
        async with self._holds.hold(claim.digest + claim.station):
            upload = self._known(claim)
            length = {"Upload-Length": str(upload.length)}
            return await self._standing(upload, 200, length)

    async def patch(self, request: Request) -> Response:
        claim = await self._admitted(request)
        if request.headers.get("content-type") != _OCTETS:
            raise _Refusal(415, f"the content must be {_OCTETS}")
        offset = _count(request, "Upload-Offset")
        async with self._holds.hold(claim.digest + claim.station) as hold:
            upload = self._known(claim)
            if offset != upload.offset:
                await drain(request)
                raise _Refusal(409, f"the next byte is {upload.offset}")
            if offset < upload.length:
                await self._append(request, upload, hold)
            return await self._standing(upload, 204, {})

    async def _admitted(self, request: Request, drained: bool = True) -> UploadClaim:
        """Whose upload this is. Raises _Refusal."""
        try:
            if request.headers.get("tus-resumable") != VERSION:
                raise _Refusal(412, f"tus {VERSION} is spoken here")
            try:
                claim = read_authorization(
                    request.headers.get("authorization", ""),
                    self._camp.token,
                    self._camp.verify_key,
                )
            except SignatureError as error:
                raise _Refusal(401, str(error)) from None
            named = request.path_params
            if named and (named["station"], named["digest"]) != (claim.station, claim.digest):
                raise _Refusal(403, "another upload than the one that was signed")
        except _Refusal:
            if drained:
                await drain(request)
            raise
        return claim

    def _known(self, claim: UploadClaim) -> PartialUpload:
        upload = self._uploads.find(claim)
        if upload is None:
            raise _Refusal(404, "no such upload; begin it anew")
        return upload

    async def _append(self, request: Request, upload: PartialUpload, hold: Hold) -> None:
        """What the request brings, or an answer that says why not. Raises _Refusal."""
        algorithm, expected = _checksum(request)
        fate = await append_body(request, upload, hold.lost, algorithm, expected)
        if fate is Fate.TOO_MUCH:
            raise _Refusal(413, f"more than the {upload.length} bytes of this upload")
        if fate is Fate.WRONG:
            raise _Refusal(460, "the checksum does not fit; send it again")
        if fate is Fate.SUPERSEDED:
            raise _Refusal(423, "another request goes on with this upload")

    async def _standing(
        self, upload: PartialUpload, status: int, headers: dict[str, str]
    ) -> Response:
        """How far it is; where it is whole, it is stored first and the acknowledgement is told."""
        told = {**headers, "Upload-Offset": str(upload.offset)}
        if upload.offset == upload.length:
            async with self._whole:
                answer = await asyncio.to_thread(self._finished, upload)
            told[ACKNOWLEDGEMENT] = base64.b64encode(answer).decode()
        return _answer(status, told)

    def _finished(self, upload: PartialUpload) -> bytes:
        """The acknowledgement of a whole upload, published as well. Raises _Refusal, StoreError."""
        known = upload.acknowledgement
        if known is not None:
            self._camp.publish(Publication(acknowledgement_topic(upload.claim.station), known))
            return known
        data = self._uploads.check(upload)
        if data is None:
            raise _Refusal(460, "the whole does not have its SHA-256; begin it anew")
        publication = self._camp.receive(uplink_topic(upload.claim.station), data)
        if publication is None:
            self._uploads.drop(upload)
            raise _Refusal(403, "not a genuine message; basecamp's page says why")
        self._uploads.finish(upload, publication.payload)
        self._camp.publish(publication)
        return publication.payload


def _checksum(request: Request) -> tuple[str | None, bytes]:
    """Algorithm and digest of the Upload-Checksum header. Raises _Refusal."""
    value = request.headers.get("upload-checksum")
    if value is None:
        return None, b""
    match = _CHECKSUM.fullmatch(value)
    if match is None:
        raise _Refusal(400, f"a checksum must be one of {', '.join(_ALGORITHMS)}, in Base64")
    try:
        return match[1], base64.b64decode(match[2], validate=True)
    except ValueError:
        raise _Refusal(400, "a checksum that is no Base64") from None


def _count(request: Request, name: str) -> int:
    value = request.headers.get(name, "")
    if _COUNT.fullmatch(value) is None:
        raise _Refusal(400, f"{name} is missing, or no number")
    return int(value)


def _answer(status: int, headers: dict[str, str], text: str = "") -> Response:
    always = {"Tus-Resumable": VERSION, "Cache-Control": "no-store"}
    return Response(text or None, status, {**always, **headers})


async def _refused(_request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, _Refusal)
    headers = {"Tus-Version": VERSION} if refusal.status == 412 else {}
    if refusal.status in (401, 412):
        headers |= _LEAVE
    return _answer(refusal.status, headers, str(refusal))


async def _elsewhere(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _answer(error.status_code, {**(error.headers or {}), **_LEAVE}, error.detail)


async def _unkept(_request: Request, error: Exception) -> Response:
    log.warning("an upload could not be kept: %s", error)
    return _answer(507, {}, "it cannot be stored now; try again later")
