"""A LoRaWAN network server in small: sessions, counters, ADR, confirmations, downlink queues.

It stands where gateways, network server and join server stand. What it hears, it tells as records
(``Received`` and the like); lorawan_events turns these into the JSON of real networks. Losses,
doubles and changes of order come from one seeded source.
"""

from __future__ import annotations

import random
import threading
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from firmware_bridge.lorawan_identity import Identity
from firmware_bridge.lorawan_regions import Region
from firmware_bridge.simulators.lorawan_air import (
    NEEDED_SNR_DB,
    DownlinkFrame,
    JoinAccept,
    JoinRequest,
    UplinkFrame,
)

NET_ID = bytes.fromhex("000013")
# What both networks keep in hand before they order a faster data rate.
_ADR_MARGIN_DB = 10.0
_ADR_STEP_DB = 3.0
_MOST_QUEUED = 64


@dataclass(frozen=True, slots=True)
class Weather:
    """What happens between a device and the application, as chances from 0 to 1."""

    loss: float = 0.0
    """An uplink reaches no gateway."""
    downlink_loss: float = 0.0
    """A downlink does not reach the device."""
    duplicate: float = 0.0
    """The application is told twice."""
    reorder: float = 0.0
    """The application is told after the next one."""
    snr_db: float = 5.0
    """Mean signal to noise at the gateway; with a spread of 2 dB."""


@dataclass(frozen=True, slots=True)
class QueuedDownlink:
    """What an application wants to be sent. Times out never; sent in order."""

    port: int
    payload: bytes
    confirmed: bool = False
    item_id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True, slots=True)
class Joined:
    """A device was let in."""

    identity: Identity
    dev_addr: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """An uplink arrived."""

    identity: Identity
    frame: UplinkFrame
    region: Region
    rssi_dbm: int
    snr_db: float
    at: datetime
    event_id: uuid.UUID
    """The same in both tellings of one uplink."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A downlink was sent (``acknowledged`` is None), or a confirmed one was answered."""

    identity: Identity
    dev_addr: bytes
    downlink: QueuedDownlink
    counter: int
    acknowledged: bool | None
    at: datetime


Event = Joined | Received | Answered


class _Device:
    def __init__(self, identity: Identity, region: Region, adr_after: int) -> None:
        self.identity = identity
        self.region = region
        self.adr_after = adr_after
        self.queue: deque[QueuedDownlink] = deque()
        self.open_session(b"")

    def open_session(self, dev_addr: bytes) -> None:
        self.dev_addr = dev_addr
        self.last_up = -1
        self.next_down = 0
        self.awaiting: tuple[QueuedDownlink, int] | None = None
        self.snrs_db: deque[float] = deque(maxlen=self.adr_after)


class NetworkServer:
    """See lorawan_air.Network. ``tell`` is called for each event, in the device's thread.

    ``adr_after`` is the number of uplinks after which it orders another data rate. An event that is
    held back to change the order is told after ``hold_s`` (in real time) at the latest.
    """

    def __init__(
        self,
        tell: Callable[[Event], None],
        weather: Weather | None = None,
        seed: int = 0,
        adr_after: int = 20,
        hold_s: float = 30.0,
    ) -> None:
        self._tell_application = tell
        self.weather = weather or Weather()
        self._random = random.Random(seed)
        self._lock = threading.RLock()
        self._devices: dict[bytes, _Device] = {}
        self._held: Event | None = None
        self._hold_s = hold_s
        self._release: threading.Timer | None = None
        self._adr_after = adr_after

    def register(self, identity: Identity, region: Region) -> None:
        """Know a device."""
        with self._lock:
            self._devices[identity.dev_eui] = _Device(identity, region, self._adr_after)

    def queue(self, dev_eui: bytes, downlinks: list[QueuedDownlink], replaces: bool) -> None:
        """Send ``downlinks`` after the next uplinks; a device that nobody knows gets nothing."""
        with self._lock:
            device = self._devices.get(dev_eui)
            if device is None:
                return
            if replaces:
                device.queue.clear()
            device.queue.extend(downlinks[: _MOST_QUEUED - len(device.queue)])

    def queued(self, dev_eui: bytes) -> int:
        """How many downlinks wait for the device."""
        with self._lock:
            return len(self._devices[dev_eui].queue)

    def join(self, request: JoinRequest) -> JoinAccept | None:
        """See Network."""
        with self._lock:
            device = self._devices.get(request.dev_eui)
            if not self._heard(request.spreading_factor) or device is None:
                return None
            known = device.identity
            if (known.join_eui, known.app_key) != (request.join_eui, request.app_key):
                return None  # the message integrity code would not fit
            device.open_session(bytes([0x26, *self._random.randbytes(3)]))
            self._tell(Joined(known, device.dev_addr, datetime.now(UTC)))
            if self._random.random() < self.weather.downlink_loss:
                return None
            return JoinAccept(NET_ID, device.dev_addr)

    def uplink(self, frame: UplinkFrame) -> DownlinkFrame | None:
        """See Network."""
        with self._lock:
            snr_db = round(self._random.gauss(self.weather.snr_db, 2.0) * 4) / 4
            device = next(
                (found for found in self._devices.values() if found.dev_addr == frame.dev_addr),
                None,
            )
            if device is None or not self._heard(frame.spreading_factor, snr_db):
                return None
            if frame.counter < device.last_up:
                return None  # a replayed frame
            if frame.counter > device.last_up:
                self._take(device, frame, snr_db)
            answer = self._answer(device, frame)
            lost = self._random.random() < self.weather.downlink_loss
            return None if answer is None or lost else answer

    def flush(self) -> None:
        """Tell what was held back to change the order."""
        with self._lock:
            held, self._held = self._held, None
            if self._release is not None:
                self._release.cancel()
            if held is not None:
                self._tell_application(held)

    def _heard(self, spreading_factor: int, snr_db: float | None = None) -> bool:
        snr_db = self._random.gauss(self.weather.snr_db, 2.0) if snr_db is None else snr_db
        if self._random.random() < self.weather.loss:
            return False
        return snr_db >= NEEDED_SNR_DB[spreading_factor]

    def _take(self, device: _Device, frame: UplinkFrame, snr_db: float) -> None:
        device.last_up = frame.counter
        device.snrs_db.append(snr_db)
        now = datetime.now(UTC)
        if device.awaiting is not None:
            downlink, counter = device.awaiting
            device.awaiting = None
            self._tell(
                Answered(
                    device.identity, frame.dev_addr, downlink, counter, frame.acknowledges, now
                )
            )
        rssi_dbm = round(-117 + snr_db)
        event_id = uuid.UUID(bytes=self._random.randbytes(16), version=4)
        self._tell(Received(device.identity, frame, device.region, rssi_dbm, snr_db, now, event_id))

    def _answer(self, device: _Device, frame: UplinkFrame) -> DownlinkFrame | None:
        downlink = device.queue.popleft() if device.queue else None
        order = self._better_rate(device, frame)
        if downlink is None and order is None and not frame.confirmed and not frame.adr_ack_request:
            return None
        counter, device.next_down = device.next_down, device.next_down + 1
        if downlink is not None:
            self._tell(
                Answered(
                    device.identity, frame.dev_addr, downlink, counter, None, datetime.now(UTC)
                )
            )
            if downlink.confirmed:
                device.awaiting = (downlink, counter)
        return DownlinkFrame(
            counter=counter,
            port=downlink.port if downlink else None,
            payload=downlink.payload if downlink else b"",
            confirmed=downlink.confirmed if downlink else False,
            acknowledges=frame.confirmed,
            pending=bool(device.queue),
            data_rate=order,
            rssi_dbm=round(self._random.gauss(-80, 4)),
            snr_db=round(self._random.gauss(self.weather.snr_db + 3, 1)),
            window=1,
        )

    def _better_rate(self, device: _Device, frame: UplinkFrame) -> int | None:
        """The data rate that the signal allows, where it is better than the present one."""
        if not frame.adr or len(device.snrs_db) < device.adr_after:
            return None
        needed_db = NEEDED_SNR_DB[frame.spreading_factor]
        spare_db = max(device.snrs_db) - needed_db - _ADR_MARGIN_DB
        usable = [
            rate
            for rate, known in device.region.data_rates.items()
            if known.bandwidth_hz == 125_000 and rate > frame.data_rate
        ]
        steps = min(int(spare_db // _ADR_STEP_DB), len(usable))
        if steps <= 0:
            return None
        device.snrs_db.clear()
        return sorted(usable)[steps - 1]

    def _tell(self, event: Event) -> None:
        """Hand on, perhaps twice, perhaps after the next."""
        if not isinstance(event, Received):
            self._tell_application(event)
            return
        events = [event]
        if self._random.random() < self.weather.duplicate:
            events.append(event)
        if self._held is None and self._random.random() < self.weather.reorder:
            self._hold(event)
            events = events[1:]
        for each in events:
            self._tell_application(each)
        if self._held is not None and self._held is not event:
            self.flush()

    def _hold(self, event: Event) -> None:
        self._held = event
        self._release = threading.Timer(self._hold_s, self.flush)
        self._release.daemon = True
        self._release.start()
