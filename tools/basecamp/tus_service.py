"""Uploads as one thing that starts and stops beside basecamp's link and page."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from tools.basecamp.entrance import Entrance
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.tus import PATH, Camp, make_tus_app
from tools.basecamp.tus_claims import Holds
from tools.basecamp.tus_connection import MOST_CONNECTIONS, UploadConnection
from tools.basecamp.tus_files import PartialUploads

log = logging.getLogger(__name__)

FOLDER = "uploads"
KEEP_ALIVE_S = 120
"""A station on a slow cell pauses longer between two requests than a browser does."""


@dataclass(frozen=True, slots=True)
class UploadTerms(Entrance):
    """Where stations upload. Uploads are sealed whole, with TLS or without; TLS hides which station
    speaks. Raises AddressError."""

    NAME = "uploads"


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
            most_open=MOST_CONNECTIONS,
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
