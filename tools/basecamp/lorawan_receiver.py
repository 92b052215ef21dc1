"""From a network's message to a stored frame and the downlink that acknowledges it."""

from __future__ import annotations

import hashlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable

from edge.security.errors import KeyFileError
from edge.wire.air.beacon import Beacon
from edge.wire.air.fragments import Fragment, NotHere
from edge.wire.air.frame import FrameRefused, Reason
from edge.wire.air.heartbeat import RadioHeartbeat
from edge.wire.air.sighting import RadioSighting
from tools.basecamp.broker_link import Publication
from tools.basecamp.content import Unreadable
from tools.basecamp.errors import NotEnrolled
from tools.basecamp.lorawan_chirpstack import ChirpStack
from tools.basecamp.lorawan_events import EventRefused, LorawanNetwork, Uplink
from tools.basecamp.lorawan_things import TheThingsStack
from tools.basecamp.radio_answers import RadioAnswers
from tools.basecamp.radio_devices import RadioDevices
from tools.basecamp.radio_inbox import Heard, RadioInbox
from tools.basecamp.refusals import Refusals

log = logging.getLogger(__name__)

NETWORKS: tuple[LorawanNetwork, ...] = (ChirpStack(), TheThingsStack())
_ECHO_S = 600.0
_ECHOES = 256
_WAYS_OUT = {
    Reason.VERSION: "update basecamp",
    Reason.LENGTH: "if another program sends through this modem, exchange its keys",
    Reason.TAG: "compare the station's name, its token and the device EUI with its configuration",
    Reason.REPLAYED: "nothing to do, unless it goes on: then somebody repeats what was on the air",
    Reason.TOO_OLD: "nothing to do: the station sends again what was not acknowledged",
}


class LorawanReceiver:
    """Takes uplinks of all networks. Not for several threads."""

    def __init__(
        self,
        devices: RadioDevices,
        inbox: RadioInbox,
        answers: RadioAnswers,
        refusals: Refusals,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = devices
        self._inbox = inbox
        self._answers = answers
        self._refusals = refusals
        self._echoes = _Echoes(clock)
        self._answered: dict[str, tuple[str, int]] = {}

    def receive(self, topic: str, data: bytes) -> Publication | None:
        """Take one message; the downlink to ask for once its content is durable, if any.

        Raises StoreError when it is genuine but could not be kept.
        """
        network = next((one for one in NETWORKS if one.hears(topic)), None)
        if network is None:
            self._refuse(repr(topic[:80]), "its topic is no network's", "check the subscription")
            return None
        try:
            uplink = network.read(topic, data)
        except EventRefused as error:
            self._refuse(repr(topic[:80]), str(error), "check the network's MQTT integration")
            return None
        if uplink is None:
            return None
        heard = self._take(uplink)
        if heard is None or not self._leads(uplink):
            return None
        return self._answer(network, topic, uplink, heard)

    def _take(self, uplink: Uplink) -> Heard | None:
        station = self._devices.station_of(uplink.dev_eui)
        if station is None:
            way_out = f"irbis basecamp radio STATION --dev-eui {uplink.dev_eui}"
            self._refuse(
                f"device {uplink.dev_eui}", "no station has it", f"if it is yours: {way_out}"
            )
            return None
        if self._echoes.is_one(uplink):
            log.info("%s: the network tells of a frame again", station)
            return None
        try:
            heard = self._inbox.take(station, uplink.payload)
        except FrameRefused as error:
            # Each frame has a counter of its own: told one by one they would fill the log.
            reason = "by radio: " + _TOLD.get(error.reason, str(error))
            self._refuse(station, reason, _WAYS_OUT[error.reason])
            return None
        except NotEnrolled:
            way_out = f"irbis basecamp enrol {station} TOKEN"
            self._refuse(station, "it is not enrolled", f"if it is yours: {way_out}")
            return None
        except KeyFileError as error:
            self._refuse(station, str(error), f"irbis basecamp enrol {station} TOKEN --replace")
            return None
        self._echoes.remember(uplink)
        _tell(station, heard, len(uplink.payload))
        return heard

    def _leads(self, uplink: Uplink) -> bool:
        """Whether nothing waits for the device at its network, as far as can be known: what was
        asked for before this uplink left with it, unless the uplink is told of late."""
        session, counter = self._answered.get(uplink.dev_eui, ("", -1))
        return uplink.session != session or uplink.counter > counter

    def _answer(
        self, network: LorawanNetwork, topic: str, uplink: Uplink, heard: Heard
    ) -> Publication | None:
        try:
            frame = self._answers.due(heard.keys, heard.key_id)
        except OverflowError as error:
            self._refuse(heard.keys.station, "it cannot be answered by radio", str(error))
            return None
        if frame is None:
            return None
        self._answered[uplink.dev_eui] = (uplink.session, uplink.counter)
        return network.command(topic, uplink, frame)

    def _refuse(self, who: str, reason: str, way_out: str) -> None:
        if self._refusals.add(who, reason, way_out):
            log.warning("refused a message from %s: %s; %s", who, reason, way_out)


_TOLD = {Reason.REPLAYED: "a frame came before", Reason.TOO_OLD: "a frame is too old"}


_NAMES: dict[type, str] = {
    RadioSighting: "sighting",
    RadioHeartbeat: "heartbeat",
    Beacon: "beacon",
    Fragment: "fragment of a crop",
    NotHere: "crop that is not there",
}
_KNOWN: dict[type, str] = {Fragment: "not wanted", NotHere: "not wanted"}


class _Echoes:
    """Frames that a network told of lately: it may tell of one twice, which is no attack."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._until_s: OrderedDict[bytes, float] = OrderedDict()

    def is_one(self, uplink: Uplink) -> bool:
        return self._until_s.get(_digest(uplink), -1.0) > self._clock()

    def remember(self, uplink: Uplink) -> None:
        self._until_s[_digest(uplink)] = self._clock() + _ECHO_S
        if len(self._until_s) > _ECHOES:
            self._until_s.popitem(last=False)


def _digest(uplink: Uplink) -> bytes:
    return hashlib.blake2b(uplink.dev_eui.encode() + uplink.payload, digest_size=16).digest()


def _tell(station: str, heard: Heard, size_bytes: int) -> None:
    content = heard.record.content
    if isinstance(content, Unreadable) and heard.is_new:
        log.warning("%s: a radio record is kept but not understood: %s", station, content.reason)
    else:
        state = "stored" if heard.is_new else _KNOWN.get(type(content), "again")
        what = _NAMES.get(type(content), "record")
        log.info("%s: %s by radio (%d bytes) %s", station, what, size_bytes, state)
