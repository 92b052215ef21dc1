"""The ledger of what a station has sent, held against its region's regulation.

It knows nothing of radios and clocks: callers ask, send, and say what they sent. Times are
milliseconds of a clock that counts on while the machine sleeps and that nobody sets
(CLOCK_BOOTTIME), never of the calendar.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from edge.errors import IrbisError
from edge.uplink.radio.duty_state import DamagedState, SavedWindow, decode, encode
from edge.uplink.radio.duty_window import SlidingWindow
from edge.uplink.radio.regions import HOUR_MS, Region, SubBand

_FAIR_UPLINK = "fair-use/uplink"


class NotNow(IrbisError, BlockingIOError):
    """A transmission that the regulation forbids now; ``wait_ms`` is None where it always does."""

    def __init__(self, message: str, wait_ms: int | None) -> None:
        super().__init__(message)
        self.wait_ms = wait_ms


@dataclass(frozen=True, slots=True)
class FairUse:
    """What a network asks of each station, held here over any window and not by calendar day. No
    station asks for an answer: it is basecamp that keeps to ``downlinks``."""

    uplink_ms: int = 30_000
    downlinks: int = 10
    window_ms: int = 24 * HOUR_MS


TTN_FAIR_USE = FairUse()
"""The Things Network's public community network: 30 s up and 10 messages down a day."""


class Ledger:
    """What may be sent when. For one thread.

    ``sub_bands`` are those that the modem's channels lie in: those of the region's default
    channels unless said otherwise (``Region.sub_bands_of``). A modem picks the channel by itself,
    so a transmission of unknown sub-band counts in each of them, and waits for each.

    A transmission goes ``spend``, radio, ``sent``. To survive a power cut, save ``to_bytes`` after
    ``spend`` and before the radio.
    """

    def __init__(
        self,
        region: Region,
        sub_bands: Iterable[SubBand] | None = None,
        fair_use: FairUse | None = None,
    ) -> None:
        if sub_bands is None:
            sub_bands = region.sub_bands_of(region.channels_hz)
        self._region = region
        self._named: dict[str, SlidingWindow] = {}
        self._of_band: dict[str | None, tuple[SlidingWindow, ...]] = {}
        self._on_air: tuple[SlidingWindow, ...] = ()
        self._make_windows(tuple(sub_bands), fair_use)

    def _make_windows(self, sub_bands: tuple[SubBand, ...], fair_use: FairUse | None) -> None:
        shared: tuple[SlidingWindow, ...] = ()
        if fair_use is not None:
            shared = (SlidingWindow(fair_use.window_ms, fair_use.uplink_ms),)
            self._named[_FAIR_UPLINK] = shared[0]
        every = shared
        for band in sub_bands:
            own: tuple[SlidingWindow, ...] = ()
            if band.hourly_ms is not None:
                own = (SlidingWindow(HOUR_MS, band.hourly_ms),)
                self._named[f"{self._region.name}/{band.name}"] = own[0]
            self._of_band[band.name] = own + shared
            every = own + every
        self._of_band[None] = every

    def next_allowed(
        self, airtime_ms: float, now_ms: int, sub_band: SubBand | None = None
    ) -> int | None:
        """The earliest time from now at which a transmission that long may start; None if never.

        Never: longer than the dwell limit, or than the whole budget. A fraction of a millisecond
        counts as one. Raises KeyError for a sub-band that the ledger does not have.
        """
        dwell_ms = self._region.dwell_ms
        if dwell_ms is not None and airtime_ms > dwell_ms:
            return None
        whole_ms = math.ceil(airtime_ms)
        latest_ms = now_ms
        for window in self._windows(sub_band):
            start_ms = window.next_start(whole_ms, now_ms)
            if start_ms is None:
                return None
            if start_ms > latest_ms:
                latest_ms = start_ms
        return latest_ms

    def spend(self, airtime_ms: float, now_ms: int, sub_band: SubBand | None = None) -> None:
        """A transmission that long is about to start. Raises NotNow where it may not."""
        allowed_ms = self.next_allowed(airtime_ms, now_ms, sub_band)
        if allowed_ms != now_ms:
            raise self._not_now(airtime_ms, now_ms, allowed_ms)
        self.charge(airtime_ms, now_ms, sub_band)

    def charge(self, airtime_ms: float, now_ms: int, sub_band: SubBand | None = None) -> None:
        """A transmission starts, allowed or not: a modem joins and repeats by itself."""
        whole_ms = math.ceil(airtime_ms)
        windows = self._windows(sub_band)
        for window in windows:
            window.add(whole_ms, now_ms)
        self._on_air = windows

    def sent(self, now_ms: int) -> None:
        """The modem is done with the last transmission, which ended now or earlier.

        A modem takes its time before it sends, and only this tells how much.
        """
        for window in self._on_air:
            window.lasted(now_ms)
        self._on_air = ()

    def left_ms(self, now_ms: int, sub_band: SubBand | None = None) -> int | None:
        """The airtime that may be sent from now at once, in ms; None for no limit."""
        windows = self._windows(sub_band)
        if not windows:
            return None
        return max(0, min(window.limit_ms - window.used_ms(now_ms) for window in windows))

    def to_bytes(self, now_ms: int, boot_id: bytes) -> bytes:
        """Everything that ``load`` needs; 1 kB a window at most.

        ``boot_id``: 16 bytes that the machine has until it restarts
        (/proc/sys/kernel/random/boot_id).
        """
        saved = [
            SavedWindow(name, window in self._on_air, tuple(window.blocks(now_ms)))
            for name, window in self._named.items()
        ]
        return encode(now_ms, boot_id, saved)

    def load(self, data: bytes, now_ms: int, boot_id: bytes, elapsed_ms: int = 0) -> None:
        """Go on from ``to_bytes``. Raises DamagedState, and is then as if all had been spent.

        Within the same boot the clock tells how long ago that was. After a restart the clock began
        anew: ``elapsed_ms`` is then how much time has certainly passed since. Without a clock to
        trust that is 0, the worst case: each of its hours begins again.
        """
        try:
            state = decode(data)
        except DamagedState:
            self.assume_spent(now_ms)
            raise
        if state.boot_id == boot_id:
            elapsed_ms = now_ms - state.saved_ms
        elapsed_ms = max(0, elapsed_ms)
        for saved in state.windows:
            window = self._named.get(saved.name)
            if window is not None:
                window.restore(((age + elapsed_ms, spent) for age, spent in saved.blocks), now_ms)
                if saved.on_air:
                    window.lasted(now_ms)

    def assume_spent(self, now_ms: int) -> None:
        """As if every budget had been spent just now: for a station whose record is lost."""
        for window in self._named.values():
            window.fill(now_ms)

    def _windows(self, sub_band: SubBand | None) -> tuple[SlidingWindow, ...]:
        return self._of_band[None if sub_band is None else sub_band.name]

    def _not_now(self, airtime_ms: float, now_ms: int, allowed_ms: int | None) -> NotNow:
        what = f"{airtime_ms:.0f} ms on the air in {self._region.name}"
        if allowed_ms is None:
            return NotNow(f"{what} is more than is ever allowed; send less, or faster", None)
        wait_ms = allowed_ms - now_ms
        return NotNow(f"{what} must wait {wait_ms / 1000:.1f} s for the duty cycle", wait_ms)
