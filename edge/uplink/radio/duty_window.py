"""No more than so much in any stretch of so long: one limit over a sliding window.

Kept exactly, not as a bucket that refills: one that holds an hour's budget and is refilled at the
same rate lets twice the budget through within an hour.

A window is a row of blocks of airtime, each without a gap and ending when its last transmission
ended. Transmissions close together share a block as if they had been sent back to back at its
end. That is later than they were, so airtime is never given back early, and only ``grain_ms`` late.
Of all windows of that length it suffices to look at the one that ends with the transmission in
question: earlier ones ended before it, and in later ones what is older only gets less.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

_BLOCKS = 128
"""About how many blocks a window holds at most; more are merged."""
_COMPACT_AFTER = 64


class SlidingWindow:
    """At most ``limit_ms`` of airtime in any ``window_ms``. Whole milliseconds throughout.

    Times are those of one clock that never runs backwards. For one thread.
    """

    __slots__ = (
        "_ends",
        "_first_end",
        "_gone",
        "_grain_ms",
        "_head",
        "_sums",
        "limit_ms",
        "window_ms",
    )

    def __init__(self, window_ms: int, limit_ms: int) -> None:
        self.window_ms = window_ms
        self.limit_ms = limit_ms
        self._grain_ms = window_ms // _BLOCKS
        self._clear()

    def _clear(self) -> None:
        self._ends: list[int] = []  # when each block ended
        self._sums: list[int] = []  # all airtime ever, up to the end of each block
        self._head = 0  # the first block that is not forgotten
        self._gone = 0  # the airtime of those that are
        self._first_end = 0  # when the first transmission of the last block ended

    def next_start(self, airtime_ms: int, now_ms: int) -> int | None:
        """The earliest start from now of a transmission that long; None if never.

        Logarithmic in the number of blocks, and at once while the budget is not reached.
        """
        if airtime_ms > self.limit_ms:
            return None
        if not self._sums:
            return now_ms
        start_ms = max(now_ms, self._ends[-1])  # a radio sends one thing at a time
        must_leave = self._sums[-1] + airtime_ms - self.limit_ms
        if must_leave <= self._gone:
            return start_ms
        block = bisect_left(self._sums, must_leave, self._head)
        left_ms = self._ends[block] - (self._sums[block] - must_leave)
        return max(start_ms, left_ms + self.window_ms - airtime_ms)

    def add(self, airtime_ms: int, start_ms: int) -> None:
        """A transmission starts; whether it may is not asked here.

        One that starts before the last has ended counts as sent right after it.
        """
        sums, ends = self._sums, self._ends
        if not sums:
            self._append(start_ms + airtime_ms, self._gone + airtime_ms)
            return
        end_ms = max(start_ms, ends[-1]) + airtime_ms
        if end_ms - self._first_end < self._grain_ms:
            ends[-1] = end_ms
            sums[-1] += airtime_ms
        else:
            self._append(end_ms, sums[-1] + airtime_ms)
        self._forget(end_ms - self.window_ms)

    def lasted(self, now_ms: int) -> None:
        """The last transmission may have ended as late as now."""
        if self._ends:
            self._ends[-1] = max(self._ends[-1], now_ms)

    def used_ms(self, now_ms: int) -> int:
        """The airtime of the window that ends now, what is still being sent included."""
        if not self._sums:
            return 0
        since_ms = now_ms - self.window_ms
        block = bisect_right(self._ends, since_ms, self._head)
        if block == len(self._ends):
            return 0
        before = self._sums[block - 1] if block > self._head else self._gone
        before = max(before, self._sums[block] - (self._ends[block] - since_ms))
        return self._sums[-1] - before

    def fill(self, now_ms: int) -> None:
        """As if the whole budget had been spent just now: what must be assumed without a record."""
        self._clear()
        self.add(self.limit_ms, now_ms - self.limit_ms)

    def blocks(self, now_ms: int) -> list[tuple[int, int]]:
        """What still counts, oldest first: how long ago each block ended (negative for one that is
        being sent), and its airtime."""
        self._forget(now_ms - self.window_ms)
        before = self._gone
        blocks = []
        for end_ms, total in zip(self._ends[self._head :], self._sums[self._head :], strict=True):
            blocks.append((now_ms - end_ms, total - before))
            before = total
        return blocks

    def restore(self, blocks: Iterable[tuple[int, int]], now_ms: int) -> None:
        """Replace what is known by what ``blocks`` gave."""
        self._clear()
        for age_ms, airtime_ms in blocks:
            total = self._sums[-1] if self._sums else 0
            self._append(now_ms - age_ms, total + airtime_ms)
        self._forget(now_ms - self.window_ms)

    def _append(self, end_ms: int, total: int) -> None:
        self._ends.append(end_ms)
        self._sums.append(total)
        self._first_end = end_ms

    def _forget(self, before_ms: int) -> None:
        """Let go of the blocks that ended by then; the lists shrink once in a while."""
        while self._head < len(self._ends) and self._ends[self._head] <= before_ms:
            self._gone = self._sums[self._head]
            self._head += 1
        if self._head >= _COMPACT_AFTER:
            del self._ends[: self._head], self._sums[: self._head]
            self._head = 0
