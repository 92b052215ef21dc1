"""How firings become bursts. Pure: it is told the time, and takes no picture itself.

No animal is swallowed: a firing within a burst prolongs it, and one that a burst can no longer
take in (it is long enough, the camera rests) begins the next. Only in a storm (``storm``) are
firings passed over, and then they are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from edge.capture.trigger.firing import Cause, Firing
from edge.capture.trigger.storm import Left, Storm, StormReport, StormTerms


@dataclass(frozen=True, slots=True)
class PacingTerms:
    """``debounce_s``: of one sensor's firings closer than this the first counts. A burst goes on
    for ``tail_s`` after the last firing, and for ``longest_s`` at most; then the camera rests for
    ``rest_s``. A firing heard of more than ``stale_s`` late begins none: nobody is there any more.

    Raises ValueError where they contradict each other.
    """

    debounce_s: float = 0.2
    tail_s: float = 3.0
    longest_s: float = 15.0
    rest_s: float = 0.5
    stale_s: float = 120.0

    def __post_init__(self) -> None:
        if min(self.debounce_s, self.rest_s, self.stale_s) < 0:
            raise ValueError("debounce_s, rest_s and stale_s must be 0 or more")
        if not 0 < self.tail_s <= self.longest_s:
            raise ValueError("tail_s must be above 0, and longest_s no less than it")


@dataclass(frozen=True, slots=True)
class Call:
    """A burst to take now: ``firing`` is the one that is its event, the oldest it was called by."""

    firing: Firing
    began_s: float


class Pacing:
    """Makes calls for bursts of what is ``fired``. One thread; ``now_s`` never goes back.

    Ask ``begin`` whether to take a burst; take frames until ``ends_s``, which later firings move;
    then say ``end``. ``draw`` (in [0, 1)) picks the samples of a storm. ``tell`` hears when a
    storm begins and when it is over.
    """

    def __init__(
        self,
        terms: PacingTerms,
        storm_terms: StormTerms,
        draw: Callable[[], float],
        tell: Callable[[StormReport], None],
    ) -> None:
        self.terms, self._storm_terms = terms, storm_terms
        self._draw, self._tell = draw, tell
        self._storms: dict[str, Storm] = {}
        self._heard_s: dict[str, float] = {}
        self._waiting: list[Firing] = []  # the first of each sensor, as each has its own budget
        self._waiting_count = 0
        self._call: Call | None = None
        self.latest: Firing | None = None
        """Of those that the burst takes in, or the last one did, the latest."""
        self._ends_s = self._rested_s = float("-inf")
        self._counts: Counter[str] = Counter()

    @property
    def ends_s(self) -> float | None:
        """Until when to take frames; None where no burst is being taken."""
        return None if self._call is None else self._ends_s

    def counters(self) -> Mapping[str, int]:
        """What became of the firings, which adds up: ``fired`` is ``bounced`` + ``taken`` +
        ``passed_over`` + ``stale`` + ``waiting``; and how many ``bursts`` that made."""
        names = ("fired", "bounced", "taken", "passed_over", "stale", "bursts")
        return {name: self._counts[name] for name in names} | {"waiting": self._waiting_count}

    def raging(self, source: str) -> bool:
        """Whether a storm of that sensor rages."""
        storm = self._storms.get(source)
        return storm is not None and storm.raging

    def rests_s(self, now_s: float) -> float:
        """For how long a firing of none of the sensors that fired will become a burst: they all
        storm; else 0. From any thread."""
        return min((one.rests_s(now_s) for one in tuple(self._storms.values())), default=0.0)

    def left(self, now_s: float) -> Mapping[str, Left]:
        """What storm control has left, of each sensor whose bucket is not full."""
        left = {source: storm.left(now_s) for source, storm in self._storms.items()}
        most = self._storm_terms.most_bursts
        return {name: one for name, one in left.items() if one.rages or one.tokens < most}

    def recall(self, left: Mapping[str, Left], ago_s: float, now_s: float) -> frozenset[str]:
        """Go on with what another had ``left``, ``ago_s`` ago; the sensors that still storm."""
        for source, one in left.items():
            self._storm_of(source).recall(one, ago_s, now_s)
        return frozenset(source for source, storm in self._storms.items() if storm.raging)

    def fired(self, firing: Firing, now_s: float) -> None:
        """Take note of a firing that is heard of at ``now_s``."""
        self._counts["fired"] += 1
        if now_s - firing.at_s > self.terms.stale_s:
            self._counts["stale"] += 1
            return
        storm = self._storm(firing)
        if storm is not None:
            self._relax(storm, now_s)
            storm.fired(now_s)
        if self._bounces(firing):
            self._counts["bounced"] += 1
        elif self._call is None or firing.at_s > self._ends_s:
            self._await(firing)
        else:
            self._take_in(firing, self._call, raging=storm is not None and storm.raging)

    def begin(self, now_s: float) -> Call | None:
        """The burst to begin now; None where nothing waits or the camera is not ready."""
        for storm in self._storms.values():
            self._relax(storm, now_s)
        if self._call is not None or now_s < self._rested_s or not self._waiting:
            return None
        waiting, count = self._waiting, self._waiting_count
        self._waiting, self._waiting_count = [], 0
        admitted = [one for one in waiting if self._admits(one, now_s)]
        if not admitted:
            self._counts["passed_over"] += count
            return None
        self._counts["taken"] += count
        self._counts["bursts"] += 1
        # What fired has a whole burst, where a second look waits as well.
        event = min(admitted, key=lambda one: (one.cause is Cause.SECOND_LOOK, one.at_s))
        self._call, self.latest = Call(event, now_s), event
        self._ends_s = now_s + self.terms.tail_s
        return self._call

    def awake(self, now_s: float) -> None:
        """The camera slept, and gives pictures from now on: the burst is as long as any other."""
        if self._call is not None:
            self._call = replace(self._call, began_s=now_s)
            self._ends_s = max(self._ends_s, now_s + self.terms.tail_s)

    def again(self, firing: Firing) -> None:
        """The burst that took ``firing`` in has no picture of it: it is to begin another."""
        self._counts["taken"] -= 1
        self._await(firing)

    def end(self, now_s: float) -> None:
        """The burst was taken, or given up."""
        self._call = None
        self._rested_s = now_s + self.terms.rest_s

    def _bounces(self, firing: Firing) -> bool:
        before_s = self._heard_s.get(firing.source)
        if before_s is not None and abs(firing.at_s - before_s) < self.terms.debounce_s:
            return True
        self._heard_s[firing.source] = max(firing.at_s, before_s or firing.at_s)
        return False

    def _take_in(self, firing: Firing, call: Call, raging: bool) -> None:
        if call.firing.cause is Cause.SECOND_LOOK:
            self._await(firing)  # a second look is too short for an animal
            return
        wanted_s = firing.at_s + self.terms.tail_s
        longest_s = call.began_s + self.terms.longest_s
        if raging or wanted_s <= longest_s:
            self._counts["taken"] += 1
            if self.latest is None or firing.at_s > self.latest.at_s:
                self.latest = firing
            if not raging:  # a storm's samples are no longer than they must be
                self._ends_s = max(self._ends_s, wanted_s)
            return
        # It is in this burst's frames, and what it announces goes on in the next.
        self._ends_s = longest_s
        self._await(firing)

    def _await(self, firing: Firing) -> None:
        self._waiting_count += 1
        if all(one.source != firing.source for one in self._waiting):
            self._waiting.append(firing)

    def _admits(self, firing: Firing, now_s: float) -> bool:
        storm = self._storm(firing)
        if storm is None:
            return True
        before = storm.raging
        admitted = storm.admit(now_s)
        report = storm.report()
        if report is not None and not before:
            self._tell(report)
        return admitted

    def _relax(self, storm: Storm, now_s: float) -> None:
        report = storm.relax(now_s)
        if report is not None:
            self._tell(report)

    def _storm(self, firing: Firing) -> Storm | None:
        """Its sensor's; None for what is not a sensor's: a test and a schedule are not limited."""
        if firing.cause is not Cause.PIR:
            return None
        return self._storm_of(firing.source)

    def _storm_of(self, source: str) -> Storm:
        if source not in self._storms:
            self._storms[source] = Storm(source, self._storm_terms, self._draw)
        return self._storms[source]
