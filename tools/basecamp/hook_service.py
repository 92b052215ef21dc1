"""The hooks as one thing that starts and stops beside basecamp's link and page."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from edge.security.keys import BasecampKey
from tools.basecamp.entrance import Entrance
from tools.basecamp.hook_answers import GATHER_S, HookAnswers, Way
from tools.basecamp.hook_app import make_hook_app
from tools.basecamp.hook_connection import MOST_CONNECTIONS, BriefConnection
from tools.basecamp.hook_message import HookCarrier
from tools.basecamp.http_server import Door, HttpServer
from tools.basecamp.notehub_client import NotehubSender, NotehubTerms
from tools.basecamp.notehub_event import Notehub
from tools.basecamp.reception import Reception
from tools.basecamp.refusals import Refusals
from tools.basecamp.rockblock_client import RockblockSender, RockblockTerms
from tools.basecamp.rockblock_message import Rockblock
from tools.basecamp.store import Store

log = logging.getLogger(__name__)

NOTEHUB, ROCKBLOCK = Notehub(), Rockblock()
CARRIERS: tuple[HookCarrier, ...] = (NOTEHUB, ROCKBLOCK)


@dataclass(frozen=True, slots=True)
class HookTerms(Entrance):
    """Where carriers post, and how their stations are answered; None leaves those unanswered.

    Frames are sealed; TLS hides what a post tells beside them: where a device is. Raises
    AddressError.
    """

    NAME = "hooks"

    notehub: NotehubTerms | None = None
    rockblock: RockblockTerms | None = None
    gather_s: float = GATHER_S


class HookService:
    """The hooks of one store; ``key`` opens what comes.

    Raises AddressError for a certificate that cannot be used, WebError on ``start``.
    """

    def __init__(
        self, store: Store, key: BasecampKey, refusals: Refusals, terms: HookTerms
    ) -> None:
        self._terms = terms
        reception = Reception(store.devices, store.radio_inbox(key), refusals, repeats=True)
        self._answers = HookAnswers(_ways(store, terms), refusals, terms.gather_s)
        app = make_hook_app(CARRIERS, reception, self._answers.ask)
        door = Door(
            "hooks",
            "--hooks",
            terms.listen,
            terms.certificate,
            most_connections=MOST_CONNECTIONS,
            protocol=BriefConnection,
        )
        self._server = HttpServer(app, door)

    @property
    def urls(self) -> dict[str, str]:
        """Where each carrier posts, by its name."""
        return {carrier.name: self._server.outer_url + carrier.path for carrier in CARRIERS}

    def start(self) -> None:
        if self._terms.certificate is not None and (doubt := self._terms.certificate.doubt()):
            log.warning("the certificate of the hooks: %s", doubt)
        self._server.start()
        self._answers.start()

    def stop(self) -> None:
        self._server.stop()
        self._answers.stop()


def _ways(store: Store, terms: HookTerms) -> dict[str, Way]:
    ways: dict[str, Way] = {}
    if terms.notehub is not None:
        ways[NOTEHUB.name] = Way(NotehubSender(terms.notehub), store.radio_answers(None))
    if terms.rockblock is not None:
        answers = store.radio_answers(terms.rockblock.answers_per_day)
        ways[ROCKBLOCK.name] = Way(RockblockSender(terms.rockblock), answers)
    return ways
