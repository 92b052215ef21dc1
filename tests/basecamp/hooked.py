"""Basecamp's hooks over a real store, with carriers' clouds and modems around them."""

from __future__ import annotations

import http.client
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from edge.security.keys import BasecampKey
from firmware_bridge.iridium_sbd import IridiumSbd
from firmware_bridge.notecard import Notecard, NotecardSettings, NotecardTiming
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.notecard import NotecardSimulator
from firmware_bridge.simulators.notehub import PROJECT, Notehub
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway
from tests.firmware_bridge import iridium
from tools.basecamp.hook_service import HookService, HookTerms
from tools.basecamp.listening import ListenAddress
from tools.basecamp.notehub_client import NotehubTerms
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.refusals import Refusals
from tools.basecamp.rockblock_client import RockblockTerms
from tools.basecamp.store import Store

TOKEN, USER, PASSWORD = "a-token-of-notehub", "operator", "a-word & another"
NOTECARD, IMEI = "dev:860322068012345", "300234010753370"
SPEED = 1000.0
# Pauses as short as the simulated card's, patience for a machine that has other things to do.
NOTECARD_TIMING = NotecardTiming(
    reply_s=5.0,
    line_s=2.0,
    segment_s=0.25 / SPEED,
    quiet_s=0.02,
    retry_s=0.5 / SPEED,
    poll_s=3.0 / SPEED,
    sync_s=20.0,
    restart_s=10.0 / SPEED,
)


@dataclass
class Camp:
    """Basecamp without a broker."""

    store: Store
    refusals: Refusals
    hooks: HookService

    def shown(self) -> list[str]:
        """The sightings on the page, by the names that radio has for them, or in full."""
        return sorted(
            view.sighting.reference.hex()
            if isinstance(view, RadioSightingView)
            else view.sighting.burst_id
            for view in self.store.views.news(100)
        )

    def post(self, path: str, body: bytes, content_type: str = "application/json") -> int:
        """What the hook at ``path`` answers."""
        return self.request("POST", path, body, content_type)[0]

    def request(
        self, method: str, path: str, body: bytes = b"", content_type: str = ""
    ) -> tuple[int, str]:
        parts = urlsplit(self.hooks.urls["Notehub"])
        connection = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=20)
        try:
            connection.request(method, path, body, {"Content-Type": content_type})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()


def notehub_terms(folder: Path, hub: Notehub) -> NotehubTerms:
    file = folder / "notehub-token"
    file.write_text(f"{TOKEN}\n")
    return NotehubTerms(PROJECT, file, url=hub.url)


def rockblock_terms(
    folder: Path, gateway: RockblockGateway, answers_per_day: int = 1000
) -> RockblockTerms:
    file = folder / "rockblock-password"
    file.write_text(f"{PASSWORD}\n")
    return RockblockTerms(USER, file, answers_per_day, gateway.url)


@contextmanager
def hooked(
    data: Path,
    key: BasecampKey,
    notehub: NotehubTerms | None = None,
    rockblock: RockblockTerms | None = None,
) -> Iterator[Camp]:
    """Basecamp's hooks on a free port, over the data folder."""
    terms = HookTerms(ListenAddress(port=0), notehub=notehub, rockblock=rockblock, gather_s=0.05)
    with Store(data) as store:
        refusals = Refusals()
        hooks = HookService(store, key, refusals, terms)
        hooks.start()
        try:
            yield Camp(store, refusals, hooks)
        finally:
            hooks.stop()


@contextmanager
def notecard(hub: Notehub) -> Iterator[Notecard]:
    """A driver, a simulated card on a real pty, and the card's way to its cloud."""
    with NotecardSimulator(hub.receiver(NOTECARD), speed=SPEED) as simulator:
        hub.connect(NOTECARD, simulator.send_downlink)
        driver = Notecard(
            SerialPort(simulator.path, 9600),
            NotecardSettings("org.example.ridge:traps"),
            timing=NOTECARD_TIMING,
            rng=random.Random(1),
        )
        yield driver
        driver.close()


@contextmanager
def satellite_modem(gateway: RockblockGateway) -> Iterator[IridiumSbd]:
    """The same for Iridium."""
    with IridiumSbdSimulator(gateway.receiver(IMEI), speed=SPEED) as simulator:
        gateway.connect(IMEI, simulator.send_downlink)
        driver = IridiumSbd(
            SerialPort(simulator.path, 19_200), timing=iridium.PATIENT, rng=random.Random(1)
        )
        yield driver
        driver.close()
