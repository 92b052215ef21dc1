"""An upload server over a real store, and a station that uploads to it."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.security.keys import BasecampKey, BasecampToken, StationKey
from edge.uplink.cellular.authorization import UploadClaim, authorization
from edge.uplink.cellular.http import Endpoint, Wire
from edge.uplink.cellular.places import UploadPlaces
from edge.uplink.cellular.tus import CHUNK_BYTES, TusClient
from tools.basecamp.broker_link import Publication
from tools.basecamp.certificate import Certificate
from tools.basecamp.listening import ListenAddress
from tools.basecamp.receiver import Receiver
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store
from tools.basecamp.tus import Camp
from tools.basecamp.tus_files import PartialUploads
from tools.basecamp.tus_service import FOLDER, UploadService, UploadTerms


class UploadCamp:
    """Basecamp's upload server; what it publishes is kept in ``published``."""

    def __init__(self, folder: Path, key: BasecampKey) -> None:
        self.data = folder
        self.folder = folder / FOLDER
        self.store = Store(folder)
        self.refusals = Refusals()
        self.published: list[Publication] = []
        receiver = Receiver(key, self.store, self.refusals)
        self.camp = Camp(key.token, self.store.verify_key, receiver.receive, self.published.append)
        self.uploads = PartialUploads(self.folder)

    @contextmanager
    def serving(self, certificate: Certificate | None = None) -> Iterator[UploadService]:
        terms = UploadTerms(ListenAddress(port=0), certificate)
        service = UploadService(self.data, self.camp, terms)
        service.start()
        try:
            yield service
        finally:
            service.stop()

    def close(self) -> None:
        self.store.close()

    def parts(self) -> list[Path]:
        """What has arrived of uploads under way."""
        return sorted(self.folder.glob("*/*.part"))


def no_tls() -> ssl.SSLContext:
    raise AssertionError("no TLS was asked for")


def make_client(
    url: str,
    places: Path,
    station: StationKey,
    basecamp: BasecampToken,
    *,
    name: str = "ridge-2",
    tls: Callable[[], ssl.SSLContext] = no_tls,
    spend: Callable[[int], None] = lambda _: None,
    chunk_bytes: int = CHUNK_BYTES,
) -> TusClient:
    """A station's client as it is composed on a trap."""

    def authorize(digest: str) -> str:
        return authorization(UploadClaim(name, digest), station, basecamp)

    wire = Wire(Endpoint.parse(url), tls, timeout_s=20.0)
    return TusClient(wire, UploadPlaces(places), authorize, spend, chunk_bytes)
