"""A station with a modem, the modem's carrier, and basecamp's hooks behind: real parts, and
stand-ins on real lines."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from edge.uplink.broker import BrokerAddress
from edge.wire.air.reference import reference_of
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.notecard import NotecardSimulator
from firmware_bridge.simulators.notehub import Notehub
from firmware_bridge.simulators.posting_cloud import PostingCloud
from firmware_bridge.simulators.pty_device import PtyDevice
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway
from firmware_bridge.simulators.webhook import Weather
from tests.basecamp import hooked
from tests.basecamp.field import eventually
from tests.basecamp.hooked import IMEI, NOTECARD, SPEED
from tests.kit.camp import Camp
from tests.kit.station import Notes, StationFolder
from tools.basecamp.hook_service import HookTerms
from tools.basecamp.listening import ListenAddress
from tools.basecamp.notehub_client import NotehubTerms
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.rockblock_client import RockblockTerms
from tools.basecamp.service import Basecamp

MakeStation = Callable[..., StationFolder]
Device = TypeVar("Device", bound=PtyDevice)
Cloud = TypeVar("Cloud", bound=PostingCloud)

PRODUCT = "org.example.ridge:traps"
NOBODY = BrokerAddress.parse("mqtt://127.0.0.1:1")
"""No broker answers there: what is told comes through the hooks."""
_OFTEN, _SELDOM = "heartbeat_s = 2\n", "heartbeat_s = 86400\n"
HASTY = {"hold_s": 0, "pause_s": 0, "heartbeat_s": 2}
"""A station that waits for nothing, and whose heartbeats fetch what waits for it."""


@dataclass
class Valley(Generic[Device, Cloud]):
    """``folder`` is the station; ``modem`` speaks to ``cloud``, and that to ``basecamp``."""

    folder: StationFolder
    modem: Device
    cloud: Cloud
    basecamp: Basecamp

    @property
    def shown(self) -> list[bytes]:
        """What basecamp's page shows, by the short names that radio has for sightings."""
        views = self.basecamp.store.views.news(100)
        found = [view for view in views if isinstance(view, RadioSightingView)]
        assert len(found) == len(views)
        return sorted(view.sighting.reference for view in found)

    @contextmanager
    def deaf(self) -> Iterator[None]:
        """Meanwhile a station that starts sends its news, and then does not call to be answered."""
        often = self.folder.config_path.read_text()
        assert _OFTEN in often
        self.folder.config_path.write_text(often.replace(_OFTEN, _SELDOM))
        yield
        self.folder.config_path.write_text(often)

    def tell(self, pictures: Path, before: Collection[str] = ()) -> Notes:
        """Let the station see ``pictures``, which hold two leopards, until they are let go. Both
        are shown, and once. ``before`` names those that it found when it ran before."""
        with self.folder.replaying(pictures) as (station, notes):
            eventually(lambda: len(self.shown) == 2, "both leopards are told")
            eventually(lambda: station.spool.news.count() == 0, "they are let go")
        assert self.cloud.hook.wait_until_idle(20)
        assert self.shown == named({*before, *notes.targets})
        return notes


@contextmanager
def near_a_tower(
    make_station: MakeStation, camp: Camp, weather: Weather | None = None, seed: int = 1
) -> Iterator[Valley[NotecardSimulator, Notehub]]:
    """With a Notecard."""
    with (
        Notehub(hooked.TOKEN, seed=seed, speed=SPEED, weather=weather) as hub,
        NotecardSimulator(hub.receiver(NOTECARD), seed=seed, speed=SPEED) as card,
    ):
        hub.connect(NOTECARD, card.send_downlink)
        section = {**HASTY, "modem": "notecard", "port": card.path, "product": PRODUCT}
        folder = make_station(**{"uplink.satellite": section})
        with hooks_of(camp, notehub=hooked.notehub_terms(camp.folder, hub)) as basecamp:
            basecamp.store.devices.assign(NOTECARD, folder.id)
            hub.hook.aim(basecamp.hooks["Notehub"])
            yield Valley(folder, card, hub, basecamp)


@contextmanager
def under_satellites(
    make_station: MakeStation, camp: Camp, weather: Weather | None = None, seed: int = 1
) -> Iterator[Valley[IridiumSbdSimulator, RockblockGateway]]:
    """With an Iridium modem."""
    account = hooked.USER, hooked.PASSWORD
    with (
        RockblockGateway(*account, seed=seed, speed=SPEED, weather=weather) as gateway,
        IridiumSbdSimulator(gateway.receiver(IMEI), seed=seed, speed=SPEED) as modem,
    ):
        gateway.connect(IMEI, modem.send_downlink)
        section = {**HASTY, "modem": "iridium", "port": modem.path}
        folder = make_station(**{"uplink.satellite": section})
        terms = hooked.rockblock_terms(camp.folder, gateway, answers_per_day=1_000_000)
        with hooks_of(camp, rockblock=terms) as basecamp:
            basecamp.store.devices.assign(f"imei:{IMEI}", folder.id)
            gateway.hook.aim(basecamp.hooks["RockBLOCK"])
            yield Valley(folder, modem, gateway, basecamp)


@contextmanager
def hooks_of(
    camp: Camp, notehub: NotehubTerms | None = None, rockblock: RockblockTerms | None = None
) -> Iterator[Basecamp]:
    hooks = HookTerms(ListenAddress(port=0), notehub=notehub, rockblock=rockblock, gather_s=0.05)
    with Basecamp(camp.folder, NOBODY, listen=ListenAddress(port=0), hooks=hooks) as basecamp:
        yield basecamp


def named(bursts: Collection[str]) -> list[bytes]:
    """The short names of these bursts' sightings."""
    return sorted(map(reference_of, bursts))
