"""Day, dusk or night, so that neither a cloud nor a headlight changes it. Pure: told the time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edge.capture.light.lux import Reading


class Phase(StrEnum):
    """``DUSK``, of the morning too: too dark for colours, not too dark for a picture."""

    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


_ORDER = (Phase.NIGHT, Phase.DUSK, Phase.DAY)


@dataclass(frozen=True, slots=True)
class PhaseTerms:
    """It is dusk below ``dusk_lx`` and night below ``night_lx``; it is over when there is
    ``back`` times as much light. The light must stay so for ``dwell_s``. Readings further apart
    than ``stale_s`` are no history: then one is enough.

    For scale: 200 lx under the thickest storm clouds at noon, 400 as the sun sets in a clear sky
    and 40 in an overcast one, 3.4 where civil twilight ends, 0.25 from a full moon (Wikipedia,
    Orders of magnitude (illuminance), and Lux). Raises ValueError where they contradict each other.
    """

    night_lx: float = 2.0
    dusk_lx: float = 30.0
    back: float = 4.0
    dwell_s: float = 120.0
    stale_s: float = 300.0

    def __post_init__(self) -> None:
        if not 0 < self.night_lx * self.back <= self.dusk_lx:
            raise ValueError("dusk_lx must be above night_lx by the factor back, or more")
        if self.back < 1 or not 0 <= self.dwell_s <= self.stale_s:
            raise ValueError("back must be 1 or more, and stale_s no less than dwell_s")


class Phases:
    """Which phase it is, from readings. ``phase`` is None until anything is known."""

    def __init__(self, terms: PhaseTerms) -> None:
        self._terms = terms
        self.phase: Phase | None = None
        self.changes = 0
        self._read_s: float | None = None
        self._leaning: tuple[int, float] | None = None  # to which side, since when

    def knows(self, now_s: float) -> bool:
        """Whether a reading was taken lately."""
        return self._read_s is not None and now_s - self._read_s <= self._terms.stale_s

    def suppose(self, phase: Phase, now_s: float) -> None:
        """What the hour or the sun says; what was read lately knows better."""
        if not self.knows(now_s):
            self.phase, self._leaning = phase, None

    def saw(self, reading: Reading, now_s: float) -> None:
        """Light that is nature's alone was read so."""
        if self.phase is None or not self.knows(now_s):
            self._begin(reading, now_s)
            return
        self._read_s = now_s
        wanted = self._wanted(reading, self.phase)
        side = _ORDER.index(wanted) - _ORDER.index(self.phase)
        if side == 0:
            self._leaning = None
        elif self._leaning is None or self._leaning[0] * side < 0:
            self._leaning = (side, now_s)
        if self._leaning is not None and now_s - self._leaning[1] >= self._terms.dwell_s:
            self._turn(wanted)

    def _begin(self, reading: Reading, now_s: float) -> None:
        """Without a history one reading decides, if it does: not one of a camera that was opened a
        moment ago, and whose first picture is merely black."""
        phase = self._at_once(reading.most_lx)
        if phase is self._at_once(reading.least_lx):
            self._read_s = now_s
            self._turn(phase)

    def _turn(self, phase: Phase) -> None:
        self._leaning = None
        if phase is not self.phase:
            self.changes += self.phase is not None
            self.phase = phase

    def _at_once(self, lux: float) -> Phase:
        if lux < self._terms.night_lx:
            return Phase.NIGHT
        return Phase.DUSK if lux < self._terms.dusk_lx else Phase.DAY

    def _wanted(self, reading: Reading, now: Phase) -> Phase:
        """Where the light is, with the benefit of the doubt to what is ``now``."""
        darker = self._at_once(reading.most_lx)
        if _ORDER.index(darker) < _ORDER.index(now):
            return darker
        back = self._terms.back
        if reading.least_lx >= self._terms.dusk_lx * back:
            return Phase.DAY
        is_night = now is Phase.NIGHT
        if is_night and reading.least_lx >= self._terms.night_lx * back:
            return Phase.DUSK
        return now
