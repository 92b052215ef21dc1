"""One queue, several links: each item goes over the link that is best for it, and over one only."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from edge.records import ItemKind
from edge.spool.items import OutboxItem, Priority
from edge.spool.spool import Spool
from edge.uplink.dispatcher import (
    MOST_VALUABLE,
    OLDEST,
    SILENT_S,
    Dispatcher,
)
from edge.uplink.schedule.choose import Decision
from edge.uplink.schedule.situation import Candidate, Form, LinkState
from edge.uplink.schedule.values import ValueClass
from tests.uplink.lines import Line

from .dispatching import (
    ANSWER_S,
    Clock,
    asked,
    clock,
    dispatcher,
    queue,
    spool,
)

__all__ = ["clock", "dispatcher", "spool"]  # fixtures


def test_a_queue_that_is_empty_gives_nothing(dispatcher: Dispatcher) -> None:
    dispatcher.join(Line("mqtt"))
    assert dispatcher.next_for("mqtt") is None


def test_what_one_link_took_no_other_link_gets(dispatcher: Dispatcher, spool: Spool) -> None:
    dear, cheap = Line("dear", state={"delivery": 1.0}), Line("cheap")
    dispatcher.join(dear)
    dispatcher.join(cheap)
    item = queue(spool, 1)
    assert asked(dispatcher, "cheap") == item.item_id
    cheap.state["ready_in_s"] = 5.0  # its stage is at it
    assert asked(dispatcher, "dear") is None


def test_an_item_is_left_to_the_link_that_is_better_for_it(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    dispatcher.join(Line("a"))
    dispatcher.join(Line("b"))
    item = queue(spool, 1)
    assert asked(dispatcher, "b") is None
    assert asked(dispatcher, "a") == item.item_id


def test_a_link_whose_stage_is_silent_holds_nothing_up(
    dispatcher: Dispatcher, spool: Spool, clock: Clock
) -> None:
    dispatcher.join(Line("a"))
    dispatcher.join(Line("b"))
    item = queue(spool, 1)
    clock.now_s += SILENT_S + 1
    assert asked(dispatcher, "b") == item.item_id


def test_what_was_carried_waits_for_its_answer_and_comes_again(
    dispatcher: Dispatcher, spool: Spool, clock: Clock
) -> None:
    dispatcher.join(Line("mqtt"))
    item = queue(spool, 1)
    decision = dispatcher.next_for("mqtt")
    assert decision is not None
    dispatcher.carried(decision, ANSWER_S)
    assert dispatcher.next_for("mqtt") is None
    clock.now_s += 2 * ANSWER_S
    assert asked(dispatcher, "mqtt") == item.item_id


def test_what_is_known_to_be_lost_need_not_wait(dispatcher: Dispatcher, spool: Spool) -> None:
    dispatcher.join(Line("mqtt"))
    item = queue(spool, 1)
    decision = dispatcher.next_for("mqtt")
    assert decision is not None
    dispatcher.carried(decision, ANSWER_S)
    dispatcher.lost([item.item_id])
    assert asked(dispatcher, "mqtt") == item.item_id


def test_news_that_basecamp_has_leave_the_full_record_to_be_sent(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    radio = Line("lorawan", Form.RADIO, {"payload_bytes": 51})
    dispatcher.join(radio)
    item = queue(spool, 1, with_news=True)
    decision = dispatcher.next_for("lorawan")
    assert decision is not None
    dispatcher.carried(decision, ANSWER_S)
    (waiting,) = spool.news.waiting(1)
    dispatcher.answered(spool.news.told([waiting.number]))
    assert dispatcher.next_for("lorawan") is None
    dispatcher.join(Line("mqtt"))
    full = dispatcher.next_for("mqtt")
    assert full is not None
    assert full.offer.candidate.item_id == item.item_id
    assert full.offer.candidate.value_class is ValueClass.RECORD


def test_what_was_said_in_short_may_go_in_full_at_once_but_is_not_said_again(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    """A satellite's answer takes a day: a broker that is there again need not wait for it."""
    dispatcher.join(Line("satellite", Form.RADIO))
    dispatcher.join(Line("lorawan", Form.RADIO, {"down": "no gateway"}))
    item = queue(spool, 1, with_news=True)
    decision = dispatcher.next_for("satellite")
    assert decision is not None
    dispatcher.carried(decision, 86_400.0)
    assert asked(dispatcher, "lorawan") is None
    assert asked(dispatcher, "satellite") is None
    dispatcher.join(Line("mqtt"))
    assert asked(dispatcher, "mqtt") == item.item_id


def test_what_goes_in_full_is_not_said_in_short_meanwhile(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    dispatcher.join(Line("mqtt"))
    queue(spool, 1, with_news=True)
    decision = dispatcher.next_for("mqtt")
    assert decision is not None
    dispatcher.carried(decision, ANSWER_S)
    dispatcher.join(Line("lorawan", Form.RADIO))
    assert dispatcher.next_for("lorawan") is None


def test_what_a_fast_link_carries_makes_no_packet_of_a_slow_one_a_turn(
    dispatcher: Dispatcher, spool: Spool, clock: Clock
) -> None:
    """Else an old heartbeat went before a new cat, for the sake of crops over another link."""
    beat = Candidate(
        b"beat",
        ItemKind.HEARTBEAT,
        ValueClass.TELEMETRY,
        -500,
        -500,
        {Form.RADIO: 39},
        only="lorawan",
    )
    dispatcher.join(Line("lorawan", Form.RADIO, things=(beat,)))
    dispatcher.join(mqtt := Line("mqtt"))
    for number in range(20):
        queue(spool, number)
        decision = dispatcher.next_for("mqtt")
        assert decision is not None
        dispatcher.carried(decision, 1e6)
    mqtt.state["down"] = "the broker is not connected"
    cat = queue(spool, 20, with_news=True)
    assert asked(dispatcher, "lorawan") == cat.item_id


def test_what_only_one_link_has_goes_over_that_link(dispatcher: Dispatcher) -> None:
    beat = Candidate(
        b"beat", ItemKind.HEARTBEAT, ValueClass.TELEMETRY, 0, 0, {Form.RADIO: 39}, only="lorawan"
    )
    dispatcher.join(Line("lorawan", Form.RADIO, things=(beat,)))
    dispatcher.join(Line("satellite", Form.RADIO))
    assert asked(dispatcher, "satellite") is None
    assert asked(dispatcher, "lorawan") == b"beat"


def test_what_the_link_refused_is_not_given_to_it_again(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    first, second = queue(spool, 1), queue(spool, 2)
    dispatcher.join(Line("mqtt", state={"refused": frozenset({first.item_id})}))
    assert asked(dispatcher, "mqtt") == second.item_id


def test_a_backlog_of_months_holds_nothing_up(dispatcher: Dispatcher, spool: Spool) -> None:
    """Unanswered sightings by the hundred, and still the heartbeat and the oldest get through."""
    dispatcher.join(Line("mqtt"))
    for number in range(300):
        queue(spool, number)
    beat = OutboxItem(b"h" * 16, ItemKind.HEARTBEAT, Priority.HEARTBEAT, None, b"x" * 242)
    spool.outbox.replace_heartbeat(beat)
    sent = set()
    for _ in range(301):
        decision = dispatcher.next_for("mqtt")
        assert decision is not None
        sent.add(decision.offer.candidate.item_id)
        dispatcher.carried(decision, 1e6)
    assert len(sent) == 301
    assert dispatcher.next_for("mqtt") is None


def test_many_links_at_once_never_carry_the_same_item(dispatcher: Dispatcher, spool: Spool) -> None:
    for number in range(40):
        queue(spool, number)
    names = ["a", "b", "c", "d"]
    for name in names:
        dispatcher.join(Line(name))
    carried: list[bytes] = []

    def work(name: str, take: Callable[[Decision], None]) -> None:
        while (decision := dispatcher.next_for(name)) is not None:
            take(decision)
            dispatcher.carried(decision, 1e6)

    threads = [
        threading.Thread(
            target=work,
            args=(name, lambda decision: carried.append(decision.offer.candidate.item_id)),
        )
        for name in names
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(carried) == len(set(carried)) == 40


def test_what_a_link_puts_back_another_may_carry(spool: Spool, dispatcher: Dispatcher) -> None:
    for name in ("first", "second"):
        dispatcher.join(Line(name))
    queue(spool, 1)
    taken = [name for name in ("first", "second") if dispatcher.next_for(name) is not None]
    assert len(taken) == 1 and dispatcher.under_way()
    dispatcher.put_back(taken[0])
    assert not dispatcher.under_way()


def test_where_only_a_radio_is_left_what_it_has_told_never_hides_what_it_has_not(
    spool: Spool, dispatcher: Dispatcher
) -> None:
    """The full records stay queued for a link that may come one day."""
    dispatcher.join(Line("lorawan", Form.RADIO))
    for number in range(MOST_VALUABLE + OLDEST + 10):
        queue(spool, number, with_news=True)
    while (found := dispatcher.next_for("lorawan")) is not None:
        item_id = found.offer.candidate.item_id
        dispatcher.carried(found, ANSWER_S)
        waiting = spool.news.of(item_id)
        assert waiting is not None
        dispatcher.answered(spool.news.told([waiting.number]))
    assert spool.news.count() == 0


def test_a_link_that_fails_does_not_silence_the_others(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    class Broken(Line):
        def link(self) -> LinkState:
            raise RuntimeError("a bug")

    dispatcher.join(Broken("radio", Form.RADIO))
    dispatcher.join(Line("mqtt"))
    item = queue(spool, 1, with_news=True)
    assert asked(dispatcher, "mqtt") == item.item_id
    with pytest.raises(RuntimeError):  # its own stage tells it
        dispatcher.next_for("radio")


def test_what_all_links_refused_does_not_hide_what_they_would_carry(
    dispatcher: Dispatcher, spool: Spool
) -> None:
    """Files that a card has lost, by the hundred, stand before the others for ever."""
    lost = [queue(spool, number) for number in range(MOST_VALUABLE + OLDEST)]
    good = queue(spool, 1000)
    refused = frozenset(item.item_id for item in lost)
    dispatcher.join(Line("mqtt", state={"refused": refused}))
    assert asked(dispatcher, "mqtt") == good.item_id
