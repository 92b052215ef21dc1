"""A small HTTP interface on this machine, for stand-ins of clouds."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

_MOST_BODY_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Asked:
    """A POST request. ``authorization`` is empty where there was none."""

    path: str
    authorization: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answered:
    """What comes back."""

    status: int
    content_type: str
    body: bytes


Answering = Callable[[Asked], Answered]


class HttpInterface:
    """Answers POST requests from ``with`` to the end of the block, each on a thread of its own."""

    def __init__(self, answer: Answering) -> None:
        self._handler = type("_Answering", (_Handler,), {"answer": staticmethod(answer)})
        self._server: ThreadingHTTPServer
        self._thread: threading.Thread

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="http-interface", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        """Such as ``http://127.0.0.1:40123``, once it is there."""
        return f"http://127.0.0.1:{self._server.server_port}"


class _Handler(BaseHTTPRequestHandler):
    timeout = 10.0
    answer: Answering

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, _MOST_BODY_BYTES))
        asked = Asked(self.path, self.headers.get("Authorization") or "", body)
        answered = self.answer(asked)
        self.send_response(answered.status)
        self.send_header("Content-Type", answered.content_type)
        self.send_header("Content-Length", str(len(answered.body)))
        self.end_headers()
        self.wfile.write(answered.body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""
