"""When the last session was, and for how long none may begin: over reboots too.

A modem that wakes draws more than anything else on a station. One whose battery breaks down under
it starts anew, finds the same alert waiting, wakes the modem, and so on until it is empty. So a
session that is begun counts as one that came to nothing, durably, until it has ended well.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from edge.spool.errors import SpoolFull
from edge.spool.keepsake import Keepsake
from edge.uplink.cellular.ledger_clock import ReadClock, Reading, passed_s

FIRST_REST_S = 300.0
MOST_REST_S = 3 * 3600.0
"""A modem that finds no network draws some 300 J on each try: eight tries a day, no more."""
LASTING_REST_S = 6 * 3600.0
"""What only a person can mend."""
SAVED_EVERY_S = 300.0
"""So that what passes in short runs without a clock adds up."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """``since_s`` is how long ago the last session ended well, None before the first; of the last
    rest, which was ``rest_s`` long, ``left_s`` remain; ``why`` there is one."""

    since_s: float | None = None
    rest_s: float = 0.0
    left_s: float = 0.0
    why: str = ""

    def after(self, seconds: float) -> _Standing:
        since_s = None if self.since_s is None else self.since_s + seconds
        return replace(self, since_s=since_s, left_s=max(0.0, self.left_s - seconds))


class Pauses:
    """For one thread, but for ``since_s`` and ``resting``. ``now`` is a clock in s that nobody
    sets; ``read_clock`` tells how much time has passed since the run before this one."""

    def __init__(
        self,
        memory: Keepsake,
        read_clock: ReadClock,
        now: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self._memory, self._read_clock, self._now = memory, read_clock, now
        self._chance = chance or random.Random()
        # One tuple, for other threads read it.
        self._noted = now(), _restored(memory.load(), read_clock())
        self._saved_s = now()

    @property
    def since_s(self) -> float | None:
        """How long ago the last session ended well; None before the first."""
        return self._present().since_s

    def resting(self) -> str | None:
        """Why no session may begin now; None where one may."""
        present = self._present()
        return present.why if present.left_s > 0 else None

    def begin(self) -> None:
        """A session begins, and may be the last thing that this run of the machine does."""
        present = self._present()
        rest_s = min(max(2 * present.rest_s, FIRST_REST_S), MOST_REST_S)
        why = _because("the station went down in it")
        self._note(replace(present, rest_s=rest_s, left_s=self._drawn(rest_s), why=why))

    def end_well(self) -> None:
        self._note(_Standing(since_s=0.0))

    def end_unasked(self) -> None:
        """It was broken off, for the station stops: nothing speaks against the next."""
        self._note(replace(self._present(), rest_s=0.0, left_s=0.0))

    def end_badly(self, why: str, rest_s: float | None = None) -> None:
        """It came to nothing; rest for ``rest_s``, or as `begin` made up its mind."""
        present = self._present()
        left_s = self._drawn(present.rest_s) if rest_s is None else rest_s
        self._note(replace(present, left_s=left_s, why=_because(why)))

    def keep_up(self) -> None:
        """Save now and then what has passed."""
        if self._now() - self._saved_s >= SAVED_EVERY_S:
            self._note(self._present())

    def _drawn(self, rest_s: float) -> float:
        """Stations of one cell must not all come back at once."""
        return rest_s * (1 - self._chance.random() / 4)

    def _present(self) -> _Standing:
        noted_s, standing = self._noted
        return standing.after(self._now() - noted_s)

    def _note(self, standing: _Standing) -> None:
        self._noted = self._now(), standing
        self._saved_s = self._now()
        value = {**asdict(standing), "reading": asdict(self._read_clock())}
        with suppress(SpoolFull):  # a full card must not keep a station from emptying it
            self._memory.save(json.dumps(value).encode())


def _because(why: str) -> str:
    return f"it rests after a session that came to nothing: {why}"


def _restored(saved: bytes | None, now: Reading) -> _Standing:
    try:
        value: dict[str, Any] = json.loads(saved or b"null")
        reading = Reading.from_json(value["reading"])
        since_s = None if value["since_s"] is None else float(value["since_s"])
        standing = _Standing(
            since_s, float(value["rest_s"]), float(value["left_s"]), str(value["why"])
        )
    except (KeyError, TypeError, ValueError):
        return _Standing()
    # Without a clock there is at least this run of the machine.
    least_s = now.running_s if now.boot != reading.boot else 0.0
    return standing.after(max(passed_s(reading, now), least_s))
