"""Basecamp as one thing that starts and stops: store, receiver, links, uploads and page."""

from __future__ import annotations

import fcntl
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from edge.security.keys import BasecampKey
from edge.uplink.broker import BrokerAddress, Credentials
from edge.uplink.connection import Terms
from edge.uplink.status import LinkStatus
from tools.basecamp.broker_link import BrokerLink
from tools.basecamp.content import Received, read_body
from tools.basecamp.errors import BasecampBusy, StoreError
from tools.basecamp.hook_service import HookService, HookTerms
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.identity import KEY_NAME, client_id_of, load_key
from tools.basecamp.listening import ListenAddress
from tools.basecamp.lorawan_link import LorawanLink, LorawanTerms
from tools.basecamp.lorawan_receiver import NETWORKS, LorawanReceiver
from tools.basecamp.radio_rosters import Rosters
from tools.basecamp.radio_wording import RadioWording
from tools.basecamp.receiver import ALL_STATIONS, Receiver
from tools.basecamp.reception import Reception
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store
from tools.basecamp.tus import Camp
from tools.basecamp.tus_service import UploadService, UploadTerms
from tools.basecamp.web import Links, make_app

__all__ = ["KEY_NAME", "Basecamp"]

log = logging.getLogger(__name__)

_LOCK_NAME = "serve.lock"


@dataclass(frozen=True, slots=True)
class Lorawan:
    """On which broker LoRaWAN networks speak, and how much basecamp may answer.

    ``downlinks_per_day`` holds for each station, None for no limit.
    """

    broker: BrokerAddress
    credentials: Credentials = field(default_factory=Credentials)
    downlinks_per_day: int | None = None


class _Service(Protocol):
    """What runs on threads of its own."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs between start and stop; closing ``ending`` ends it all, last begun first."""

    store: Store
    link: BrokerLink
    lorawan: LorawanLink | None
    uploads: UploadService | None
    hooks: HookService | None
    page: HttpServer
    ending: ExitStack


class Basecamp:
    """The receiving end of one data folder, which must hold a key.

    ``catalogues`` are files of `irbis catalogue build`, for the names that radio tells by number.

    As a context manager it starts and stops. ``start`` returns when the page answers; the broker
    may come later. Raises KeyFileError, StoreError, BasecampBusy, CatalogueError, AddressError,
    WebError.
    """

    def __init__(
        self,
        data: Path,
        broker: BrokerAddress,
        credentials: Credentials | None = None,
        listen: ListenAddress | None = None,
        lorawan: Lorawan | None = None,
        catalogues: Sequence[Path] = (),
        uploads: UploadTerms | None = None,
        hooks: HookTerms | None = None,
    ) -> None:
        self._data = data
        self._broker = broker
        self._credentials = credentials or Credentials()
        self._listen = listen or ListenAddress()
        self._lorawan = lorawan
        self._catalogues = catalogues
        self._uploads = uploads
        self._hooks = hooks
        self._parts: _Parts | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        if self._parts is None:
            with ExitStack() as stack:
                self._parts = self._begin(stack)

    def stop(self) -> None:
        if self._parts is not None:
            parts, self._parts = self._parts, None
            parts.ending.close()

    @property
    def url(self) -> str:
        """Where the page is."""
        return self._running().page.url

    @property
    def uploads_url(self) -> str | None:
        """Where stations upload; None where they cannot."""
        uploads = self._running().uploads
        return None if uploads is None else uploads.url

    @property
    def hooks(self) -> dict[str, str]:
        """Where each carrier posts, by its name; empty where none can."""
        hooks = self._running().hooks
        return {} if hooks is None else hooks.urls

    @property
    def store(self) -> Store:
        return self._running().store

    @property
    def link_status(self) -> LinkStatus:
        return self._running().link.status

    @property
    def lorawan_status(self) -> LinkStatus | None:
        """None where no LoRaWAN network is listened to."""
        lorawan = self._running().lorawan
        return None if lorawan is None else lorawan.status

    def _running(self) -> _Parts:
        if self._parts is None:
            raise StoreError("basecamp is not running; call start() first")
        return self._parts

    def _begin(self, stack: ExitStack) -> _Parts:
        """Begin part by part; what has begun is ended again when a later part fails."""
        key = load_key(self._data)
        stack.enter_context(_locked(self._data))
        store = stack.enter_context(Store(self._data))
        store.remove_partial()
        _reread(store, key)
        refusals = Refusals()
        terms = Terms(self._broker, self._credentials, client_id_of(key), ALL_STATIONS)
        receiver = Receiver(key, store, refusals)
        link = BrokerLink(terms, receiver.receive)
        lorawan = self._lorawan_link(key, store, refusals)
        uploads = self._upload_service(
            Camp(key.token, store.verify_key, receiver.receive, link.post)
        )
        links = Links(
            lambda: link.status,
            lambda: None if lorawan is None else lorawan.status,
            lambda: None if uploads is None else uploads.url,
        )
        hooks = self._hook_service(key, store, refusals)
        radio = RadioWording(Rosters.load(self._catalogues, key.token))
        app = make_app(store, refusals, links, radio, self._listen.is_loopback)
        page = HttpServer(app, Door("page", "--listen", self._listen))
        # Ports first: one that is taken is told before a broker hears of us.
        _start(stack, uploads, hooks, page, link, lorawan)
        return _Parts(store, link, lorawan, uploads, hooks, page, stack.pop_all())

    def _upload_service(self, camp: Camp) -> UploadService | None:
        return None if self._uploads is None else UploadService(self._data, camp, self._uploads)

    def _hook_service(
        self, key: BasecampKey, store: Store, refusals: Refusals
    ) -> HookService | None:
        if self._hooks is None:
            if store.devices.any_hooked():
                log.warning(
                    "stations have a Notecard or Iridium, but no carrier can post what they"
                    " send: give --hooks"
                )
            return None
        return HookService(store, key, refusals, self._hooks)

    def _lorawan_link(
        self, key: BasecampKey, store: Store, refusals: Refusals
    ) -> LorawanLink | None:
        settings = self._lorawan
        if settings is None:
            if store.devices.any():
                log.warning("stations have LoRaWAN devices, but nobody listens: give --lorawan")
            return None
        terms = LorawanTerms(
            settings.broker,
            settings.credentials,
            f"{client_id_of(key)}-lorawan",
            tuple(network.subscription for network in NETWORKS),
        )
        answers = store.radio_answers(settings.downlinks_per_day)
        reception = Reception(store.devices, store.radio_inbox(key), refusals)
        receiver = LorawanReceiver(reception, answers)
        return LorawanLink(terms, receiver.receive)


def _start(stack: ExitStack, *services: _Service | None) -> None:
    """Start those that are wanted, in this order; ``stack`` stops them in the opposite one."""
    for service in services:
        if service is not None:
            stack.callback(service.stop)
            service.start()


def _reread(store: Store, key: BasecampKey) -> None:
    def read(body: bytes, station: str, size_bytes: int) -> Received:
        return read_body(body, station, key.unseal, size_bytes)

    understood = store.reread_quarantine(read) + store.radio_inbox(key).reread()
    if understood:
        log.info("%d items are understood by this version and are filed now", understood)


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Hold the folder for this process. Raises BasecampBusy."""
    with (data / _LOCK_NAME).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BasecampBusy(
                f"{data}: another `irbis basecamp serve` uses this folder; stop it first"
            ) from None
        yield
