"""Asks the scheduler on behalf of every link, and remembers what became of its decisions.

Each link has a stage on a thread of its own, and each asks for what it should carry next. All see
the same queue, budgets and attempts, so two links never carry the same thing at the same time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from edge.spool.errors import SpoolDamaged, SpoolError, SpoolFull
from edge.spool.keepsake import Keepsake
from edge.spool.queue import Queue, Queued
from edge.uplink.carrier import Carrier
from edge.uplink.schedule.candidates import candidates
from edge.uplink.schedule.choose import Decision, choose
from edge.uplink.schedule.energy import Power, energy_budget
from edge.uplink.schedule.offers import is_near, offers
from edge.uplink.schedule.situation import Candidate, Form, LinkState, Situation
from edge.uplink.schedule.snapshot import Snapshot, write_snapshot
from edge.uplink.schedule.state import DamagedSchedule, SchedulerState
from edge.uplink.schedule.windows import Window

MOST_VALUABLE = 96
OLDEST = 32
"""A decision looks at the most valuable items and the oldest: of a month's backlog no more."""
SAVED_EVERY_S = 60.0
"""What a power cut makes forgotten is sent once more: no loss, so a save may wait."""
SAVED_BYTES_PER_S = 1000.0
"""Where thousands of items wait for an answer, a save is a megabyte: a card is not made for one
every minute."""
CLOCK_SAVED_EVERY_S = 900.0
"""Waits and budgets end by the scheduler's clock. Where nothing else is to be saved it is, or a
station that is switched off every hour would wait for ever."""
SHOWN_EVERY_S = 5.0
SHOWN = 1000
SILENT_S = 30.0
"""A link whose stage has not asked for so long is busy with itself: the others take its share."""


class Dispatcher:
    """One for a station. Safe to share between threads.

    ``power`` tells of the battery, None on mains. The state of ``memory`` survives a reboot; the
    last situation is left in ``shown_in`` for `irbis queue`, None: nowhere. ``now`` is a clock in s
    that nobody sets.
    """

    def __init__(
        self,
        queue: Queue,
        memory: Keepsake,
        power: Callable[[], Power | None] = lambda: None,
        shown_in: Path | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._queue, self._memory, self._power, self._shown_in = queue, memory, power, shown_in
        self._now = now
        self._state = _restored(memory, now())
        self._carriers: dict[str, Carrier] = {}
        self._asked_s: dict[str, float] = {}
        self._windows: dict[str, list[str]] = {}
        self._taken: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._saved_s, self._saved_bytes = now(), 0
        self._changed = False
        self._shown_s = float("-inf")

    def join(self, carrier: Carrier, windows: Sequence[Window] = ()) -> None:
        """From now on the link takes part. Of ``windows`` each of its transmissions uses a part;
        what is used of them survives a reboot."""
        with self._lock:
            self._carriers[carrier.name] = carrier
            self._windows[carrier.name] = [window.name for window in windows]
            for window in windows:
                self._state.track(window)
            self._asked_s[carrier.name] = self._now()

    def next_for(self, name: str) -> Decision | None:
        """What the link ``name`` should carry now; None where nothing, or where another link is
        better for all that waits. No other link gets it until this one has ``carried`` it, or asks
        again. Only the thread of that link's stage may ask."""
        with self._lock:
            self._asked_s[name] = self._now()
            self._taken.pop(name, None)
            is_down = self._carriers[name].link().down is not None
            if is_down and not (self._is_time_to_show() or self._is_time_to_save()):
                return None  # the answer is known without the queue
            now_s = self._state.now_s(self._now())
            seen = self._seen(now_s, name)
            items = self._heads(seen, lambda form: self._waiting(now_s, form))
            situation = self._situation(items, seen, now_s)
            outcome = choose(situation, over=name)
            self._keep_up(seen)
            if not isinstance(outcome, Decision):
                return None
            self._taken[name] = outcome.offer.candidate.item_id
            return outcome

    def has_work(self, within_s: float, links: int) -> bool:
        """Whether anything that waits may go, or be answered, ``within_s``: what no link will take
        by then is no reason to stay up. ``links`` is how many there are to be."""
        with self._lock:
            now_s = self._state.now_s(self._now())
            seen = self._seen(now_s)
            if len(self._carriers) < links:
                return bool(self._queue.heads(1, 0, set()))  # one is still being made
            situation = self._situation(self._heads(seen, lambda _: set()), seen, now_s)
            return any(is_near(offer, within_s) for offer in offers(situation))

    def under_way(self) -> set[bytes]:
        """What waits for an answer to what was said of it, or is in some link's hands."""
        with self._lock:
            return self._waiting(self._state.now_s(self._now()), Form.RADIO)

    def put_back(self, name: str) -> None:
        """What the link ``name`` took last it will not carry now: another may."""
        with self._lock:
            self._taken.pop(name, None)

    def carried(self, decision: Decision, answer_s: float) -> None:
        """``decision`` was carried out: its link took it. An answer takes ``answer_s``."""
        with self._lock:
            self._state.sent(decision, self._state.now_s(self._now()), answer_s)
            self._taken.pop(decision.offer.link.name, None)
            self._changed = True

    def rode_along(self, name: str, item_ids: Iterable[bytes], answer_s: float) -> None:
        """News of these went over the link ``name`` together with what it carried, at its cost."""
        with self._lock:
            now_s, tries = self._state.now_s(self._now()), self._state.tries
            for item_id in item_ids:
                tries.sent(item_id, name, now_s, answer_s, whole=True, short=True)
            self._changed = True

    def lost(self, item_ids: Iterable[bytes]) -> None:
        """What was under way is known not to have arrived: it may be sent again at once."""
        with self._lock:
            now_s = self._state.now_s(self._now())
            for item_id in item_ids:
                self._state.tries.lost(item_id, now_s)
            self._changed = True

    def heard(self, name: str, under_way: Collection[bytes]) -> None:
        """Basecamp answers over the link ``name`` again: what it left unanswered there need not
        wait for its time, but for what is ``under_way``."""
        with self._lock:
            now_s = self._state.now_s(self._now())
            for item_id, tried in self._state.tries.all().items():
                if name in tried.by_link and item_id not in under_way:
                    self._state.tries.lost(item_id, now_s)
            self._changed = True

    def answered(self, item_ids: Iterable[bytes]) -> None:
        """Basecamp has these, or as much of them as was sent."""
        with self._lock:
            self._state.tries.forget(item_ids)
            self._changed = True

    def outcome(self, name: str, arrived: bool) -> None:
        """A transmission over the link ``name`` arrived, or is known not to have."""
        with self._lock:
            self._state.outcome(name, arrived)
            self._changed = True

    def save(self) -> None:
        """Make what was learnt durable. Raises SpoolFull."""
        with self._lock:
            self._save()

    def _seen(self, now_s: float, asking: str | None = None) -> list[_Seen]:
        """The links, and what each has of its own. One that fails is left out, unless it is the
        one that asks: its own stage hears of it, and the others go on."""
        found = []
        for carrier in self._carriers.values():
            try:
                found.append(_Seen(self._link(carrier), carrier.own(now_s)))
            except Exception as error:
                if carrier.name == asking or isinstance(error, SpoolDamaged):
                    raise
        return found

    def _waiting(self, now_s: float, form: Form) -> set[bytes]:
        short = form is Form.RADIO
        return self._state.tries.waiting(now_s, short) | set(self._taken.values())

    def _heads(self, seen: Sequence[_Seen], without: Callable[[Form], set[bytes]]) -> list[Queued]:
        """What to decide among: for each form that a link carries, the ends of what has it and
        what not all of these links refused."""
        found: dict[int, Queued] = {}
        for form, ends in ((Form.MESSAGE, self._queue.heads), (Form.RADIO, self._queue.tellable)):
            refused = [one.link.refused for one in seen if one.link.form is form]
            if refused:
                stuck = frozenset.intersection(*refused)
                items = ends(MOST_VALUABLE, OLDEST, without(form) | stuck)
                found |= {item.seq: item for item in items}
        return [found[seq] for seq in sorted(found)]

    def _situation(
        self, items: Collection[Queued], seen: Sequence[_Seen], now_s: float
    ) -> Situation:
        tries = self._state.tries
        found: list[Candidate] = candidates(items, datetime.now(UTC), now_s)
        for one in seen:
            found += one.own
        power = self._power()
        return Situation(
            now_s,
            tuple(map(tries.applied, found)),
            tuple(one.link for one in seen),
            None if power is None else energy_budget(power),
            frozenset() if power is None else power.spared,
        )

    def _link(self, carrier: Carrier) -> LinkState:
        link = self._state.applied(carrier.link(), asks_itself=True)
        now_s = self._state.now_s(self._now())
        windows = (self._state.windows[name] for name in self._windows[carrier.name])
        link = replace(link, budgets=(*link.budgets, *(one.budget(now_s) for one in windows)))
        if self._now() - self._asked_s[carrier.name] > SILENT_S:
            return replace(link, ready_in_s=max(link.ready_in_s, 1.0))
        return link

    def _keep_up(self, seen: Sequence[_Seen]) -> None:
        """Save and show now and then. A card that takes nothing makes the one wait, but neither
        the other nor what is to be sent."""
        now_s = self._now()
        if self._is_time_to_save():
            self._saved_s = now_s  # also where it fails: a full card is not tried at each question
            try:
                self._save()
            except SpoolDamaged:
                raise
            except (SpoolFull, SpoolError):
                pass
        if self._shown_in is not None and self._is_time_to_show():
            self._shown_s = now_s
            schedule_s = self._state.now_s(now_s)
            everything = self._situation(self._shown(seen), seen, schedule_s)
            with suppress(OSError):
                write_snapshot(self._shown_in, Snapshot(datetime.now(UTC), everything))

    def _shown(self, seen: Sequence[_Seen]) -> list[Queued]:
        """A person may ask for more than is decided among; but for all of that."""
        found = {item.seq: item for item in self._queue.heads(SHOWN, OLDEST)}
        found |= {item.seq: item for item in self._heads(seen, lambda _: set())}
        return [found[seq] for seq in sorted(found)]

    def _is_time_to_show(self) -> bool:
        return self._shown_in is not None and self._now() - self._shown_s >= SHOWN_EVERY_S

    def _is_time_to_save(self) -> bool:
        since_s = self._now() - self._saved_s
        if self._changed:
            return since_s >= max(SAVED_EVERY_S, self._saved_bytes / SAVED_BYTES_PER_S)
        return since_s >= CLOCK_SAVED_EVERY_S and self._state.is_waiting

    def _save(self) -> None:
        tries, now_s = self._state.tries, self._state.now_s(self._now())
        own = {candidate.item_id for one in self._seen(now_s) for candidate in one.own}
        tries.keep(self._queue.among(tries.all()) | own)
        state = self._state.to_bytes(now_s)
        self._memory.save(state)
        self._saved_s, self._saved_bytes, self._changed = self._now(), len(state), False


@dataclass(frozen=True, slots=True)
class _Seen:
    """A link as it is now, and what waits for it alone."""

    link: LinkState
    own: Sequence[Candidate]


def _restored(memory: Keepsake, started_s: float) -> SchedulerState:
    saved = memory.load()
    if saved is None:
        return SchedulerState(started_s)
    try:
        return SchedulerState.load(saved, started_s)
    except DamagedSchedule:
        return SchedulerState(started_s, forgot=True)  # all is sent once more
