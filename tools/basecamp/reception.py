"""From a frame that some network carried to a stored record, and what is told of it.

Whoever carries frames, this end is the same: find the device's station, open the frame once, keep
it, count and tell what was not taken. Networks repeat what they told of already, which is no
attack: it is recognised here.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from edge.security.errors import KeyFileError
from edge.wire.air.frame import FrameRefused, Reason
from tools.basecamp.errors import NotEnrolled
from tools.basecamp.radio_devices import RadioDevices, number_of, option_of
from tools.basecamp.radio_inbox import Heard, RadioInbox
from tools.basecamp.radio_telling import tell
from tools.basecamp.refusals import Refusals

log = logging.getLogger(__name__)

_ECHO_S = 600.0
_ECHOES = 256
_STRANGE_S = 3600.0
_STRANGERS = 16
_WAYS_OUT = {
    Reason.VERSION: "update basecamp",
    Reason.LENGTH: "if another program sends through this modem, exchange its keys",
    Reason.TAG: "compare the station's name, its token and the modem's number with its"
    " configuration",
    Reason.REPLAYED: "nothing to do, unless it goes on: then somebody repeats what was on the air",
    Reason.TOO_OLD: "nothing to do: the station sends again what was not acknowledged",
}
_TOLD = {Reason.REPLAYED: "a frame came before", Reason.TOO_OLD: "a frame is too old"}


class Fate(Enum):
    """What became of a frame."""

    TAKEN = "taken"
    """It is authentic and durable."""
    KNOWN = "known"
    """It came before, and is durable since."""
    STRANGE = "strange"
    """No station has this device; that may change."""
    REFUSED = "refused"
    """It is not believed, and would not be if it came again."""


@dataclass(frozen=True, slots=True)
class Taking:
    """``heard`` is what a frame that was TAKEN says."""

    fate: Fate
    heard: Heard | None = None


class Reception:
    """Takes frames of devices. Safe to share between threads.

    ``repeats`` says that the carrier repeats a frame for hours, as long as it does not know that
    the frame arrived: one that came before is then no attack.
    """

    def __init__(
        self,
        devices: RadioDevices,
        inbox: RadioInbox,
        refusals: Refusals,
        *,
        repeats: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._devices = devices
        self._inbox = inbox
        self._refusals = refusals
        self._repeats = repeats
        self._echoes = _Echoes(clock)
        self._strangers = _Strangers(clock)

    def take(self, device: str, frame: bytes) -> Taking:
        """Take one frame; what it brought is durable when it is TAKEN or KNOWN.

        Raises StoreError when it is genuine but could not be kept.
        """
        station = self._devices.station_of(device)
        if station is None:
            self._tell_of_stranger(device)
            return Taking(Fate.STRANGE)
        if self._echoes.is_one(device, frame):
            return _known(station)
        try:
            heard = self._inbox.take(station, frame)
        except FrameRefused as error:
            if self._repeats and error.reason is Reason.REPLAYED:
                return _known(station)
            # Each frame has a counter of its own: told one by one they would fill the log.
            reason = "by radio: " + _TOLD.get(error.reason, str(error))
            return self._refused(station, reason, _WAYS_OUT[error.reason])
        except NotEnrolled:
            way_out = f"if it is yours: irbis basecamp enrol {station} TOKEN"
            return self._refused(station, "it is not enrolled", way_out)
        except KeyFileError as error:
            way_out = f"irbis basecamp enrol {station} TOKEN --replace"
            return self._refused(station, str(error), way_out)
        self._echoes.remember(device, frame)
        tell(heard, len(frame))
        return Taking(Fate.TAKEN, heard)

    def refuse(self, who: str, reason: str, way_out: str) -> None:
        """Count a message that was not taken, and tell of it once in a while."""
        if self._refusals.add(who, reason, way_out):
            log.warning("refused a message from %s: %s; %s", who, reason, way_out)

    def _tell_of_stranger(self, device: str) -> None:
        if self._strangers.may_be_named(device):
            way_out = f"if it is yours: irbis basecamp radio STATION {option_of(device)}"
            self.refuse(f"device {number_of(device)}", "no station has it", way_out)
        else:
            self.refuse("further devices", "no station has them", "look at the carrier's own log")

    def _refused(self, station: str, reason: str, way_out: str) -> Taking:
        self.refuse(station, reason, way_out)
        return Taking(Fate.REFUSED)


class _Echoes:
    """Frames that a network told of lately."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._until_s: OrderedDict[bytes, float] = OrderedDict()

    def is_one(self, device: str, frame: bytes) -> bool:
        with self._lock:
            return self._until_s.get(_digest(device, frame), -1.0) > self._clock()

    def remember(self, device: str, frame: bytes) -> None:
        with self._lock:
            self._until_s[_digest(device, frame)] = self._clock() + _ECHO_S
            if len(self._until_s) > _ECHOES:
                self._until_s.popitem(last=False)


class _Strangers:
    """Devices that no station has, told of by name: a few at a time, for anybody can make them
    up."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._named_s: dict[str, float] = {}

    def may_be_named(self, device: str) -> bool:
        with self._lock:
            now_s = self._clock()
            self._named_s = {
                one: at_s for one, at_s in self._named_s.items() if now_s < at_s + _STRANGE_S
            }
            if device not in self._named_s and len(self._named_s) < _STRANGERS:
                self._named_s[device] = now_s
            return device in self._named_s


def _digest(device: str, frame: bytes) -> bytes:
    return hashlib.blake2b(device.encode() + b"\0" + frame, digest_size=16).digest()


def _known(station: str) -> Taking:
    log.info("%s: the network tells of a frame again", station)
    return Taking(Fate.KNOWN)
