"""The upload server on a thread of its own, over TLS where it has a certificate."""

from __future__ import annotations

import ssl
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from tools.basecamp.errors import AddressError, WebError
from tools.basecamp.page_server import ListenAddress, _bind
from tools.basecamp.tus import PATH

KEEP_ALIVE_S = 120
"""A station on a slow cell pauses longer between two requests than a browser does."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files with which the server shows who it is."""

    chain: Path
    key: Path


class UploadServer:
    """uvicorn between ``start`` and ``stop``. Uploads are sealed whole, with TLS or without; TLS
    hides which station speaks. Raises AddressError for a certificate that cannot be used."""

    def __init__(
        self, app: ASGIApp, listen: ListenAddress, certificate: Certificate | None = None
    ) -> None:
        self._listen = listen
        self._tls = certificate is not None
        config = uvicorn.Config(
            app,
            log_config=None,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=3,
            ssl_certfile=certificate.chain if certificate else None,
            ssl_keyfile=certificate.key if certificate else None,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            raise AddressError(
                f"the certificate of the uploads cannot be used: {error}; give PEM files of the"
                " chain and its key"
            ) from error
        self._server = uvicorn.Server(config)
        self._thread: threading.Thread | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """Where stations upload."""
        if not self._url:
            raise WebError("uploads are not served; call start() first")
        return self._url

    def start(self) -> None:
        """Bind and serve; from its return on, requests are answered. Raises WebError."""
        listener = _bind(self._listen)
        host, port = listener.getsockname()[:2]
        named = f"[{host}]" if ":" in host else host
        self._url = f"{'https' if self._tls else 'http'}://{named}:{port}{PATH}"
        self._thread = threading.Thread(
            target=self._server.run, args=([listener],), name="uploads", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join()
            self._thread = None
            self._url = ""
