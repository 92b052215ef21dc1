"""A station's draw as configured: what is assumed of its board and link, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edge.health.energy_boards import BOARDS, CONTROLLER_W, CONVERTER, LINKS
from edge.health.energy_cycle import Mode, Station, Traffic, day_budget
from edge.health.energy_draw import Draw, Pace, State
from edge.health.energy_forecast import Forecast, forecast
from edge.health.energy_policy import LADDER, Policy
from edge.health.power import PowerOutlook


def with_measured(of_board: tuple[Draw, Pace], measured: Mapping[str, float]) -> tuple[Draw, Pace]:
    """What was measured, by the names of fields, in the place of what is assumed.

    Raises ValueError where that does not go with what is assumed of the rest.
    """
    draw, pace = of_board
    watts = {name: value for name, value in measured.items() if name.endswith("_w")}
    seconds = {name: value for name, value in measured.items() if name.endswith("_s")}
    if "armed_w" in watts:  # while it talks a board waits; the modem is counted apart
        watts.setdefault("talking_w", watts["armed_w"])
    return replace(draw, **watts), replace(pace, **seconds)


@dataclass(frozen=True, slots=True)
class Assumed:
    """A station as the ``best`` and the ``worst`` that is assumed of it, in its ``mode`` and with
    its ``traffic``."""

    best: Station
    worst: Station
    mode: Mode
    traffic: Traffic

    @property
    def load_w(self) -> float:
        """Its mean load while it gives nothing up: halfway between best and worst."""
        return sum(self._watts(one, LADDER[0]) for one in (self.best, self.worst)) / 2

    def phase_watts(self, phase: str) -> float:
        """At the battery, in a phase of the cycle: the worst, for a budget must hold."""
        draw = self.worst.draw
        states = {
            "catch": State.CAPTURING,
            "think": State.THINKING,
            "speak": State.TALKING,
        }
        return draw.watts(states[phase]) if phase in states else draw.booting_w

    def forecasts(self, outlook: PowerOutlook) -> tuple[Forecast, Forecast]:
        """Days left in the worst and in the best case. A load that was measured, which ``outlook``
        then tells, takes the place of the assumed one; what a policy saves of it is assumed."""
        measured = outlook.load_w / self.load_w if self.load_w > 0 else 1.0

        def made(one: Station) -> Forecast:
            return forecast(outlook, lambda policy: measured * self._watts(one, policy))

        return made(self.worst), made(self.best)

    def _watts(self, one: Station, policy: Policy) -> float:
        return day_budget(one, self.mode, self.traffic, policy).watts


def assumed_station(
    board: str,
    link: str,
    mode: Mode,
    traffic: Traffic,
    measured: Mapping[str, float],
    lamp_w: float = 0.0,
    controller_w: float = CONTROLLER_W,
    converter: float = CONVERTER,
) -> Assumed:
    """The station with this board and link. Raises ValueError as ``with_measured`` does, and
    KeyError for a board or a link that is not known."""

    def made(of_board: tuple[Draw, Pace], case: str) -> Station:
        talk = LINKS[link].best if case == "best" else LINKS[link].worst
        draw, pace = with_measured(of_board, measured)
        felt = draw.with_modem(talk.modem_w).at_battery(converter, controller_w, lamp_w)
        return Station(felt, pace, talk)

    ranges = BOARDS[board]
    return Assumed(made(ranges.best, "best"), made(ranges.worst, "worst"), mode, traffic)
