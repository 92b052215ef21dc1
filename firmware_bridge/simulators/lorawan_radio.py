"""The class A end device inside a modem: session, data rate, duty cycle, windows, repeats."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from firmware_bridge.lorawan_regions import Band, Region, time_on_air_s
from firmware_bridge.simulators.at_device import Timers
from firmware_bridge.simulators.lorawan_air import (
    FRAME_OVERHEAD_BYTES,
    DownlinkFrame,
    JoinAccept,
    JoinRequest,
    Network,
    UplinkFrame,
)

# RP002-1.0.5: the windows after an uplink open after 1 and 2 s, after a join request after 5 and 6.
_WINDOWS_S = (1.0, 2.0)
_JOIN_WINDOWS_S = (5.0, 6.0)
# LoRaWAN 1.0.4: after so many uplinks without a word the device asks, then slows down.
_ADR_ACK_LIMIT = 64
_ADR_ACK_DELAY = 32
_LINK_ADR_ANSWER_BYTES = 2


@dataclass(frozen=True, slots=True)
class Transmitted:
    """How a transmission ended. ``downlink`` is what came in the last window, if anything."""

    acknowledged: bool
    downlink: DownlinkFrame | None


class Radio:
    """For the thread of its device. ``on_transmit`` is called at the start of each transmission."""

    def __init__(
        self,
        region: Region,
        network: Network,
        timers: Timers,
        random_source: random.Random,
        on_transmit: Callable[[], None] = lambda: None,
    ) -> None:
        self.network = network
        self.timers = timers
        self._random = random_source
        self._on_transmit = on_transmit
        self.adr = True
        self.busy = False
        self._free_at_s: dict[Band, float] = {}
        self.use(region)

    def use(self, region: Region) -> None:
        """Be in ``region``, without a session, at its slowest data rate."""
        self.region = region
        self.data_rate = region.join_data_rate
        self.forget_session()

    def forget_session(self) -> None:
        """As a device without memory for it does when its power fails."""
        self.session: JoinAccept | None = None
        self.busy = False
        self.counter = 0
        self._last_down = -1
        self._since_word = 0
        self._owes_ack = False
        self._answer_bytes = 0

    @property
    def payload_bytes(self) -> int:
        """The longest payload now, beside the answers that wait for the network."""
        return max(self.region.payload_bytes(self.data_rate) - self._answer_bytes, 0)

    def wait_s(self) -> float:
        """How long the duty cycle forbids to transmit."""
        free = [self._free_at_s.get(band, 0.0) for band in self.region.bands]
        return max(min(free) - self.timers.now_s(), 0.0)

    def join(self, request: JoinRequest, done: Callable[[JoinAccept | None], None]) -> None:
        """Ask once to be let in; ``done`` is told after the windows."""
        rate = self.region.data_rates[self.data_rate]
        airtime_s = time_on_air_s(rate, 23)
        frequency_hz = self._occupy(airtime_s)
        asked = replace(
            request,
            data_rate=self.data_rate,
            spreading_factor=rate.spreading_factor,
            frequency_hz=frequency_hz,
        )

        def on_air_end() -> None:
            accept = self.network.join(asked)
            window_s = _JOIN_WINDOWS_S[0 if accept else 1]
            self.timers.after(window_s + 0.1, lambda: self._end_join(accept, done))

        self.timers.after(airtime_s, on_air_end)

    def send(
        self,
        port: int | None,
        payload: bytes,
        confirmed: bool,
        tries: int,
        done: Callable[[Transmitted], None],
    ) -> None:
        """Send, up to ``tries`` times until it is acknowledged; ``done`` is told after that.

        The caller has looked: there is a session, nothing is under way, it fits, it may transmit.
        """
        assert self.session is not None
        rate = self.region.data_rates[self.data_rate]
        size = FRAME_OVERHEAD_BYTES + len(payload) + self._answer_bytes - (port is None)
        self._since_word += 1
        frame = UplinkFrame(
            dev_addr=self.session.dev_addr,
            counter=self.counter,
            port=port,
            payload=payload,
            confirmed=confirmed,
            acknowledges=self._owes_ack,
            adr=self.adr,
            adr_ack_request=self._since_word > _ADR_ACK_LIMIT,
            data_rate=self.data_rate,
            spreading_factor=rate.spreading_factor,
            bandwidth_hz=rate.bandwidth_hz,
            frequency_hz=0,
            airtime_s=time_on_air_s(rate, size),
        )
        self._answer_bytes = 0
        self._owes_ack = False
        self._transmit(frame, tries, done)

    def _transmit(
        self, frame: UplinkFrame, tries: int, done: Callable[[Transmitted], None]
    ) -> None:
        frame = replace(frame, frequency_hz=self._occupy(frame.airtime_s))

        def on_air_end() -> None:
            answer = self.network.uplink(frame)
            window_s = _WINDOWS_S[0 if answer is None else answer.window - 1]
            delay_s = window_s + 0.1 if answer else _WINDOWS_S[1] + 0.1
            self.timers.after(delay_s, lambda: self._end_try(frame, answer, tries - 1, done))

        self.timers.after(frame.airtime_s, on_air_end)

    def _end_try(
        self,
        frame: UplinkFrame,
        answer: DownlinkFrame | None,
        tries: int,
        done: Callable[[Transmitted], None],
    ) -> None:
        acknowledged = answer is not None and answer.acknowledges
        if frame.confirmed and not acknowledged and tries > 0:
            # ACK_TIMEOUT: 2 s, give or take one; longer where the duty cycle says so.
            pause_s = max(1 + 2 * self._random.random(), self.wait_s())
            self.timers.after(pause_s, lambda: self._transmit(frame, tries, done))
            return
        self.busy = False
        self.counter += 1
        if answer is not None:
            answer = self._hear(answer)
        else:
            self._slow_down()
        done(Transmitted(acknowledged, answer))

    def _hear(self, answer: DownlinkFrame) -> DownlinkFrame | None:
        if answer.counter <= self._last_down:
            return None
        self._last_down = answer.counter
        self._since_word = 0
        self._owes_ack = answer.confirmed
        if answer.data_rate is not None and self.adr:
            self.data_rate = answer.data_rate
            self._answer_bytes = _LINK_ADR_ANSWER_BYTES
        return answer

    def _slow_down(self) -> None:
        silent = self._since_word - _ADR_ACK_LIMIT - _ADR_ACK_DELAY
        if self.adr and silent >= 0 and silent % _ADR_ACK_DELAY == 0:
            least = self.region.join_data_rate
            slower = [rate for rate in self.region.data_rates if least <= rate < self.data_rate]
            self.data_rate = max(slower, default=self.data_rate)

    def _end_join(
        self, accept: JoinAccept | None, done: Callable[[JoinAccept | None], None]
    ) -> None:
        self.forget_session()
        self.session = accept
        done(accept)

    def _occupy(self, airtime_s: float) -> int:
        """Be on the air; the band is then closed for what the duty cycle asks."""
        now_s = self.timers.now_s()
        bands = sorted(self.region.bands, key=lambda band: self._free_at_s.get(band, 0.0))
        free = [band for band in bands if self._free_at_s.get(band, 0.0) <= now_s]
        band = self._random.choice(free or bands[:1])
        self._free_at_s[band] = now_s + airtime_s / band.duty
        self.busy = True
        self._on_transmit()
        return self._random.choice(band.channels_hz)
