"""Each link of a station, and all that lies behind it, so that one suite can hold them all to one
contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.station import Station
from edge.uplink.broker import Credentials
from edge.wire.air.reference import reference_of
from firmware_bridge.simulators.iridium_sbd import IridiumSbdSimulator
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_things import TheThingsStack
from firmware_bridge.simulators.notecard import NotecardSimulator
from firmware_bridge.simulators.notehub import Notehub
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.simulators.rockblock_gateway import RockblockGateway
from firmware_bridge.simulators.wio_e5 import SimulatedWioE5
from tests.basecamp import hooked
from tests.basecamp.field import Broker
from tests.basecamp.hooked import IMEI, NOTECARD, SPEED
from tests.kit.camp import Camp
from tests.kit.certificates import make_certificates
from tests.kit.ports import held_port
from tests.kit.station import StationFolder
from tests.station.carriers import HASTY, PRODUCT, hooks_of
from tests.station.internet import over_the_internet
from tests.station.test_radio import DEVICE, listening, modem_near, settings
from tools.basecamp.certificate import Certificate
from tools.basecamp.listening import ListenAddress
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.service import Basecamp
from tools.basecamp.tus_service import UploadTerms

STATION = "ridge-1"
NOWHERE = {"mqtt": "127.0.0.1:1", "port": "/nowhere"}


@dataclass(frozen=True)
class Bench:
    """A link that is there. ``sections`` are the station's configuration; ``where`` is the word in
    it that says where the broker or the modem is, ``nowhere`` stands for one that is not there.

    ``listening`` is basecamp at the other end, for as long as it lasts. ``device`` is the modem's
    name there.
    """

    sections: Mapping[str, Mapping[str, Any]]
    where: str
    nowhere: str
    listening: Callable[[], AbstractContextManager[Basecamp]]
    device: str = ""
    patience: str = ""
    """The constant that says after how many seconds without an answer a thing is told again; ""
    where the configuration says so."""

    @contextmanager
    def away(self, folder: StationFolder) -> Iterator[None]:
        """Meanwhile a station that starts does not find its link."""
        there = folder.config_path.read_text()
        assert self.where in there
        folder.config_path.write_text(there.replace(self.where, self.nowhere))
        yield
        folder.config_path.write_text(there)

    def waits(self, station: Station) -> bool:
        """Whether anything that the link is to tell has not been let go."""
        if self.device:
            return station.spool.news.count() > 0
        return not station.spool.outbox.is_empty()

    def shown(self, camp: Camp) -> list[bytes]:
        """The leopards on basecamp's page, by their short names; one shown twice is here twice."""
        if not self.device:
            return sorted(reference_of(s.burst_id) for s in camp.sightings(STATION) if s.target)
        views = camp.news()
        return sorted(v.sighting.reference for v in views if isinstance(v, RadioSightingView))


@contextmanager
def mqtt(camp: Camp, broker: Broker, _: Path) -> Iterator[Bench]:
    yield Bench(
        {"uplink": {"broker": str(broker.address)}},
        f"127.0.0.1:{broker.port}",
        NOWHERE["mqtt"],
        lambda: camp.serving(broker),
    )


@contextmanager
def cellular(camp: Camp, _: Broker, folder: Path) -> Iterator[Bench]:
    made = make_certificates(folder / "certificates")
    shown = Certificate(made.certificate, made.key)
    port = held_port(camp)
    uploads = UploadTerms(ListenAddress(port=port), shown)
    with over_the_internet(made, folder / "secure") as internet:
        trust = Credentials(ca_file=made.authority)
        ca_file = str(made.authority)
        broker = f"mqtts://127.0.0.1:{internet.broker.port}"
        url = f"https://127.0.0.1:{port}/uploads"
        yield Bench(
            {
                "uplink": {"broker": broker, "ca_file": ca_file},
                "uplink.cellular": {"uploads": url, "ca_file": ca_file, "every_s": 0.5},
            },
            f"127.0.0.1:{internet.broker.port}",
            NOWHERE["mqtt"],
            lambda: camp.serving(internet.broker, trust, uploads),
            patience="edge.uplink.cellular.pauses.FIRST_REST_S",
        )


def lorawan(
    name: str, kind: type[LorawanDevice], flavour: Flavour
) -> Callable[[Camp, Broker, Path], AbstractContextManager[Bench]]:
    @contextmanager
    def made(camp: Camp, broker: Broker, folder: Path) -> Iterator[Bench]:
        with modem_near(broker, kind, flavour) as modem:
            yield Bench(
                {"uplink.lorawan": settings(modem, name, folder)},
                modem.path,
                NOWHERE["port"],
                lambda: listening(camp, broker),
                DEVICE.dev_eui.hex(),
                "edge.uplink.radio.stage.PATIENCE_S",
            )

    return made


@contextmanager
def notecard(camp: Camp, _: Broker, __: Path) -> Iterator[Bench]:
    with (
        Notehub(hooked.TOKEN, seed=1, speed=SPEED) as hub,
        NotecardSimulator(hub.receiver(NOTECARD), seed=1, speed=SPEED) as card,
    ):
        hub.connect(NOTECARD, card.send_downlink)

        @contextmanager
        def heard() -> Iterator[Basecamp]:
            with hooks_of(camp, notehub=hooked.notehub_terms(camp.folder, hub)) as basecamp:
                hub.hook.aim(basecamp.hooks["Notehub"])
                yield basecamp

        section = {**HASTY, "modem": "notecard", "port": card.path, "product": PRODUCT}
        yield Bench(
            {"uplink.satellite": section}, card.path, NOWHERE["port"], heard, NOTECARD,
            "edge.uplink.satellite._UNANSWERED_S",
        )  # fmt: skip


@contextmanager
def iridium(camp: Camp, _: Broker, __: Path) -> Iterator[Bench]:
    account = hooked.USER, hooked.PASSWORD
    with (
        RockblockGateway(*account, seed=1, speed=SPEED) as gateway,
        IridiumSbdSimulator(gateway.receiver(IMEI), seed=1, speed=SPEED) as modem,
    ):
        gateway.connect(IMEI, modem.send_downlink)

        @contextmanager
        def heard() -> Iterator[Basecamp]:
            terms = hooked.rockblock_terms(camp.folder, gateway, answers_per_day=1_000_000)
            with hooks_of(camp, rockblock=terms) as basecamp:
                gateway.hook.aim(basecamp.hooks["RockBLOCK"])
                yield basecamp

        section = {**HASTY, "modem": "iridium", "port": modem.path}
        yield Bench(
            {"uplink.satellite": section}, modem.path, NOWHERE["port"], heard, f"imei:{IMEI}",
            "edge.uplink.satellite._UNANSWERED_S",
        )  # fmt: skip


LINKS: Mapping[str, Callable[[Camp, Broker, Path], AbstractContextManager[Bench]]] = {
    "MQTT": mqtt,
    "cellular": cellular,
    "LoRaWAN, RAK3172": lorawan("rak3172", SimulatedRak3172, ChirpStack()),
    "LoRaWAN, Wio-E5": lorawan("wio-e5", SimulatedWioE5, TheThingsStack()),
    "Notecard": notecard,
    "Iridium": iridium,
}
