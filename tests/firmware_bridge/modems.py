"""What the tests of several modems share."""

from __future__ import annotations


class Clock:
    """A driver's own, so that no test waits for a back-off."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s
