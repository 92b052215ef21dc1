"""A station on the radio: real frames, handed to a network that speaks on a real broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from edge.records import ClockQuality, ObservationType, Vitals
from edge.security.keys import BasecampToken, StationKey
from edge.security.radio_key import RadioKeys
from edge.wire.air.acknowledgement import decode_radio_acknowledgement
from edge.wire.air.answers import parted
from edge.wire.air.beacon import Beacon
from edge.wire.air.channel import Sealer, open_down
from edge.wire.air.heartbeat import RadioHeartbeat, encode_radio_heartbeat
from edge.wire.air.kinds import RecordKind, kind_of
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import RadioSighting, condensed, encode_radio_sighting
from edge.wire.air.want import Want, decode_want
from edge.wire.air.window import Seen
from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import REGIONS
from firmware_bridge.simulators.lorawan_air import JoinRequest, UplinkFrame
from firmware_bridge.simulators.lorawan_chirpstack import ChirpStack
from firmware_bridge.simulators.lorawan_events import Flavour
from firmware_bridge.simulators.lorawan_mqtt import MqttApplication
from firmware_bridge.simulators.lorawan_network import NetworkServer, Weather
from firmware_bridge.simulators.lorawan_things import TheThingsStack

from . import samples
from .field import Broker

DEV_EUI = "70b3d57ed0060001"
IDENTITY = Identity.from_hex(DEV_EUI, "0000000000000001", "000102030405060708090a0b0c0d0e0f")
ROSTER = Roster.of(["Aksu", "Bars", "Cholpon"])
PORT = 2
KEY_ID = 5


class Counting:
    """Counters of one spool, in memory."""

    def __init__(self, key_id: int = KEY_ID) -> None:
        self.key_id = key_id
        self.spent = 0

    def take(self) -> tuple[int, int]:
        self.spent += 1
        return self.key_id, self.spent - 1


class RadioStation:
    """Seals records. What basecamp acknowledged is in ``acknowledged``, what it asked for in
    ``wants``."""

    def __init__(
        self, key: StationKey, basecamp: BasecampToken, name: str = "ridge-2", key_id: int = KEY_ID
    ) -> None:
        self.name = name
        self.keys = RadioKeys.of_station(name, key, basecamp)
        self.sealer = Sealer(self.keys, Counting(key_id))
        self.acknowledged: set[int] = set()
        self.wants: list[Want] = []
        self.downlinks = 0
        self._seen = Seen()

    def hear(self, frame: bytes) -> None:
        """A downlink. Raises FrameRefused for one that is not basecamp's, or came before."""
        opened = open_down(frame, self.keys, self._seen)
        self._seen = opened.seen
        self.downlinks += 1
        for record in parted(opened.content):
            if kind_of(record) is RecordKind.WANT:
                self.take_want(decode_want(record), opened.number.counter)
            else:
                told = decode_radio_acknowledgement(record)
                assert told.key_id == KEY_ID
                self.acknowledged |= set(told.sequences)

    def take_want(self, want: Want, number: int) -> None:
        """What basecamp asks for, in the frame with this counter."""
        self.wants.append(want)


class Modem:
    """What a modem does for a station: joins, sends, and hears what comes after."""

    def __init__(self, network: NetworkServer, station: RadioStation) -> None:
        self._network = network
        self.station = station
        self._counter = -1
        accept = network.join(
            JoinRequest(IDENTITY.dev_eui, IDENTITY.join_eui, IDENTITY.app_key, 0, 7, 868_100_000)
        )
        assert accept is not None
        self._dev_addr = accept.dev_addr

    def send(self, record: bytes) -> bytes:
        """Seal and send ``record``; the frame."""
        frame = self.station.sealer.seal(record)
        self.send_raw(frame)
        return frame

    def send_raw(self, frame: bytes) -> None:
        self._counter += 1
        answer = self._network.uplink(
            UplinkFrame(
                dev_addr=self._dev_addr,
                counter=self._counter,
                port=PORT,
                payload=frame,
                confirmed=False,
                acknowledges=False,
                adr=False,
                adr_ack_request=False,
                data_rate=5,
                spreading_factor=7,
                bandwidth_hz=125_000,
                frequency_hz=868_100_000,
                airtime_s=0.1,
            )
        )
        if answer is not None and answer.payload:
            assert answer.port == PORT
            self.station.hear(answer.payload)


CHIRPSTACK: tuple[Flavour, ...] = (ChirpStack(),)
THINGS: tuple[Flavour, ...] = (TheThingsStack(),)
BOTH = (*CHIRPSTACK, *THINGS)


@contextmanager
def network_on(
    broker: Broker,
    flavours: tuple[Flavour, ...] = BOTH,
    weather: Weather | None = None,
    seed: int = 1,
) -> Iterator[NetworkServer]:
    """A network whose events go to ``broker``."""
    with MqttApplication("127.0.0.1", broker.port, flavours) as application:
        server = NetworkServer(application.tell, weather, seed)
        server.register(IDENTITY, REGIONS["EU868"])
        application.server = server
        yield server
        server.flush()


def radio_sighting(number: int = 1, sequence: int | None = None, **changes: Any) -> RadioSighting:
    """What the radio tells of ``samples.sighting(number)``."""
    identities = changes.pop("identities", ())
    full = samples.sighting(number, **changes)
    full = replace(full, identities=identities, not_in_catalogue=0.17 if identities else None)
    return condensed(full, number if sequence is None else sequence, ROSTER)


def sighting_record(number: int = 1, sequence: int | None = None, **changes: Any) -> bytes:
    return encode_radio_sighting(radio_sighting(number, sequence, **changes))


def heartbeat(sequence: int = 900, **changes: Any) -> RadioHeartbeat:
    made = RadioHeartbeat(
        sequence=sequence,
        sent_at=samples.NOON + timedelta(minutes=sequence),
        clock=ClockQuality.GPS,
        boot=3,
        uptime_s=7200,
        vitals=Vitals(3710, -14.0),
        solar_mv=5120,
        free_bytes=2**34,
        outbox_items=4,
        unjudged_bursts=1,
        bursts=812,
        blanks_dropped=700,
        blanks_audited=35,
        audit_misses=1,
        errors=2,
        alarms=("battery-low",),
        software=(0, 1, 0),
        models=77,
        catalogue=ROSTER.check,
    )
    return replace(made, **changes)


def heartbeat_record(sequence: int = 900, **changes: Any) -> bytes:
    return encode_radio_heartbeat(heartbeat(sequence, **changes))


BEACON = Beacon(
    alert=False,
    target=True,
    observation_type=ObservationType.ANIMAL,
    count=2,
    age_s=128,
    waiting=4,
)
