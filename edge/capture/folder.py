"""A watched folder: bursts that another program or another camera lays down as files."""

from __future__ import annotations

import math
import time
from collections import deque
from pathlib import Path

from edge.capture.files import read_burst
from edge.capture.listing import BurstFiles, NothingListed, list_bursts
from edge.records import Burst

_NEVER = -math.inf


class FolderSource:
    """Gives each burst in ``path`` once, as soon as nothing in it changed for ``settle_s``.

    With ``consume`` the files are deleted once the burst is durable, so that no readable picture
    stays on the card. Without it the folder is left as it is, and after a restart the spool tells
    which bursts are known. Raises ListingError for a bursts.csv that is not one.
    """

    def __init__(self, path: Path, settle_s: float, poll_s: float, consume: bool = False) -> None:
        self._path = path
        self._settle_s = settle_s
        self._poll_s = poll_s
        self._consume = consume
        self._given: dict[tuple[Path, ...], float] = {}
        self._in_hand: dict[str, BurstFiles] = {}
        self._ready: deque[BurstFiles] = deque()

    @property
    def exhausted(self) -> bool:
        return False

    def next_burst(self, timeout_s: float) -> Burst | None:
        if not self._ready:
            self._ready.extend(self._settled())
        if not self._ready:
            time.sleep(min(timeout_s, self._poll_s))
            return None
        files = self._ready.popleft()
        burst = read_burst(files)
        self._in_hand[burst.burst_id] = files
        return burst

    def done_with(self, burst: Burst) -> None:
        files = self._in_hand.pop(burst.burst_id, None)
        if files is not None and self._consume:
            for picture, frame in zip(files.pictures, burst.frames, strict=True):
                if frame.fault is None:  # what could not be read is nowhere else but here
                    picture.path.unlink(missing_ok=True)

    def close(self) -> None:
        self._ready.clear()

    def _settled(self) -> list[BurstFiles]:
        """Bursts not given yet in this state whose newest file is old enough."""
        try:
            bursts = list_bursts(self._path)
        except NothingListed:
            return []  # empty, or not mounted yet: look again at the next poll
        settled = []
        for files in bursts:
            paths = tuple(picture.path for picture in files.pictures)
            changed_at = max((_changed_at(path) for path in paths), default=_NEVER)
            if changed_at == _NEVER:
                continue  # a table may name pictures that are still to come, or consumed already
            if self._is_settled(changed_at) and self._given.get(paths) != changed_at:
                self._given[paths] = changed_at
                settled.append(files)
        return settled

    def _is_settled(self, changed_at: float) -> bool:
        # A change in the future was made before the clock was set back, and is an old one.
        return abs(time.time() - changed_at) >= self._settle_s


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except OSError:
        return _NEVER
