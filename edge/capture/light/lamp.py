"""A lamp that burns while a burst's pictures are exposed, and never longer than it may."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge.capture.light.lines import OutputLine
from edge.capture.trigger.firing import TriggerError

_NIGHT_S = 20 * 3600.0
"""Where no day comes in between (a polar night), the next night's joules are there so long after
the lamp first burnt."""


@dataclass(frozen=True, slots=True)
class LampTerms:
    """A lamp of ``watts`` burns for ``most_s`` in one burst, and for ``most_j_a_night`` joules
    between two days. After it was switched, ``settle_s`` pass until pictures are wholly in its
    light, or out of it. ``infrared``: a light that animals hardly see; else a white one.

    Raises ValueError for what no lamp has.
    """

    watts: float
    infrared: bool = True
    most_s: float = 20.0
    most_j_a_night: float = math.inf
    settle_s: float = 0.1

    def __post_init__(self) -> None:
        if min(self.watts, self.most_s, self.most_j_a_night) <= 0 or self.settle_s < 0:
            raise ValueError("a lamp has watts, and seconds and joules in which it may burn")


class Lamp:
    """``line`` switches it. One thread calls ``burn`` and ``rest``; a thread of its own puts it out
    when its seconds are over, whatever the first one waits for.

    A line that does not answer leaves the pictures dark and is told in ``trouble``.
    """

    def __init__(
        self, line: OutputLine, terms: LampTerms, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.terms = terms
        self.trouble: str | None = None
        """What is wrong with its line; None where nothing is."""
        self._line, self._now_s = line, now_s
        self._lock = threading.Lock()
        self._guard: threading.Timer | None = None
        self._on_s: float | None = None
        self._was_on_s = self._off_s = -math.inf
        self._left_s = terms.most_s
        self._night_j, self._night_began_s = 0.0, -math.inf
        self._counts = {"lamp_s": 0.0, "lamp_j": 0.0, "lamp_cut_short": 0.0}

    @property
    def burns(self) -> bool:
        """Whether it is on now."""
        with self._lock:
            return self._on_s is not None

    def dark(self, at_s: float) -> bool:
        """Whether nothing of its light, now or last time, can be in a picture from then."""
        with self._lock:
            if self._on_s is not None:
                return at_s < self._on_s
            return at_s < self._was_on_s or at_s >= self._off_s + self.terms.settle_s

    @property
    def spent(self) -> bool:
        """Whether tonight's joules are used up."""
        with self._lock:
            return self._tonight_s() <= 0

    def counters(self) -> Mapping[str, int]:
        """Since the start: whole seconds it burnt, and joules; how often it was put out before the
        burst was over."""
        with self._lock:
            burns_s = 0.0 if self._on_s is None else self._now_s() - self._on_s
            watts = self.terms.watts
            burnt = {"lamp_s": burns_s, "lamp_j": burns_s * watts}
            return {name: int(n + burnt.get(name, 0.0)) for name, n in self._counts.items()}

    def open(self) -> None:
        """Take the line, driven off: what an earlier life left on goes out now."""
        try:
            self._line.open()
        except TriggerError as error:
            self.trouble = f"lamp: {error}"
        else:
            self.trouble = None

    def begin(self) -> None:
        """A burst begins: it has its own seconds. A line that failed is tried again."""
        self.rest()
        if self.trouble is not None:
            self.open()
        self._left_s = self.terms.most_s

    def burn(self) -> bool:
        """Be on, where there are seconds and joules left; whether it is."""
        with self._lock:
            if self._on_s is not None:
                return True
            lasts_s = min(self._left_s, self._tonight_s())
            if self.trouble is not None or lasts_s <= 0 or not self._drive(on=True):
                return False
            self._on_s = self._now_s()
            if self._is_new_night():
                self._night_began_s, self._night_j = self._on_s, 0.0
            self._guard = threading.Timer(lasts_s, self._cut_short)
            self._guard.daemon = True
            try:
                self._guard.start()
            except RuntimeError as error:  # no thread is to be had, and nobody would put it out
                self.trouble, self._guard = f"lamp: {error}", None
                self._put_out()
                return False
            return True

    def rest(self) -> None:
        """Be off."""
        with self._lock:
            self._put_out()

    def day_came(self) -> None:
        """The next night has all its joules."""
        with self._lock:
            self._night_began_s = -math.inf

    def tonight(self) -> tuple[float, float]:
        """How old the night is, in s, and the joules burnt in it: to ``resume`` after a restart."""
        with self._lock:
            begun = self._night_began_s > -math.inf
            return (self._now_s() - self._night_began_s, self._night_j) if begun else (0.0, 0.0)

    def resume(self, age_s: float, joules: float) -> None:
        """Go on with a night; before the lamp burns."""
        with self._lock:
            self._night_began_s, self._night_j = self._now_s() - age_s, joules

    def older(self, seconds: float) -> None:
        """The night is older by so much: the station slept."""
        with self._lock:
            self._night_began_s -= seconds

    def close(self) -> None:
        """Off, and the line given back."""
        self.rest()
        self._line.close()

    def _cut_short(self) -> None:
        with self._lock:
            mine = self._guard is threading.current_thread()  # else it is the next burst's light
            if mine and self._on_s is not None:
                self._counts["lamp_cut_short"] += 1
                self._put_out()

    def _put_out(self) -> None:
        if self._guard is not None:
            self._guard.cancel()
            self._guard = None
        if self._on_s is None:
            return
        self._drive(on=False)
        self._was_on_s, self._off_s = self._on_s, self._now_s()
        burnt_s = self._off_s - self._was_on_s
        self._on_s = None
        self._left_s -= burnt_s
        self._night_j += burnt_s * self.terms.watts
        self._counts["lamp_s"] += burnt_s
        self._counts["lamp_j"] += burnt_s * self.terms.watts

    def _tonight_s(self) -> float:
        """For how long tonight's joules last."""
        burnt_j = 0.0 if self._is_new_night() else self._night_j
        return (self.terms.most_j_a_night - burnt_j) / self.terms.watts

    def _is_new_night(self) -> bool:
        return self._now_s() - self._night_began_s > _NIGHT_S

    def _drive(self, on: bool) -> bool:
        try:
            self._line.set(on)
        except TriggerError as error:
            self.trouble = f"lamp: {error}"
            self._line.close()  # let go, it may fall back to off
            return False
        return True
