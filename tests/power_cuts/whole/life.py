"""The life that is recorded: three days of a whole station on the card, one of them killed.

Station and basecamp are processes of their own and write into diaries what they did, with the
position of the card's log.
"""

from __future__ import annotations

import base64
import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from edge.records import Burst
from edge.spool.outbox import Outbox
from edge.spool.spool import Spool
from tests.basecamp.field import Broker
from tests.kit.station import Notes
from tests.power_cuts.weakness import weakened
from tests.power_cuts.whole.diary import Pen
from tests.power_cuts.whole.field import (
    A_DAY,
    DAYS,
    FIRST_HEARTBEAT_S,
    Field,
    finish,
    reconfigure,
    remember_memory,
    stationed,
)
from tests.power_cuts.whole.forks import forked
from tools.basecamp.receiver import Receiver

KILLED_ON = 1
"""This day is ended by SIGKILL, and begun again."""
_KILLED_AFTER = 5

Position = Callable[[], int]


def live(field: Field, card: Path, position: Position, weakness: str) -> None:
    """Live all days. ``deeds`` and ``messages`` in the field's folder then tell of them."""
    remember_memory(field.folder / "memory")
    (field.folder / "broker").mkdir()
    broker = Broker(field.folder / "broker")
    broker.start()
    try:
        with _basecamp(field, broker, position):
            pen = Pen(field.folder / "deeds", position)
            for day in range(DAYS):
                if day:
                    heartbeat_s = FIRST_HEARTBEAT_S + day
                    pen.around(
                        "configured", str(heartbeat_s), partial(reconfigure, card, heartbeat_s)
                    )
                ends = [_KILLED_AFTER, None] if day == KILLED_ON else [None]
                for killed_after in ends:
                    _spend(day, field, card, broker, pen, weakness, killed_after)
    finally:
        broker.kill()


def _spend(
    day: int,
    field: Field,
    card: Path,
    broker: Broker,
    pen: Pen,
    weakness: str,
    killed_after: int | None,
) -> None:
    """One day in a process of its own. Raises RuntimeError when it ends as it should not."""

    def work() -> None:
        notes = Fragile(killed_after)
        bursts = field.bursts[: (day + 1) * A_DAY]
        with (
            weakened(weakness) as spoil,
            _written_down(pen),
            stationed(card, broker, notes, bursts, spoil) as (station, heartbeat_s),
        ):
            pen.note("armed", str(heartbeat_s))
            finish(station)

    child, reading = forked(work)
    os.close(reading)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code != (0 if killed_after is None else -signal.SIGKILL):
        raise RuntimeError(f"day {day} ended with {code}")


class Fragile(Notes):
    """Kills its own process, if it is to, after so many captures."""

    def __init__(self, killed_after: int | None) -> None:
        super().__init__()
        self._killed_after = killed_after

    def captured(self, burst: Burst) -> None:
        super().captured(burst)
        if len(self.captures) == self._killed_after:
            os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def _written_down(pen: Pen) -> Iterator[None]:
    """While the spool's promises are written down as they are made."""
    grow, admit = Spool.grow, Spool.admit
    settle, acknowledge = Spool.settle, Outbox.acknowledge

    def grown(spool: Spool, so_far: Burst) -> None:
        def growing() -> bool:
            grow(spool, so_far)
            return True

        if not spool.knows(so_far.burst_id):
            pen.around("grown", so_far.burst_id, growing)

    def admitted(spool: Spool, burst: Burst) -> bool:
        return pen.around("captured", burst.burst_id, lambda: admit(spool, burst))

    def settled(spool: Spool, settlement: Any) -> bool:
        return pen.around("judged", settlement.burst_id, lambda: settle(spool, settlement))

    def acknowledged(outbox: Outbox, item_ids: Any) -> Any:
        released = acknowledge(outbox, item_ids)
        for item in released:
            pen.note("acknowledged", item.item_id.hex())
        return released

    with (
        patch.object(Spool, "grow", grown),
        patch.object(Spool, "admit", admitted),
        patch.object(Spool, "settle", settled),
        patch.object(Outbox, "acknowledge", acknowledged),
    ):
        yield


@contextmanager
def _basecamp(field: Field, broker: Broker, position: Position) -> Iterator[None]:
    """The real service in a process of its own, which keeps a copy of every message."""
    receive = Receiver.receive

    def kept(receiver: Receiver, topic: str, data: bytes) -> Any:
        line = json.dumps([position(), topic, base64.b64encode(data).decode()])
        answer = receive(receiver, topic, data)
        with (field.folder / "messages").open("a") as messages:
            messages.write(line + "\n")
        return answer

    def work() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        with patch.object(Receiver, "receive", kept), field.camp.serving(broker):
            signal.sigwait({signal.SIGTERM})

    (field.folder / "messages").touch()
    child, reading = forked(work)
    try:
        yield
    finally:
        os.kill(child, signal.SIGTERM)
        os.waitpid(child, 0)
        os.close(reading)
