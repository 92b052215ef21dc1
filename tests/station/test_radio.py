"""A leopard before the lens is on basecamp's page, and nothing went there but LoRaWAN packets.

Station, serial driver, pty, a simulated modem, a stand-in for the network, mosquitto, basecamp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image

from edge.uplink.status import LinkState
from edge.wire.air.reference import reference_of
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack
from firmware_bridge.simulators.lorawan_device import LorawanDevice
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_mqtt import MqttApplication
from firmware_bridge.simulators.lorawan_network import NetworkServer
from firmware_bridge.simulators.lorawan_things import TheThingsStack
from firmware_bridge.simulators.rak3172 import SimulatedRak3172
from firmware_bridge.simulators.wio_e5 import SimulatedWioE5
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder
from tools.basecamp.listening import ListenAddress
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.service import Basecamp, Lorawan

KEY = "000102030405060708090a0b0c0d0e0f"
DEVICE = Identity.from_hex("70b3d57ed0060001", "00" * 8, KEY)
EU868 = REGIONS["EU868"]


@contextmanager
def modem_near(
    broker: Broker, kind: type[LorawanDevice], flavour: Flavour, adr_after: int = 20
) -> Iterator[LorawanDevice]:
    """A modem within reach of a network that speaks to ``broker``, and orders it a faster data rate
    after so many uplinks. Its seconds are short."""
    with MqttApplication("127.0.0.1", broker.port, [flavour]) as application:
        network = NetworkServer(application.tell, seed=1, adr_after=adr_after)
        network.register(DEVICE, EU868)
        application.server = network
        with kind(network, EU868, 1, 100.0) as modem:
            yield modem


@contextmanager
def listening(camp: Camp, broker: Broker) -> Iterator[Basecamp]:
    radio = Lorawan(broker.address)
    with Basecamp(
        camp.folder, broker.address, listen=ListenAddress(port=0), lorawan=radio
    ) as basecamp:
        eventually(
            lambda: (
                basecamp.lorawan_status is not None
                and basecamp.lorawan_status.state is LinkState.LISTENING
            ),
            "basecamp hears the radio",
        )
        yield basecamp


@pytest.mark.parametrize(
    ("name", "kind", "flavour"),
    [("rak3172", SimulatedRak3172, ChirpStack()), ("wio-e5", SimulatedWioE5, TheThingsStack())],
    ids=["RAK3172 and ChirpStack", "Wio-E5 and The Things Stack"],
)
def test_a_leopard_is_told_by_radio_alone(
    make_station: Callable[..., StationFolder],
    broker: Broker,
    camp: Camp,
    tmp_path: Path,
    name: str,
    kind: type[LorawanDevice],
    flavour: Flavour,
) -> None:
    with modem_near(broker, kind, flavour) as modem, listening(camp, broker) as basecamp:
        folder = make_station(**{"uplink.lorawan": settings(modem, name, tmp_path)})
        basecamp.store.devices.assign(DEVICE.dev_eui.hex(), folder.id)
        pictures = lay_card(tmp_path / "pictures", 4, target_every=2)
        with folder.replaying(pictures) as (_, notes):
            eventually(lambda: len(basecamp.store.views.news(10)) >= 2, "both leopards are told")
            views = basecamp.store.views.news(10)
        assert all(isinstance(view, RadioSightingView) for view in views)
        assert {view.sighting.reference for view in views} == set(map(reference_of, notes.targets))
        assert {view.sighting.target for view in views} == {True}


def test_the_picture_of_a_leopard_comes_by_radio_where_the_data_rate_allows_it(
    make_station: Callable[..., StationFolder], broker: Broker, camp: Camp, tmp_path: Path
) -> None:
    """Basecamp asks, for no catalogue says who it is; the network has ordered a fast data rate."""
    with (
        modem_near(broker, SimulatedRak3172, ChirpStack(), adr_after=2) as modem,
        listening(camp, broker) as basecamp,
    ):
        folder = make_station(**{"uplink.lorawan": settings(modem, "rak3172", tmp_path)})
        basecamp.store.devices.assign(DEVICE.dev_eui.hex(), folder.id)
        leopards = lay_card(tmp_path / "pictures", 8, target_every=1)
        with folder.replaying(leopards) as (_, notes):
            eventually(
                lambda: any(view.pictures for view in basecamp.store.views.news(10)),
                "a picture arrives",
            )
        (view, *_) = [view for view in basecamp.store.views.news(10) if view.pictures]
        media = basecamp.store.media_path(view.pictures[0].sha256)
    assert isinstance(view, RadioSightingView)
    assert view.sighting.reference in set(map(reference_of, notes.targets))
    assert media is not None
    with Image.open(media[0]) as picture:
        picture.load()
    assert view.pictures[0].size_bytes <= 2048


def settings(modem: LorawanDevice, name: str, folder: Path) -> dict[str, str]:
    """The section of a station's configuration for the modem on its pty."""
    (folder / "app.key").write_text(KEY + "\n")
    return {
        "port": modem.path,
        "modem": name,
        "dev_eui": DEVICE.dev_eui.hex(),
        "app_key_file": str(folder / "app.key"),
    }
