"""What every answer must carry, and who may ask while there is no login."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self';"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_LOCAL_HOST = re.compile(r"(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?")


class Guard:
    """ASGI middleware: security headers everywhere, and no foreign host name on loopback.

    A web page elsewhere may point its own name at 127.0.0.1 and then read from a local server as
    if it were its own (DNS rebinding); such a request carries that name as its host.
    """

    def __init__(self, app: ASGIApp, loopback_only: bool) -> None:
        self._app = app
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        app = self._app if self._admits(scope) else _MISDIRECTED
        await app(scope, receive, send_guarded)

    def _admits(self, scope: Scope) -> bool:
        host = Headers(scope=scope).get("host", "")
        return not self._loopback_only or _LOCAL_HOST.fullmatch(host) is not None


_MISDIRECTED = PlainTextResponse("this page is served to this machine only", status_code=421)
