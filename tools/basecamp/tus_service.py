"""Uploads as one thing that starts and stops beside basecamp's link and page."""

from __future__ import annotations

from pathlib import Path

from tools.basecamp.page_server import ListenAddress
from tools.basecamp.tus import Camp, make_tus_app
from tools.basecamp.tus_files import PartialUploads
from tools.basecamp.tus_server import Certificate, UploadServer

FOLDER = "uploads"


class UploadService:
    """The upload server of one data folder.

    ``camp.receive`` must be safe to call from another thread than the broker link's. Raises
    AddressError for a certificate that cannot be used, WebError on ``start``.
    """

    def __init__(
        self,
        data: Path,
        camp: Camp,
        listen: ListenAddress,
        certificate: Certificate | None = None,
    ) -> None:
        self._uploads = PartialUploads(data / FOLDER)
        self._server = UploadServer(make_tus_app(camp, self._uploads), listen, certificate)

    @property
    def url(self) -> str:
        """Where stations upload: their [uplink.cellular] uploads."""
        return self._server.url

    def start(self) -> None:
        """Forget what nobody went on with for months, and serve."""
        self._uploads.sweep()
        self._server.start()

    def stop(self) -> None:
        self._server.stop()
