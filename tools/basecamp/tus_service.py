"""Uploads as one thing that starts and stops beside basecamp's link and page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from tools.basecamp.certificate import Certificate
from tools.basecamp.errors import AddressError
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.listening import ListenAddress, named
from tools.basecamp.tus import PATH, Camp, make_tus_app
from tools.basecamp.tus_claims import Holds
from tools.basecamp.tus_connection import UploadConnection
from tools.basecamp.tus_files import PartialUploads

log = logging.getLogger(__name__)

FOLDER = "uploads"
KEEP_ALIVE_S = 120
"""A station on a slow cell pauses longer between two requests than a browser does."""


@dataclass(frozen=True, slots=True)
class UploadTerms:
    """Where stations upload, and with which certificate.

    Uploads are sealed whole, with TLS or without; TLS hides which station speaks. Without it they
    are taken from this machine alone, unless ``plain`` says that the network is private or that
    something in front of basecamp speaks TLS. Raises AddressError.
    """

    listen: ListenAddress
    certificate: Certificate | None = None
    plain: bool = False

    def __post_init__(self) -> None:
        if self.certificate is None and not (self.plain or self.listen.is_loopback):
            raise AddressError(
                f"uploads on {named(self.listen.host, self.listen.port)} need a certificate:"
                " --uploads-certificate FILE and --uploads-key FILE; or --uploads-plain, where the"
                " network is private or a proxy in front speaks TLS"
            )


class UploadService:
    """The upload server of one data folder.

    ``camp.receive`` must be safe to call from another thread than the broker link's. Raises
    AddressError for a certificate that cannot be used, WebError on ``start``.
    """

    def __init__(self, data: Path, camp: Camp, terms: UploadTerms) -> None:
        self._terms = terms
        self._uploads = PartialUploads(data / FOLDER)
        self._holds = Holds()
        door = Door(
            "uploads",
            "--uploads",
            terms.listen,
            terms.certificate,
            KEEP_ALIVE_S,
            protocol=UploadConnection,
        )
        self._server = HttpServer(make_tus_app(camp, self._uploads, self._holds), door)

    @property
    def url(self) -> str:
        """What a station's [uplink.cellular] uploads must name."""
        return f"{self._server.outer_url}{PATH}"

    def start(self) -> None:
        """Forget what nobody went on with for months, and serve."""
        if self._terms.certificate is not None and (doubt := self._terms.certificate.doubt()):
            log.warning("the certificate of the uploads: %s", doubt)
        self._uploads.sweep()
        self._server.start()

    def stop(self) -> None:
        """Let go of what is under way, which is kept as far as it came, and end."""
        self._holds.end()
        self._server.stop()
