"""A watched folder: bursts that another program or another camera lays down as files."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Container, Mapping
from dataclasses import replace
from pathlib import Path

from edge.capture.exif import remembering_facts
from edge.capture.files import read_burst
from edge.capture.listing import (
    BURST_GAP_S,
    BurstFiles,
    ListingError,
    NothingListed,
    PictureFile,
    list_bursts,
)
from edge.records import Burst

_NEVER = -math.inf
_MAX_FACTS = 16_384
"""Pictures whose EXIF facts are remembered between two polls; some megabytes."""


class FolderGone(ListingError):
    """The watched folder is not there: a card that is not mounted."""


class FolderSource:
    """Gives each picture in ``path`` once, with its burst.

    A burst is given as soon as nothing in it changed for ``settle_s``, and in no case before
    BURST_GAP_S: until then a further picture may belong to it. Pictures that come later than that
    are a burst of their own.

    With ``consume`` the files are deleted once the burst is durable, and the folders that this
    empties, so that no readable picture stays on the card. Without it the folder is left as it is,
    and after a restart the spool tells which bursts are known.

    Raises, once until it is mended and after all bursts that can be given, FolderGone when there
    is no folder and ListingError for what in it cannot be read, such as a bursts.csv.
    """

    def __init__(self, path: Path, settle_s: float, poll_s: float, consume: bool = False) -> None:
        self._path = path
        self._settle_s = max(settle_s, BURST_GAP_S)
        self._poll_s = poll_s
        self._consume = consume
        self._facts = remembering_facts(_MAX_FACTS)
        self._given: dict[Path, float] = {}  # picture: when it was last changed
        self._told: list[str] = []
        self._in_hand: dict[str, BurstFiles] = {}
        self._ready: deque[BurstFiles] = deque()

    @property
    def exhausted(self) -> bool:
        return False

    def next_burst(self, timeout_s: float) -> Burst | None:
        if not self._ready:
            troubles: list[ListingError] = []
            self._ready.extend(self._settled(troubles))
            if not self._ready:
                self._tell(troubles)
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
                    self._remove_emptied(picture.path.parent)

    def close(self) -> None:
        self._ready.clear()

    def _settled(self, troubles: list[ListingError]) -> list[BurstFiles]:
        """Bursts, or what came to them late, not given yet and old enough."""
        bursts = self._listed(troubles)
        if not bursts:
            return []
        changed = {
            picture.path: _changed_at(picture.path)
            for files in bursts
            for picture in files.pictures
        }
        self._forget_all_but(changed)
        settled = []
        for files in bursts:
            new = self._not_given(files, changed)
            # None: a table may name pictures that are still to come, or consumed already.
            moments = [changed[picture.path] for picture in new if changed[picture.path] != _NEVER]
            if moments and self._is_settled(max(moments)):
                self._given.update((picture.path, changed[picture.path]) for picture in new)
                settled.append(replace(files, pictures=new))
        return settled

    def _listed(self, troubles: list[ListingError]) -> list[BurstFiles]:
        if not self._path.is_dir():
            troubles.append(
                FolderGone(f"[capture] path {self._path} is gone; mount it or make it again")
            )
            return []
        try:
            return list_bursts(self._path, troubles.append, self._facts)
        except NothingListed:
            return []  # empty: look again at the next poll

    def _not_given(
        self, files: BurstFiles, changed: Mapping[Path, float]
    ) -> tuple[PictureFile, ...]:
        if not any(picture.path in self._given for picture in files.pictures):
            return files.pictures  # those that are missing too: each is a frame with a fault
        return tuple(
            picture
            for picture in files.pictures
            if changed[picture.path] not in (_NEVER, self._given.get(picture.path))
        )

    def _forget_all_but(self, listed: Container[Path]) -> None:
        # What a table still names is remembered even when it is consumed, or else the rest of its
        # burst would be given with a fault for it.
        self._given = {
            path: at
            for path, at in self._given.items()
            if path in listed or _changed_at(path) != _NEVER
        }

    def _tell(self, troubles: list[ListingError]) -> None:
        before, self._told = self._told, [str(trouble) for trouble in troubles]
        new = [trouble for trouble in troubles if str(trouble) not in before]
        if len(new) == 1:
            raise new[0]
        if new:
            raise ListingError("; ".join(map(str, new)))

    def _remove_emptied(self, folder: Path) -> None:
        while folder != self._path and self._path in folder.parents:
            try:
                folder.rmdir()
            except OSError:  # not empty, or a link
                return
            folder = folder.parent

    def _is_settled(self, changed_at: float) -> bool:
        # A change in the future was made before the clock was set back, and is an old one.
        return abs(time.time() - changed_at) > self._settle_s


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_ctime
    except OSError:
        return _NEVER
