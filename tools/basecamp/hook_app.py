"""The hooks as an ASGI application: what a carrier posts, kept before it is answered.

200 says that repeating the post would change nothing: its frame is durable, or is none that could
ever be believed. 404 means a device that no station has yet, 400 a post that is no carrier's, 503
that it could not be kept now; a carrier repeats what it must. Every answer is a word, for a person
who looks at the carrier's log.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from edge.wire.air.frame import OVERHEAD_BYTES
from tools.basecamp.errors import StoreError
from tools.basecamp.hook_message import LARGEST_POST_BYTES, HookCarrier, HookMessage
from tools.basecamp.lorawan_events import EventRefused
from tools.basecamp.radio_inbox import Heard
from tools.basecamp.reception import Fate, Reception

log = logging.getLogger(__name__)

_STATUS = {Fate.TAKEN: 200, Fate.KNOWN: 200, Fate.REFUSED: 200, Fate.STRANGE: 404}
_WAY_OUT = "check the route at the carrier; if it is none of yours, nothing"
_RETRY_S = 60

OnHeard = Callable[[str, str, Heard], None]
"""Gets the carrier's name, the device, and the frame that was taken. Must not wait."""


class _Refusal(Exception):
    """A post that is not taken; ``str`` is what its sender is told."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def make_hook_app(
    carriers: Sequence[HookCarrier], reception: Reception, on_heard: OnHeard
) -> Starlette:
    """The application that answers on each carrier's path."""
    return Starlette(
        routes=[
            Route(one.path, _Hook(one, reception, on_heard).post, methods=["POST"])
            for one in carriers
        ],
        exception_handlers={StoreError: _unkept},
    )


class _Hook:
    def __init__(self, carrier: HookCarrier, reception: Reception, on_heard: OnHeard) -> None:
        self._carrier = carrier
        self._reception = reception
        self._on_heard = on_heard

    async def post(self, request: Request) -> Response:
        try:
            message = self._read(request, await _body(request))
        except _Refusal as refusal:
            self._reception.refuse(f"the hook of {self._carrier.name}", str(refusal), _WAY_OUT)
            return PlainTextResponse(str(refusal), refusal.status)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        if message is None:
            return PlainTextResponse("nothing in it for basecamp")
        return await asyncio.to_thread(self._take, message)

    def _read(self, request: Request, body: bytes) -> HookMessage | None:
        try:
            message = self._carrier.read(request.headers.get("content-type", ""), body)
        except EventRefused as error:
            raise _Refusal(400, str(error)) from None
        if message is not None and len(message.frame) <= OVERHEAD_BYTES:
            # Among them beacons, which these carriers never need and which cost much to open.
            raise _Refusal(400, "what it carries is too short for a frame")
        return message

    def _take(self, message: HookMessage) -> Response:
        taking = self._reception.take(message.device, message.frame)
        if taking.heard is not None:
            self._on_heard(self._carrier.name, message.device, taking.heard)
        return PlainTextResponse(taking.fate.value, _STATUS[taking.fate])


async def _body(request: Request) -> bytes:
    """The whole body. Raises _Refusal for one that is too large, ClientDisconnect."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_POST_BYTES:
            raise _Refusal(413, f"it has more than {LARGEST_POST_BYTES} bytes")
    return bytes(body)


async def _unkept(_request: Request, error: Exception) -> Response:
    log.warning("a frame could not be kept, its carrier will send it again: %s", error)
    headers = {"Retry-After": str(_RETRY_S)}
    return PlainTextResponse("it cannot be stored now; send it again", 503, headers)
