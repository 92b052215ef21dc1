"""A spool's life in short days: bursts come, are judged, sent, acknowledged, given up, forgotten.

The same steps every time. A life that goes on after a power cut takes them all again, and the spool
says of each whether there was anything left to do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from edge.records import Burst, ItemKind
from edge.security.keys import BasecampKey
from edge.spool.items import OutboxItem, Settlement
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from tests.spool.makers import a_blank, a_burst, a_goat, a_target, an_item

A_DAY = 8
"""Bursts. All are acknowledged at the end of every third day."""
FRAME_BYTES = 20_000
ROOM_FOR_SIX = Budget(max_bytes=6 * 41_000, min_free_bytes=0)
REMEMBERED = 3
RADIO_KEY = b"12345678"
KEY = BasecampKey.generate()


@dataclass(frozen=True, slots=True)
class Deed:
    """A step that the spool said was done. It began when the card's log had ``begun`` entries and
    returned when it had ``done``; ``result`` is what it returned."""

    what: str
    number: int
    begun: int
    done: int
    result: Any

    def __str__(self) -> str:
        return f"{self.what} of burst {self.number}"


class Life:
    """A life in ``folder``; ``deeds`` is what was done, by the ``position`` of the card's log."""

    def __init__(
        self,
        folder: Path,
        days: int,
        position: Callable[[], int] = lambda: 0,
        spoil: Callable[[Spool], None] = lambda spool: None,
    ) -> None:
        self.folder = folder
        self.days = days
        self.deeds: list[Deed] = []
        self._position = position
        self._spoil = spoil

    def live(self) -> None:
        """All days, each from arming to the end."""
        for day in range(self.days):
            with open_spool(self.folder) as spool:
                self._spoil(spool)
                for number in range(day * A_DAY, (day + 1) * A_DAY):
                    self._step(spool, number)

    def _step(self, spool: Spool, number: int) -> None:
        self._do("capture", number, lambda: self._capture(spool, number))
        self._do("number", number, spool.radio_counters(RADIO_KEY).take)
        self._do("verdict", number, lambda: spool.settle(settlement(number)))
        self._do("keepsake", number, lambda: spool.keepsake("life").save(bytes([number])))
        if number % A_DAY == 5:
            spool.room.rescue()  # as after a full card: the log is folded, and begun anew
        if number % 3 == 2:
            for earlier in range(number - 2, number + 1):
                self._acknowledge(spool, earlier)

    def _capture(self, spool: Spool, number: int) -> bool:
        """Some bursts become durable while they are taken: their first frame before the rest."""
        if grows(number):
            so_far = replace(burst(number), frames=burst(number).frames[:1])
            self._do("growth", number, lambda: spool.grow(so_far))
        return spool.admit(burst(number))

    def _acknowledge(self, spool: Spool, number: int) -> None:
        for item in settlement(number).items:
            what = f"acknowledged {item.kind.value}"
            self._do(what, number, lambda: bool(spool.outbox.acknowledge([item.item_id])))  # noqa: B023

    def _do(self, what: str, number: int, call: Callable[[], Any]) -> None:
        begun = self._position()
        result = call()
        self.deeds.append(Deed(what, number, begun, self._position(), result))


def open_spool(folder: Path) -> Spool:
    """Without memory that outlives the process: the power was gone."""
    return Spool(folder, KEY.token.seal, ROOM_FOR_SIX, None, REMEMBERED)


def burst(number: int) -> Burst:
    return a_burst(number, FRAME_BYTES)


def grows(number: int) -> bool:
    """Half of the targets, and half of the blanks that are dropped."""
    return number % 8 in (1, 4)


def settlement(number: int) -> Settlement:
    """Targets, dropped blanks, goats and audited blanks in turn."""
    if number % 4 == 0:
        return a_target(number, *_items(number))
    if number % 4 == 2:
        return a_goat(number)
    return a_blank(number, audited=number % 4 == 3)


def _items(number: int) -> tuple[OutboxItem, ...]:
    return (
        an_item(number),
        an_item(number, ItemKind.CROP, bytes(5000)),
        an_item(number, ItemKind.EVIDENCE, None),
    )
