"""The replay camera: bursts from picture files in place of a lens and a sensor."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from edge.capture.files import read_burst
from edge.capture.listing import BurstFiles
from edge.records import Burst


class ReplaySource:
    """Plays each burst once, in order.

    ``taken`` counts the bursts given so far; ``seen`` maps their ids to the files they came from.
    """

    def __init__(self, bursts: Iterable[BurstFiles]) -> None:
        self._waiting = deque(bursts)
        self._exhausted = False
        self.taken = 0
        self.seen: dict[str, list[BurstFiles]] = {}

    @property
    def exhausted(self) -> bool:
        return self._exhausted

    def next_burst(self, timeout_s: float) -> Burst | None:
        if not self._waiting:
            # Not before this call: while the last burst is being read it is in nobody's hand yet.
            self._exhausted = True
            return None
        files = self._waiting.popleft()
        burst = read_burst(files)
        self.taken += 1
        # Copies of the same pictures under the same names have one id: judged once, reported each.
        self.seen.setdefault(burst.burst_id, []).append(files)
        return burst

    def done_with(self, burst: Burst) -> None:
        """Nothing to let go of: the files are the user's own."""

    def close(self) -> None:
        self._waiting.clear()
