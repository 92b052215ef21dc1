"""What a run is counted in."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from edge.uplink.schedule.values import ValueClass
from tools.simulate.audit import Held, merged


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item, for the summary. ``latency_s`` is None where it never arrived."""

    value: ValueClass
    data_rate: int
    at_s: float
    latency_s: float | None
    airtime_ms: float
    joules: float
    sent_bytes: int
    transmissions: int


@dataclass
class Tally:
    """One gateway's share of the numbers, or all of them.

    Of the ``transmissions`` some ``collided``, ``faded``, came while the gateway was away or
    ``unheard`` while it spoke itself; the others were ``received``. Of its ``answers`` some were
    ``unsaid``, for want of airtime or a free window. ``limits`` is the audit's finding;
    ``first_off_s`` when each battery that ran empty did so first.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    transmissions: int = 0
    collided: int = 0
    faded: int = 0
    gateway_away: int = 0
    unheard: int = 0
    received: int = 0
    duplicates: int = 0
    answers: int = 0
    unsaid: int = 0
    missed: int = 0
    switched_off: int = 0
    first_off_s: list[float] = field(default_factory=list)
    most_answers_a_day: int = 0
    limits: dict[str, Held] = field(default_factory=dict)

    def add(self, part: Tally) -> None:
        """Another gateway's numbers."""
        self.limits = merged(self.limits, part.limits)
        self.most_answers_a_day = max(self.most_answers_a_day, part.most_answers_a_day)
        for one in fields(self):
            if one.name not in ("limits", "most_answers_a_day"):
                setattr(self, one.name, getattr(self, one.name) + getattr(part, one.name))
