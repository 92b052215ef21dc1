"""What the dispatcher remembers over a restart, and what it shows of its queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.records import ItemKind
from edge.spool.errors import SpoolError, SpoolFull
from edge.spool.keepsake import Keepsake
from edge.spool.spool import Spool
from edge.uplink.dispatcher import (
    OLDEST,
    SAVED_BYTES_PER_S,
    SAVED_EVERY_S,
    SHOWN,
    SHOWN_EVERY_S,
    Dispatcher,
)
from edge.uplink.schedule.situation import Candidate, Form
from edge.uplink.schedule.snapshot import read_snapshot
from edge.uplink.schedule.values import ValueClass
from tests.spool.makers import a_burst, a_target, an_item, burst_id
from tests.uplink.lines import Line

from .dispatching import (
    HOUR_S,
    Clock,
    asked,
    clock,
    dispatcher,
    make,
    queue,
    spool,
)

__all__ = ["clock", "dispatcher", "spool"]  # fixtures


def test_a_restart_remembers_the_attempts(
    dispatcher: Dispatcher, spool: Spool, clock: Clock
) -> None:
    dispatcher.join(Line("mqtt"))
    queue(spool, 1)
    decision = dispatcher.next_for("mqtt")
    assert decision is not None
    dispatcher.carried(decision, 10 * SAVED_EVERY_S)
    clock.now_s += SAVED_EVERY_S
    dispatcher.next_for("mqtt")  # saves by the way
    clock.now_s = 3.0  # another boot
    again = make(spool, clock)
    again.join(Line("mqtt"))
    assert again.next_for("mqtt") is None
    clock.now_s += 20 * SAVED_EVERY_S
    assert again.next_for("mqtt") is not None


def test_a_damaged_memory_sends_everything_once_more(spool: Spool, clock: Clock) -> None:
    spool.keepsake("schedule").save(b"\xff not a state")
    dispatcher = make(spool, clock)
    dispatcher.join(Line("mqtt"))
    item = queue(spool, 1)
    assert asked(dispatcher, "mqtt") == item.item_id


def test_the_queue_is_shown_to_whoever_asks(spool: Spool, clock: Clock, tmp_path: Path) -> None:
    path = tmp_path / "memory" / "queue.json"
    dispatcher = make(spool, clock, path)
    dispatcher.join(Line("mqtt"))
    queue(spool, 1)
    dispatcher.next_for("mqtt")
    queue(spool, 2)
    clock.now_s += SHOWN_EVERY_S
    dispatcher.next_for("mqtt")
    assert len(read_snapshot(path).situation.candidates) == 2


def test_a_target_that_waits_is_seen_with_its_event_and_its_age(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    spool.admit(a_burst(1))
    spool.settle(a_target(1))
    (queued,) = spool.queue.heads(10, 10)
    assert queued.event_at == a_burst(1).captured_at
    assert queued.burst_id == burst_id(1)


def test_a_station_that_is_switched_off_every_hour_does_not_wait_for_ever(
    spool: Spool, clock: Clock
) -> None:
    """Each time by a cut, so that nothing is saved at the end."""
    dispatcher = make(spool, clock)
    dispatcher.join(Line("mqtt"))
    item = queue(spool, 1)
    decision = dispatcher.next_for("mqtt")
    assert decision is not None
    dispatcher.carried(decision, 6 * HOUR_S)
    dispatcher.save()
    for _ in range(12):
        clock.now_s = 0.0
        dispatcher = make(spool, clock)
        dispatcher.join(Line("mqtt"))
        while clock.now_s < HOUR_S:
            if asked(dispatcher, "mqtt") == item.item_id:
                return
            clock.now_s += 30.0
    pytest.fail("half a day awake, and not sent again")


def test_a_long_list_of_attempts_is_saved_more_seldom(spool: Spool, clock: Clock) -> None:
    dispatcher = make(spool, clock)
    numbers = [number.to_bytes(16, "big") for number in range(2000)]
    beats = [
        Candidate(name, ItemKind.HEARTBEAT, ValueClass.TELEMETRY, 0, 0, {Form.MESSAGE: 100})
        for name in numbers
    ]
    dispatcher.join(Line("mqtt", things=tuple(beats)))
    saves = []
    while clock.now_s < 1000 + HOUR_S:
        dispatcher.rode_along("mqtt", numbers, 1.0)
        clock.now_s += 40.0
        dispatcher.next_for("mqtt")
        state = spool.keepsake("schedule").load()
        if state is not None and state not in saves:
            saves.append(state)
    assert len(saves) > 5
    assert sum(map(len, saves[1:])) < 1.1 * SAVED_BYTES_PER_S * HOUR_S


@pytest.mark.parametrize("error", [SpoolFull("no room"), SpoolError("read-only")])
def test_a_card_that_takes_nothing_stops_neither_the_links_nor_what_is_shown(
    spool: Spool, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    path = tmp_path / "queue.json"
    dispatcher = make(spool, clock, path)
    dispatcher.join(Line("mqtt"))
    first, second = queue(spool, 1), queue(spool, 2)
    tried = []

    def save(_: Keepsake, state: bytes) -> None:
        tried.append(state)
        raise error

    monkeypatch.setattr(Keepsake, "save", save)
    sent = []
    for _ in range(3):
        clock.now_s += SAVED_EVERY_S + 1
        decision = dispatcher.next_for("mqtt")
        if decision is not None:
            sent.append(decision.offer.candidate.item_id)
            dispatcher.carried(decision, 1e6)
        dispatcher.next_for("mqtt")
    assert sent == [first.item_id, second.item_id]
    assert len(tried) == 3  # at each time to save one attempt, not one at each question
    assert all(item.tries for item in read_snapshot(path).situation.candidates)


def test_what_a_radio_could_tell_is_shown_behind_a_backlog_that_it_told_long_ago(
    spool: Spool, clock: Clock, tmp_path: Path
) -> None:
    path = tmp_path / "queue.json"
    dispatcher = make(spool, clock, path)
    dispatcher.join(Line("lorawan", Form.RADIO))
    spool.admit(a_burst(1))
    spool.settle(a_target(1, *map(an_item, range(SHOWN + OLDEST))))
    item = queue(spool, 9999, with_news=True)
    dispatcher.next_for("lorawan")
    shown = read_snapshot(path).situation.candidates
    assert item.item_id in {candidate.item_id for candidate in shown}
