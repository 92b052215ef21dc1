"""What a simulated fleet is like. Every number is an assumption that a run may change."""

from __future__ import annotations

from dataclasses import dataclass

from edge.errors import IrbisError
from edge.uplink.radio.consumption import TRANSMIT_W, WINDOWS_J
from edge.uplink.radio.duty import FairUse
from edge.uplink.radio.regions import Region
from edge.uplink.radio.regions_tables import region

DAY_S = 86_400.0
_HIGHEST = 100_000


class BadSimulation(IrbisError, ValueError):
    """A fleet that cannot be simulated."""


@dataclass(frozen=True, slots=True)
class Weather:
    """Sun and snow. ``harvest_j`` is what a panel brings on a mean clear-and-cloudy day; a day
    varies by ``variation`` (standard deviation as a share). It snows on ``snow_per_day`` of days on
    all stations of a gateway, and lies on a panel for ``snow_lies_days`` on average, in which it
    brings ``under_snow`` of its harvest."""

    harvest_j: float = 90_000.0
    variation: float = 0.4
    snow_per_day: float = 0.08
    snow_lies_days: float = 3.0
    under_snow: float = 0.05


@dataclass(frozen=True, slots=True)
class Battery:
    """A battery of 12 Ah at 3.7 V; ``load_w`` is the whole station without its radio. It switches
    off at ``floor`` of the capacity and on again at ``resume``."""

    capacity_j: float = 160_000.0
    load_w: float = 0.5
    floor: float = 0.1
    resume: float = 0.2


@dataclass(frozen=True, slots=True)
class Radio:
    """The way from a station to its gateway.

    ``snr_db`` and ``shadowing_db``: mean and standard deviation over stations of the mean
    signal-to-noise ratio; nobody leaves a station with less than ``least_margin_db`` at the slowest
    rate. ``transmit_w`` and ``windows_j`` are what sending and both receive windows take; the power
    is that of ``irbis bench radio``. A gateway is up for ``up_days`` and then away for
    ``outage_days``, both on average.
    """

    snr_db: float = -6.0
    shadowing_db: float = 7.0
    least_margin_db: float = 5.0
    fading: bool = True
    transmit_w: float = TRANSMIT_W
    windows_j: float = WINDOWS_J
    up_days: float = 20.0
    outage_days: float = 0.5


@dataclass(frozen=True, slots=True)
class Traffic:
    """What happens before a lens, per station and day; ``known`` is the share of cats that the
    catalogue names.

    News wait ``answer_s`` for basecamp's answer, then are said again, then after twice as long. It
    comes with the next uplink, or, with ``quick_answers``, with the same. A heartbeat is said once.
    """

    cats: float = 0.3
    known: float = 0.6
    alerts: float = 0.03
    heartbeat_s: float = 12 * 3600.0
    answer_s: float = 900.0
    quick_answers: bool = False


@dataclass(frozen=True, slots=True)
class Fleet:
    """A run. The same one gives the same numbers, on any number of processors."""

    stations: int = 100
    days: float = 90.0
    seed: int = 1
    region_name: str = "EU868"
    per_gateway: int = 50
    fair_use: FairUse | None = None
    radio: Radio = Radio()
    battery: Battery = Battery()
    weather: Weather = Weather()
    traffic: Traffic = Traffic()

    def __post_init__(self) -> None:
        if not 1 <= self.stations <= _HIGHEST:
            raise BadSimulation(f"{self.stations} stations: 1 to {_HIGHEST} can be simulated")
        if not 0 < self.days <= 3650:
            raise BadSimulation(f"{self.days} days: more than 0 and at most 3650")
        if self.per_gateway < 1:
            raise BadSimulation("a gateway needs at least one station")

    @property
    def region(self) -> Region:
        """Raises UnknownRegion."""
        return region(self.region_name)

    @property
    def answers_a_day(self) -> int | None:
        """How often basecamp may answer a station; None for no limit."""
        return None if self.fair_use is None else self.fair_use.downlinks

    @property
    def cells(self) -> list[int]:
        """The stations of each gateway."""
        full, rest = divmod(self.stations, self.per_gateway)
        return [self.per_gateway] * full + ([rest] if rest else [])
