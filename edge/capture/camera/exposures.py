"""Exposures that were good before, so that a camera need not search while the animal passes."""

from __future__ import annotations

import json
import math

from edge.records import Exposure

MOST_LEVELS = 64
_LONGEST_US = 60_000_000
_HIGHEST_GAIN = 1024.0


class ExposureMemory:
    """The last exposure for each level of light.

    A level is a whole number that orders light, on a scale that whoever asks keeps: steps of the
    sun's elevation, say. At most MOST_LEVELS are kept, those that were used last.
    """

    def __init__(self) -> None:
        self._known: dict[int, Exposure] = {}

    def remember(self, level: int, exposure: Exposure) -> None:
        """Keep what a picture was well exposed with; one that does not tell is passed over."""
        if exposure.exposure_us is None:
            return
        self._known.pop(level, None)
        self._known[level] = exposure
        while len(self._known) > MOST_LEVELS:
            del self._known[next(iter(self._known))]

    def recall(self, level: int) -> Exposure:
        """What was good at this level or, failing that, at the nearest; empty where none is."""
        if not self._known:
            return Exposure()
        return self._known[min(self._known, key=lambda known: abs(known - level))]

    def dump(self) -> bytes:
        """All of it, for ``load``."""
        rows = [
            [level, exposure.exposure_us, exposure.analogue_gain, exposure.infrared]
            for level, exposure in self._known.items()
        ]
        return json.dumps(rows).encode()

    @classmethod
    def load(cls, state: bytes | None) -> ExposureMemory:
        """What ``dump`` wrote. What is damaged is left out: a camera finds its exposure anew."""
        memory = cls()
        try:
            rows = json.loads(state or b"[]")
        except (ValueError, RecursionError):
            return memory
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, list) and len(row) == 4:
                memory._take_in(*row)
        return memory

    def _take_in(self, level: object, time_us: object, gain: object, infrared: object) -> None:
        sound = (
            type(level) is int
            and type(time_us) is int
            and 0 < time_us <= _LONGEST_US
            and (gain is None or _is_gain(gain))
            and (infrared is None or isinstance(infrared, bool))
        )
        if sound:
            # The line above says what each is; a type checker does not follow it there.
            self.remember(level, Exposure(time_us, gain, infrared))  # type: ignore[arg-type]


def _is_gain(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and 0 < value <= _HIGHEST_GAIN
