"""The controller's side of the protocol, with a clock that the test turns."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge import dictionary
from firmware_bridge.dictionary import Value
from firmware_bridge.framing import END, FrameDecoder
from firmware_bridge.messages import Message, Refusal, WakeReason, decode, encode, message
from firmware_bridge.simulators.controller_core import QUEUE, READY_MS, RESEND_MS, ControllerCore
from firmware_bridge.simulators.controller_parts import NonVolatile, Sensors

LINK = 4711
DAY_S = 86_400


class Bench:
    """A controller, its clock, and a host that asks by hand."""

    def __init__(self, memory: NonVolatile | None = None, greet: bool = True) -> None:
        self.memory = memory or NonVolatile()
        self.now_ms = 0
        self.number = 0
        self.core = ControllerCore(self.memory, Sensors(), lambda: self.now_ms)
        if greet:
            self.greet()

    def greet(self, link: int = LINK, hash: bytes = dictionary.HASH) -> Message:
        return self.ask("hello", dictionary.VERSION, hash, link)

    def ask(self, name: str, *values: Value) -> Message:
        self.number = (self.number + 1) % 256
        answer = self.say(message(name, self.number, *values))
        assert answer is not None
        assert answer.number == self.number
        return answer

    def say(self, sent: Message) -> Message | None:
        (payload,) = FrameDecoder().feed(encode(sent))
        return _message(self.core.take(payload))

    def pass_ms(self, ms: int) -> list[Message]:
        """Let time go by in steps of 10 ms; what the controller said meanwhile."""
        said = []
        for _ in range(0, ms, 10):
            said.append(_message(self.core.due()))
            self.now_ms += 10
        return [came for came in said if came is not None]

    def acknowledge(self, event: Message) -> None:
        assert self.say(message("acknowledge", event.number)) is None


def _message(frame: bytes | None) -> Message | None:
    if frame is None:
        return None
    (payload,) = FrameDecoder().feed(frame)
    return decode(payload)


def _name(said: Message) -> str:
    assert said.kind is not None
    return said.kind.name


def _refusal(answer: Message) -> Refusal:
    assert _name(answer) == "refusal"
    return Refusal(answer.fields()["code"])


def test_before_it_is_greeted_it_says_ready_every_second_and_refuses_the_rest() -> None:
    bench = Bench(greet=False)
    bench.core.pir()

    said = bench.pass_ms(3 * READY_MS)
    assert [_name(message) for message in said] == ["ready"] * 3
    assert said[0].fields() == {"boot": 1}
    assert _refusal(bench.ask("ping")) is Refusal.NOT_GREETED
    assert _refusal(bench.ask("reserve", 0, 1)) is Refusal.NOT_GREETED


def test_an_event_is_sent_until_it_is_acknowledged_and_then_the_next() -> None:
    bench = Bench()
    bench.core.pir()
    bench.core.pir()

    said = bench.pass_ms(3 * RESEND_MS)
    assert len(said) == 3
    assert said[0] == said[1] == said[2]
    bench.acknowledge(said[0])
    (following,) = bench.pass_ms(RESEND_MS)
    assert following.number == said[0].number + 1
    bench.acknowledge(following)
    assert bench.pass_ms(1000) == []


def test_the_first_sending_of_an_event_has_no_zero_byte_before_it() -> None:
    bench = Bench()
    bench.core.pir()

    first = bench.core.due()
    assert first is not None and not first.startswith(END) and len(first) <= 18
    bench.now_ms += RESEND_MS
    assert bench.core.due() == END + first


def test_an_acknowledgement_of_another_event_does_nothing() -> None:
    bench = Bench()
    bench.core.pir()
    (event,) = bench.pass_ms(10)

    assert bench.say(message("acknowledge", event.number + 1)) is None
    assert bench.pass_ms(RESEND_MS + 10) == [event]


def test_an_acknowledgement_before_anything_was_sent_does_nothing() -> None:
    bench = Bench()
    bench.core.pir()
    bench.say(message("acknowledge", 0))

    assert len(bench.pass_ms(10)) == 1


def test_what_finds_no_room_in_the_queue_is_counted() -> None:
    bench = Bench()
    for _ in range(QUEUE + 3):
        bench.core.pir()

    assert bench.ask("ping").fields() == {"uptime_ms": 0, "waiting": QUEUE, "lost": 3}


def test_a_repeated_request_gets_the_same_answer_and_does_nothing_twice() -> None:
    bench = Bench()
    request = message("reserve", 99, 0, 10)
    first = bench.say(request)
    bench.now_ms += 500

    assert bench.say(request) == first
    assert bench.say(message("reserve", 99, 0, 20)) == first
    assert bench.memory.counters[0] == 10
    assert bench.ask("reserve", 0, 10).fields() == {"first": 10}


def test_a_greeting_by_another_host_begins_anew_and_keeps_what_waits() -> None:
    bench = Bench()
    bench.core.pir()
    (event,) = bench.pass_ms(10)
    bench.say(message("reserve", 5, 0, 10))

    assert bench.say(message("hello", 5, 1, dictionary.HASH, LINK + 1)) is not None
    assert bench.pass_ms(10) == [event]
    assert bench.say(message("reserve", 5, 0, 10)) != message("reserve-reply", 5, 0)


def test_a_host_of_another_dictionary_gets_the_safe_subset_alone() -> None:
    bench = Bench()
    bench.greet(hash=b"another!")

    assert _name(bench.ask("ping")) == "ping-reply"
    assert _name(bench.ask("rtc-get")) == "rtc-get-reply"
    assert _refusal(bench.ask("power-off", LINK, 0, None, 1)) is Refusal.NOT_SAFE
    assert _refusal(bench.ask("reserve", 0, 1)) is Refusal.NOT_SAFE
    assert bench.core.power.is_on


def test_the_boot_count_rises_with_each_start_and_uptime_begins_anew() -> None:
    memory = NonVolatile()
    for boot in (1, 2, 3):
        bench = Bench(memory, greet=False)
        assert bench.greet().fields()["boot"] == boot
        bench.pass_ms(100)
        assert bench.ask("ping").fields()["uptime_ms"] == 100


def test_without_its_kick_the_watchdog_takes_the_power_for_ten_seconds() -> None:
    bench = Bench()
    bench.ask("watchdog", 10)
    bench.pass_ms(9_000)
    bench.ask("watchdog", 10)
    bench.pass_ms(9_990)
    assert bench.core.power.is_on

    bench.pass_ms(50)
    assert not bench.core.power.is_on
    said = bench.pass_ms(10_000)
    assert bench.core.power.is_on
    assert [_name(came) for came in said] == ["ready"]
    bench.greet()
    assert bench.ask("wake-reason").fields()["reason"] == WakeReason.WATCHDOG


def test_a_watchdog_that_was_ended_bites_no_more() -> None:
    bench = Bench()
    bench.ask("watchdog", 10)
    bench.ask("watchdog", 0)
    bench.pass_ms(20_000)

    assert bench.core.power.is_on


def test_the_power_comes_back_at_the_time_that_was_asked_for() -> None:
    bench = Bench()
    bench.ask("rtc-set", 100 * DAY_S, 0)
    bench.ask("power-off", LINK, 5, 100 * DAY_S + 30, 0)
    bench.pass_ms(5_020)
    assert not bench.core.power.is_on
    bench.core.pir()
    bench.pass_ms(24_900)
    assert not bench.core.power.is_on

    bench.pass_ms(200)
    assert bench.core.power.is_on
    bench.greet()
    wake = bench.ask("wake-reason").fields()
    assert (wake["reason"], wake["utc_s"]) == (WakeReason.TIMER, 100 * DAY_S + 30)
    assert [_name(event) for event in bench.pass_ms(10)] == ["pir-event"]


def test_a_pir_event_that_was_not_taken_before_the_power_went_wakes_the_host_again() -> None:
    bench = Bench()
    bench.ask("power-off", LINK, 5, None, 1)
    bench.core.pir()
    bench.pass_ms(5_020)
    assert not bench.core.power.is_on

    bench.pass_ms(2_050)
    assert bench.core.power.is_on
    assert bench.core.power.reason is WakeReason.PIR


@pytest.mark.parametrize("reason", [WakeReason.BUTTON, WakeReason.RADIO])
def test_a_call_wakes_the_host_whatever_it_waits_for(reason: WakeReason) -> None:
    bench = Bench()
    bench.ask("power-off", LINK, 0, None, 1)
    bench.pass_ms(3_000)
    assert not bench.core.power.is_on

    bench.core.call(reason)
    bench.pass_ms(20)
    assert bench.core.power.is_on
    assert bench.core.power.reason is reason


@pytest.mark.parametrize("reason", [WakeReason.BUTTON, WakeReason.RADIO])
def test_a_call_just_after_the_power_went_is_not_forgotten(reason: WakeReason) -> None:
    bench = Bench()
    bench.ask("power-off", LINK, 0, None, 1)
    bench.pass_ms(500)
    bench.core.call(reason)
    bench.pass_ms(1_000)
    assert not bench.core.power.is_on, "away for two seconds at least"

    bench.pass_ms(1_000)
    assert bench.core.power.is_on
    assert bench.core.power.reason is reason


def test_a_pir_event_wakes_the_host_though_the_queue_is_full() -> None:
    bench = Bench()
    for _ in range(QUEUE):
        bench.core.call(WakeReason.BUTTON)
    bench.ask("power-off", LINK, 0, None, 1)
    bench.pass_ms(2_500)
    assert not bench.core.power.is_on

    bench.core.pir()
    bench.pass_ms(20)
    assert bench.core.power.reason is WakeReason.PIR


def test_a_repeated_greeting_is_known_by_its_number_and_link() -> None:
    bench = Bench(greet=False)
    first = message("hello", 7, dictionary.VERSION, dictionary.HASH, LINK)
    other = message("hello", 7, 9, b"another!", LINK)
    assert bench.say(first) == bench.say(other)
    assert _name(bench.ask("energy")) == "energy-reply", "not the safe subset alone"


def test_only_the_greetings_link_may_switch_the_power() -> None:
    bench = Bench()

    assert _refusal(bench.ask("power-off", LINK + 1, 0, None, 1)) is Refusal.WRONG_LINK
    bench.pass_ms(100)
    assert bench.core.power.is_on


@pytest.mark.parametrize(
    ("request_values", "code"),
    [
        (("watchdog", 9), Refusal.BAD_FIELD),
        (("watchdog", 86_401), Refusal.BAD_FIELD),
        (("rtc-set", 0, 1000), Refusal.BAD_FIELD),
        (("reserve", 4, 1), Refusal.BAD_FIELD),
        (("reserve", 0, 0), Refusal.BAD_FIELD),
        (("reserve", 0, 65_537), Refusal.BAD_FIELD),
        (("counter", 4, 0), Refusal.BAD_FIELD),
        (("power-off", LINK, 3_601, None, 1), Refusal.BAD_FIELD),
        (("power-off", LINK, 0, None, 2), Refusal.BAD_FIELD),
        (("power-off", LINK, 0, None, 0), Refusal.NEVER_WAKES),
        (("power-off", LINK, 0, 5, 1), Refusal.RTC_UNSET),
    ],
)
def test_what_it_cannot_do_it_refuses(request_values: tuple[str, int], code: Refusal) -> None:
    bench = Bench()

    assert _refusal(bench.ask(*request_values)) is code


def test_a_request_that_it_does_not_know_is_refused_as_such() -> None:
    bench = Bench()

    answer = bench.say(Message(15, 3))
    assert answer is not None and _refusal(answer) is Refusal.UNKNOWN_MESSAGE
    answer = bench.say(Message(2, 4, (1, 2)))
    assert answer is not None and _refusal(answer) is Refusal.BAD_FIELD


def test_messages_of_a_controller_mean_nothing_to_a_controller() -> None:
    bench = Bench()

    for kind in (0, 16, 29, 33, 62, 63, 1000):
        assert bench.say(Message(kind, 7)) is None


def test_the_clock_runs_on_from_where_it_was_set() -> None:
    bench = Bench()
    assert bench.ask("rtc-set", 1_790_000_000, 250).fields()["utc_s"] is None
    bench.pass_ms(1_000)

    shown = bench.ask("rtc-get").fields()
    assert (shown["utc_s"], shown["utc_ms"]) == (1_790_000_001, 250)


_values = st.none() | st.integers(-(2**33), 2**33) | st.binary(max_size=8) | st.text(max_size=4)


@given(st.lists(st.tuples(st.integers(0, 64), st.lists(_values, max_size=5)), max_size=12))
def test_no_message_however_odd_stops_it(said: list[tuple[int, list[Value]]]) -> None:
    bench = Bench()
    for number, (kind, values) in enumerate(said):
        bench.core.take(cbor2.dumps([kind, number, *values]))
        bench.core.due()

    bench.greet(link=LINK + 1)
    assert _name(bench.ask("ping")) == "ping-reply"
