"""The cycle of a station that is woken for an event: boot, catch, think, speak, off. Pure.

What moves before it comes first: from every phase an edge of the motion sensor leads back to
catching. The cycle has a budget of seconds and joules. Where that is over, the station goes off
with what is left to do, and does it when it is woken next. A picture that is not on the card yet is
waited for, whatever it takes; one that the card refuses only for a while: an empty battery would
lose it as well, and all that come after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Phase(StrEnum):
    """What the station is at."""

    BOOT = "boot"
    CATCH = "catch"
    THINK = "think"
    SPEAK = "speak"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Terms:
    """``most_s`` and ``most_j`` for all of it; catching ends after ``lull_s`` without motion,
    speaking after ``speak_s`` at the latest. For the burst that follows an edge it is waited for
    ``burst_s``, also where the budget is over: in a storm not every edge has one. A picture that
    the card refuses is waited for ``room_s``, over any budget, and within the budget for as long as
    a burst is to be judged, which may be blank and make room."""

    most_s: float
    most_j: float | None = None
    lull_s: float = 10.0
    speak_s: float = 180.0
    burst_s: float = 20.0
    room_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Seen:
    """How it is ``at_s`` seconds after power came. ``edges`` counts those of the motion sensor,
    ``bursts`` those on the card since the station came up, ``uncommitted`` tells of pictures that
    are not on the card, ``refused`` that it has no room for one, or fails. ``unjudged`` counts
    bursts, ``to_say`` tells that something can be sent soon, or may be answered, ``looks_again`` of
    a second look that is still to be taken: it is waited for within the budget. While it is
    ``stormy`` no edge will have a burst: none is waited for, and none brings the station back. Who
    has to look for what it can say gives a question in its place: it is asked only where the answer
    counts."""

    at_s: float
    edges: int = 0
    bursts: int = 0
    uncommitted: bool = False
    refused: bool = False
    unjudged: int = 0
    to_say: bool | Callable[[], bool] = False
    looks_again: bool = False
    stormy: bool = False

    @property
    def has_to_say(self) -> bool:
        """``to_say``, answered."""
        return self.to_say() if callable(self.to_say) else self.to_say


@dataclass(frozen=True, slots=True)
class Cycle:
    """Where it has come to. ``bursts`` there were at the last edge. ``spent_s`` by phase;
    ``over_s`` is when the budget was found to be over, ``left_undone`` the phase that this cut
    short, ``refused_s`` since when the card refuses a picture."""

    phase: Phase = Phase.BOOT
    at_s: float = 0.0
    since_s: float = 0.0
    edges: int = 0
    edge_s: float = 0.0
    bursts: int = 0
    joules: float = 0.0
    spent_s: Mapping[Phase, float] = field(default_factory=dict)
    over_s: float | None = None
    left_undone: Phase | None = None
    refused_s: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether the budget is used up."""
        return self.over_s is not None

    def gives_up(self, seen: Seen, terms: Terms) -> bool:
        """Whether a picture that the card refuses was waited for long enough."""
        if self.refused_s is None or self.at_s - self.refused_s < terms.room_s:
            return False
        return self.is_over or not seen.unjudged


def advance(
    cycle: Cycle, seen: Seen, terms: Terms, watts: Callable[[Phase], float] = lambda _: 0.0
) -> Cycle:
    """The cycle as ``seen`` shows it; ``watts`` is what each phase takes."""
    cycle = _charged(cycle, seen.at_s, terms, watts)
    refused_s = seen.at_s if cycle.refused_s is None else cycle.refused_s
    cycle = replace(cycle, refused_s=refused_s if seen.refused else None)
    if seen.stormy:
        cycle = replace(cycle, edges=seen.edges)
    if seen.edges > cycle.edges:
        # The first is the one that woke it: heard of late, it may have its burst already.
        woke = cycle.edges == 0 and cycle.phase in (Phase.BOOT, Phase.CATCH)
        bursts = 0 if woke else seen.bursts
        cycle = replace(cycle, edges=seen.edges, edge_s=seen.at_s, bursts=bursts)
        if cycle.phase not in (Phase.BOOT, Phase.CATCH):
            return _entered(cycle, Phase.CATCH)
    following = _following(cycle, seen, terms)
    if following is Phase.OFF is not cycle.phase and _cut_short(cycle, seen):
        cycle = replace(cycle, left_undone=cycle.left_undone or cycle.phase)
    return cycle if following is cycle.phase else _entered(cycle, following)


def _following(cycle: Cycle, seen: Seen, terms: Terms) -> Phase:
    """The phase that comes next, or the present one."""
    if cycle.phase is Phase.BOOT:
        return Phase.CATCH
    if seen.uncommitted and not cycle.gives_up(seen, terms):
        return Phase.CATCH
    match cycle.phase:
        case Phase.CATCH:
            return _after_catching(cycle, seen, terms)
        case Phase.THINK if cycle.is_over:
            return Phase.OFF
        case Phase.THINK:
            return Phase.THINK if seen.unjudged else Phase.SPEAK
        case Phase.SPEAK if cycle.is_over:
            return Phase.OFF
        case Phase.SPEAK if seen.unjudged:
            return Phase.THINK
        case Phase.SPEAK:
            is_late = seen.at_s - cycle.since_s >= terms.speak_s
            return Phase.SPEAK if not is_late and seen.has_to_say else Phase.OFF
        case _:
            is_new = seen.unjudged > 0 and not cycle.is_over
            return Phase.THINK if is_new else Phase.OFF


def _after_catching(cycle: Cycle, seen: Seen, terms: Terms) -> Phase:
    awaits_burst = cycle.edges > 0 and seen.bursts <= cycle.bursts and not seen.stormy
    if cycle.over_s is not None:
        # Counted from the entrance: a storm of edges must not hold it.
        waited_s = cycle.at_s - max(cycle.since_s, cycle.over_s)
        return Phase.CATCH if awaits_burst and waited_s < terms.burst_s else Phase.OFF
    if awaits_burst and cycle.at_s - cycle.edge_s < terms.burst_s:
        return Phase.CATCH
    quiet_s = cycle.at_s - max(cycle.since_s, cycle.edge_s)
    return Phase.THINK if quiet_s >= terms.lull_s and not seen.looks_again else Phase.CATCH


def _cut_short(cycle: Cycle, seen: Seen) -> bool:
    return cycle.is_over and (seen.unjudged > 0 or seen.has_to_say)


def _charged(cycle: Cycle, at_s: float, terms: Terms, watts: Callable[[Phase], float]) -> Cycle:
    """With the time since the last look, and what it took, on the phase's account."""
    passed_s = max(0.0, at_s - cycle.at_s)
    spent_s = {**cycle.spent_s, cycle.phase: cycle.spent_s.get(cycle.phase, 0.0) + passed_s}
    joules = cycle.joules + watts(cycle.phase) * passed_s
    is_over = at_s >= terms.most_s or (terms.most_j is not None and joules >= terms.most_j)
    over_s = at_s if is_over and cycle.over_s is None else cycle.over_s
    return replace(cycle, at_s=max(at_s, cycle.at_s), spent_s=spent_s, joules=joules, over_s=over_s)


def _entered(cycle: Cycle, phase: Phase) -> Cycle:
    return replace(cycle, phase=phase, since_s=cycle.at_s)
