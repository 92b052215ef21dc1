"""When an item that was sent may be sent again, and how often it was.

A link that carries something says nothing about its arrival: an item waits here for basecamp's
acknowledgement, ever longer. The pauses are spread by the item's id, so that what left together
does not come back together; a reboot changes nothing of them.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from edge.uplink.schedule.situation import Candidate

LONGEST_PAUSE_S = 6 * 3600.0
_SPREAD = 0.2


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an item so far: attempts by link, when it was sent last, when it may be sent
    again (seconds of the scheduler's clock).

    Until ``short_until_s`` it is not said in short again. In full it may go all the same: who has
    heard of it lacks the rest."""

    by_link: Mapping[str, int] = field(default_factory=dict)
    last_s: float | None = None
    not_before_s: float = 0.0
    short_until_s: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.by_link.values())


class Tries:
    """The attempts of all items that wait. For one thread."""

    def __init__(self, tried: Mapping[bytes, Tried] | None = None) -> None:
        self._tried = dict(tried or {})

    def of(self, item_id: bytes) -> Tried:
        return self._tried.get(item_id, Tried())

    def applied(self, candidate: Candidate) -> Candidate:
        """``candidate`` with what became of it so far."""
        tried = self._tried.get(candidate.item_id)
        if tried is None:
            return candidate
        last_s = candidate.waiting_since_s if tried.last_s is None else tried.last_s
        return replace(
            candidate,
            tries=tried.by_link,
            not_before_s=tried.not_before_s,
            short_until_s=tried.short_until_s,
            waiting_since_s=last_s,
        )

    def all(self) -> dict[bytes, Tried]:
        return dict(self._tried)

    def sent(
        self, item_id: bytes, link: str, now_s: float, answer_s: float, whole: bool, short: bool
    ) -> None:
        """A part of an item, or with ``whole`` its end, went over ``link``, in ``short`` or in
        full, where an answer takes ``answer_s``. Only its end begins a wait for an answer."""
        old = self.of(item_id)
        if not whole:
            self._tried[item_id] = replace(old, last_s=now_s)
            return
        pause_s = min(answer_s * 2 ** min(old.count, 30), max(answer_s, LONGEST_PAUSE_S))
        by_link = {**old.by_link, link: old.by_link.get(link, 0) + 1}
        spread = _SPREAD * (zlib.crc32(item_id) % 1000) / 1000
        until_s = now_s + pause_s * (1 + spread)
        self._tried[item_id] = Tried(
            by_link,
            now_s,
            old.not_before_s if short else until_s,
            until_s if short else old.short_until_s,
        )

    def lost(self, item_id: bytes, now_s: float) -> None:
        """What was under way is known not to have arrived: no need to wait for an answer."""
        old = self.of(item_id)
        self._tried[item_id] = replace(
            old,
            not_before_s=min(old.not_before_s, now_s),
            short_until_s=min(old.short_until_s, now_s),
        )

    def waiting(self, now_s: float, short: bool) -> set[bytes]:
        """The items that wait for an answer before they go in full, or in ``short``, again."""
        return {
            item_id
            for item_id, one in self._tried.items()
            if one.not_before_s > now_s or (short and one.short_until_s > now_s)
        }

    def forget(self, item_ids: Iterable[bytes]) -> None:
        """These were answered."""
        for item_id in item_ids:
            self._tried.pop(item_id, None)

    def keep(self, item_ids: Collection[bytes]) -> None:
        """Forget all items but these: the others were acknowledged, or are no more."""
        self._tried = {
            item_id: tried for item_id, tried in self._tried.items() if item_id in item_ids
        }
