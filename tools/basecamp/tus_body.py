"""A request's body into an upload's file, until it ends, breaks off or has to let go."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from enum import Enum

from starlette.requests import Request

from tools.basecamp.tus_files import Appending, PartialUpload

SILENCE_S = 120.0
"""A body that brings nothing for so long has broken off."""
_DRAINED_BYTES = 1 << 18
_DRAINED_S = 30.0


class Fate(Enum):
    """What became of a body."""

    WHOLE = "whole"
    CUT = "cut"
    """What had arrived is kept: TCP carried it unharmed, and the whole has a digest of its own."""
    SUPERSEDED = "superseded"
    TOO_MUCH = "too much"
    WRONG = "wrong"


async def append_body(
    request: Request,
    upload: PartialUpload,
    lost: asyncio.Event,
    algorithm: str | None,
    expected: bytes,
) -> Fate:
    """Add the body to the upload; durable on return. Raises StoreError.

    With an ``algorithm``, a whole body whose digest is not ``expected`` leaves nothing behind.
    """
    appending = Appending(upload, algorithm)
    fate = Fate.CUT
    try:
        fate = await _written(request, appending, lost)
        if fate is Fate.WHOLE and not appending.has_checksum(expected):
            fate = Fate.WRONG
    finally:
        keep = fate not in (Fate.TOO_MUCH, Fate.WRONG)
        await asyncio.to_thread(appending.close, keep=keep)
    return fate


async def drain(request: Request) -> None:
    """Read what a refused request still sends, up to a chunk and half a minute, so that it hears
    why. Longer, and a stranger would have the connection as long as he likes."""
    read = 0
    until_s = asyncio.get_running_loop().time() + _DRAINED_S
    async for piece in _pieces(request, asyncio.Event(), until_s):
        read += len(piece or b"")
        if piece is None or read > _DRAINED_BYTES:
            return


async def _written(request: Request, appending: Appending, lost: asyncio.Event) -> Fate:
    async for piece in _pieces(request, lost):
        if piece is None:
            return Fate.SUPERSEDED if lost.is_set() else Fate.CUT
        if not appending.write(piece):
            return Fate.TOO_MUCH
    return Fate.WHOLE


async def _pieces(
    request: Request, lost: asyncio.Event, until_s: float = math.inf
) -> AsyncIterator[bytes | None]:
    """The body piece by piece; None, as the last one, where it broke off, ``lost`` was set or the
    loop's time is ``until_s``."""
    losing = asyncio.ensure_future(lost.wait())
    now_s = asyncio.get_running_loop().time
    try:
        while True:
            coming = asyncio.ensure_future(request.receive())
            patience_s = min(SILENCE_S, max(0.0, until_s - now_s()))
            await asyncio.wait(
                {coming, losing}, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED
            )
            if lost.is_set() or not coming.done():
                coming.cancel()
                yield None
                return
            message = coming.result()
            if message["type"] != "http.request":
                yield None
                return
            yield message.get("body", b"")
            if not message.get("more_body", False):
                return
    finally:
        losing.cancel()
