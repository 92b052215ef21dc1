"""Resumable uploads: a client of tus 1.0.0 with creation and checksum.

One connection is kept for as many uploads as a session has. What the server has confirmed is never
sent again: after any cut the upload goes on at the server's offset, in this process or a later one.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urljoin

from edge.uplink.cellular.authorization import digest_of
from edge.uplink.cellular.errors import UploadCut, UploadRefused
from edge.uplink.cellular.http import Answer, Request, Wire
from edge.uplink.errors import TooLarge

ACKNOWLEDGEMENT = "Irbis-Acknowledgement"
"""Header in which basecamp returns, in Base64, the acknowledgement that it also publishes."""
VERSION = "1.0.0"
CHUNK_BYTES = 65_536
"""Sent in one request: what an answer confirms at once, and a checksum covers."""
HEAD_BYTES = 1200
"""Headers of a request and its answer, at most; 500 to 870 B were measured."""
EAGER_BYTES = 16_384
"""An upload up to this size goes along with its creation, in one round trip; of a larger one no
byte is sent before it is known where to resume."""
_MISTAKES = 3
"""Conflicts and wrong checksums in one upload, after which it is left for later."""
_OCTETS = "application/offset+octet-stream"


class Places(Protocol):
    """What remembers where an upload stands."""

    def get(self, digest: str) -> str | None: ...

    def remember(self, digest: str, url: str) -> None: ...

    def forget(self, digest: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The server has all of it. ``acknowledgement`` is a signed one, unverified, if it gave one."""

    acknowledgement: bytes | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far an upload is: the server has ``offset`` bytes at ``url``."""

    url: str
    offset: int
    answer: Answer


class TusClient:
    """Uploads to one endpoint. For one thread.

    ``authorize`` makes the Authorization header for a digest. ``spend`` is asked before each
    request with its estimated bytes on the network both ways, and may raise (DataSpent): then
    nothing more is sent.
    """

    def __init__(
        self,
        wire: Wire,
        places: Places,
        authorize: Callable[[str], str],
        spend: Callable[[int], None],
        chunk_bytes: int = CHUNK_BYTES,
    ) -> None:
        self._wire = wire
        self._places = places
        self._authorize = authorize
        self._spend = spend
        self._chunk_bytes = chunk_bytes
        self._standing: dict[str, _Standing] = {}  # of uploads that are between two parts
        self._digested: tuple[bytes, str] | None = None

    def upload(self, data: bytes) -> Uploaded:
        """Bring ``data`` to the server, from where an earlier try ended.

        Raises UploadCut where it can go on later, UploadRefused, TooLarge, and what ``spend`` does.
        """
        uploaded = None
        while uploaded is None:
            uploaded = self.upload_part(data, len(data))
        return uploaded

    def upload_part(self, data: bytes, most_bytes: int) -> Uploaded | None:
        """As ``upload``, but of what the server does not have yet only the next ``most_bytes``;
        None where there is more."""
        digest = self._digest_of(data)
        standing = self._standing.pop(digest, None) or self._begun(digest, data)
        end = min(len(data), standing.offset + most_bytes)
        mistakes = 0
        while standing.offset < end:
            moved = self._appended(standing, digest, data, end)
            if moved is None:
                mistakes += 1
                if mistakes == _MISTAKES:
                    raise UploadCut(f"{standing.url}: {mistakes} times at odds with the server")
                moved = self._begun(digest, data)
            standing = moved
        if standing.offset < len(data):
            self._standing[digest] = standing
            return None
        self._places.forget(digest)
        return Uploaded(_acknowledgement(standing.answer))

    def break_off(self) -> None:
        """End the request under way, which raises UploadCut then. From any thread."""
        self._wire.break_off()

    def close(self) -> None:
        """Release the connection."""
        self._wire.close()

    def _digest_of(self, data: bytes) -> str:
        """What goes in a hundred parts is digested once."""
        if self._digested is None or self._digested[0] is not data:
            self._digested = data, digest_of(data)
        return self._digested[1]

    def _begun(self, digest: str, data: bytes) -> _Standing:
        return self._resumed(digest, len(data)) or self._created(digest, data)

    def _resumed(self, digest: str, size_bytes: int) -> _Standing | None:
        """Where an upload that was begun stands; None where none was, or the server forgot it."""
        url = self._places.get(digest)
        if url is None:
            return None
        answer = self._ask(Request("HEAD", url, self._headers(digest)))
        if answer.status in (404, 410):
            self._places.forget(digest)
            return None
        _check(answer, url, size_bytes)
        return _Standing(url, _offset(answer, 0, size_bytes), answer)

    def _created(self, digest: str, data: bytes) -> _Standing:
        """A new upload, or an old one that the server knew.

        A server that does not know of creation-with-upload reads no body and says nothing of an
        offset; then it is 0.
        """
        first = data if len(data) <= min(EAGER_BYTES, self._chunk_bytes) else b""
        headers = {
            **self._headers(digest),
            "Upload-Length": str(len(data)),
            "Upload-Metadata": f"filename {_base64(digest[:16])},filetype {_base64('irbis/1')}",
            **(_body_headers(first) if first else {}),
        }
        answer = self._ask(Request("POST", self._wire.endpoint.url, headers, first))
        if answer.status in (404, 405):
            raise UploadRefused(
                f"{self._wire.endpoint.url}: {answer.status}, no uploads are taken there; check"
                " [uplink.cellular] uploads, which `irbis basecamp serve` prints"
            )
        _check(answer, self._wire.endpoint.url, len(data))
        location = answer.header("Location")
        if answer.status != 201 or location is None:
            raise UploadCut(f"{self._wire.endpoint.url}: no tus server answers there")
        url = self._own(urljoin(self._wire.endpoint.url, location))
        offset = _offset(answer, 0, len(data)) if answer.header("Upload-Offset") else 0
        if offset < len(data):
            self._places.remember(digest, url)
        return _Standing(url, offset, answer)

    def _appended(
        self, standing: _Standing, digest: str, data: bytes, end: int
    ) -> _Standing | None:
        """After one more chunk, of those before ``end``; None where the server has another offset
        or doubts the bytes."""
        chunk = data[standing.offset : min(end, standing.offset + self._chunk_bytes)]
        headers = {
            **self._headers(digest),
            "Upload-Offset": str(standing.offset),
            **_body_headers(chunk),
        }
        answer = self._ask(Request("PATCH", standing.url, headers, chunk))
        if answer.status in (404, 409, 410, 460):
            return None
        _check(answer, standing.url, len(data))
        offset = _offset(answer, standing.offset + 1, len(data))
        return _Standing(standing.url, offset, answer)

    def _ask(self, request: Request) -> Answer:
        self._spend(len(request.body) + HEAD_BYTES)
        return self._wire.ask(request)

    def _headers(self, digest: str) -> dict[str, str]:
        return {"Tus-Resumable": VERSION, "Authorization": self._authorize(digest)}

    def _own(self, url: str) -> str:
        """``url``, where it is on the server that was configured; no other one is spoken to."""
        if not self._wire.endpoint.holds(url):
            raise UploadRefused(f"{self._wire.endpoint.url}: it sends us elsewhere ({url[:100]})")
        return url


def _body_headers(chunk: bytes) -> dict[str, str]:
    checksum = base64.b64encode(hashlib.sha256(chunk).digest()).decode()
    return {"Content-Type": _OCTETS, "Upload-Checksum": f"sha256 {checksum}"}


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _offset(answer: Answer, lowest: int, highest: int) -> int:
    text = answer.header("Upload-Offset") or ""
    if not (text.isascii() and text.isdigit() and lowest <= int(text[:18]) <= highest):
        raise UploadCut(f"the upload server tells an offset of {text[:30]!r}")
    return int(text)


def _acknowledgement(answer: Answer) -> bytes | None:
    text = answer.header(ACKNOWLEDGEMENT)
    try:
        return None if text is None else base64.b64decode(text, validate=True)
    except ValueError:
        return None


def _check(answer: Answer, url: str, size_bytes: int) -> None:
    """Raises for every answer that is no success."""
    if 200 <= answer.status < 300:
        return
    said = f"{url}: {answer.status} {answer.text}".rstrip()
    if answer.status == 413:
        raise TooLarge(f"{size_bytes} bytes; {said}: raise the upload server's limit")
    if answer.status in (401, 403):
        raise UploadRefused(
            f"{said}: is this station enrolled (irbis basecamp enrol), and is [station] basecamp"
            " its token?"
        )
    if answer.status == 412:
        raise UploadRefused(f"{said}: it does not speak tus {VERSION}")
    if 300 <= answer.status < 400:
        raise UploadRefused(f"{said}: it sends us elsewhere; configure its own address")
    raise UploadCut(f"{said}: tried again later")
