"""The cycle of a station that is woken for an event, looked at from outside as it goes."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.cycle import Cycle, Phase, Seen, Terms, advance

TERMS = Terms(most_s=300, most_j=None, lull_s=10, speak_s=60)


def lived(*looks: Seen, terms: Terms = TERMS, watts: float = 0.0) -> Cycle:
    cycle = Cycle()
    for seen in looks:
        cycle = advance(cycle, seen, terms, lambda _: watts)
    return cycle


CAUGHT = (Seen(12, edges=1), Seen(22, edges=1, bursts=1, unjudged=1))
SPEAKING = (*CAUGHT, Seen(30, edges=1, bursts=1), Seen(31, edges=1, bursts=1, to_say=True))


def test_it_catches_thinks_and_speaks_and_then_goes_off() -> None:
    assert lived(*CAUGHT).phase is Phase.THINK
    assert lived(*SPEAKING).phase is Phase.SPEAK
    cycle = lived(*SPEAKING, Seen(35, edges=1))
    assert cycle.phase is Phase.OFF
    assert cycle.left_undone is None


def test_the_time_before_it_was_armed_is_the_boots() -> None:
    assert lived().phase is Phase.BOOT
    armed = lived(Seen(5, edges=1))
    assert armed.phase is Phase.CATCH
    assert armed.spent_s == {Phase.BOOT: 5}


@pytest.mark.parametrize(
    "looks", [CAUGHT, SPEAKING, (*SPEAKING, Seen(40, edges=1))], ids=["think", "speak", "off"]
)
def test_an_edge_leads_back_to_catching_from_every_phase(looks: tuple[Seen, ...]) -> None:
    assert lived(*looks).phase is not Phase.CATCH
    assert lived(*looks, Seen(45, edges=2, unjudged=1)).phase is Phase.CATCH


def test_catching_lasts_as_long_as_something_moves() -> None:
    moving = [Seen(12 + 5 * number, edges=1 + number) for number in range(10)]
    assert lived(*moving).phase is Phase.CATCH
    assert lived(*moving, Seen(57 + TERMS.lull_s, edges=10, bursts=3)).phase is Phase.THINK


def test_the_burst_of_an_edge_is_waited_for_but_not_for_ever() -> None:
    edge = Seen(12, edges=1)
    assert lived(edge, Seen(12 + TERMS.lull_s, edges=1)).phase is Phase.CATCH
    assert lived(edge, Seen(12 + TERMS.burst_s, edges=1)).phase is Phase.THINK
    late = Seen(TERMS.most_s + 1, edges=2)
    assert lived(edge, late).phase is Phase.CATCH
    assert lived(edge, late, Seen(TERMS.most_s + 4, edges=2, bursts=1)).phase is Phase.OFF


def test_what_cannot_be_said_in_time_is_left_for_the_next_cycle() -> None:
    late = Seen(31 + TERMS.speak_s, edges=1, to_say=True)
    assert lived(*SPEAKING, late).phase is Phase.OFF


def test_what_there_is_to_say_is_asked_for_only_while_it_speaks_or_is_cut_short() -> None:
    asked: list[bool] = []

    def ask() -> bool:
        asked.append(True)
        return True

    thinking = (Seen(12, edges=1, to_say=ask), Seen(22, edges=1, bursts=1, unjudged=1, to_say=ask))
    speaks = lived(*thinking, Seen(30, edges=1, bursts=1, to_say=ask))
    assert (speaks.phase, asked) == (Phase.SPEAK, [])
    assert advance(speaks, Seen(31, edges=1, bursts=1, to_say=ask), TERMS).phase is Phase.SPEAK
    assert asked
    cut = lived(Seen(TERMS.most_s + 60, to_say=ask), Seen(TERMS.most_s + 90, to_say=ask))
    assert (cut.phase, cut.left_undone) == (Phase.OFF, Phase.CATCH)


def test_the_burst_of_what_woke_it_may_come_before_the_controller_tells_of_it() -> None:
    woken = (Seen(8, bursts=1, unjudged=1), Seen(9, edges=1, bursts=1, unjudged=1))
    assert lived(*woken).phase is Phase.CATCH
    assert lived(*woken, Seen(9 + TERMS.lull_s, edges=1, bursts=1)).phase is Phase.THINK
    again = (*woken, Seen(12, edges=2, bursts=1))
    assert lived(*again, Seen(12 + TERMS.lull_s, edges=2, bursts=1)).phase is Phase.CATCH


def test_a_second_look_is_waited_for_within_the_budget() -> None:
    looking = Seen(60, edges=1, bursts=1, looks_again=True)
    assert lived(*CAUGHT[:1], Seen(30, edges=1, bursts=1, looks_again=True), looking).phase is (
        Phase.CATCH
    )
    assert lived(*CAUGHT[:1], looking, Seen(61, edges=1, bursts=1)).phase is Phase.THINK
    late = Seen(TERMS.most_s, edges=1, bursts=1, looks_again=True)
    assert lived(*CAUGHT[:1], looking, late).phase is Phase.OFF


def test_an_unjudged_burst_is_left_only_where_the_budget_is_over_and_that_is_told() -> None:
    thinking = Seen(TERMS.most_s - 1, edges=1, unjudged=1)
    assert lived(*CAUGHT, thinking).phase is Phase.THINK
    cycle = lived(*CAUGHT, thinking, Seen(TERMS.most_s, edges=1, unjudged=1))
    assert cycle.phase is Phase.OFF
    assert cycle.left_undone is Phase.THINK


ROOMY = Terms(most_s=3600, room_s=300)


def refused_at(at_s: float, edges: int = 1, unjudged: int = 0) -> Seen:
    """A picture that the card does not take."""
    return Seen(at_s, edges=edges, uncommitted=True, refused=True, unjudged=unjudged)


def test_a_picture_that_the_card_refuses_is_waited_for_over_the_budget_but_not_for_ever() -> None:
    late_s = TERMS.most_s - 1
    within = (*CAUGHT[:1], refused_at(late_s), refused_at(TERMS.most_s))
    assert lived(*within, refused_at(late_s + TERMS.room_s - 1)).phase is Phase.CATCH
    assert lived(*within, refused_at(late_s + TERMS.room_s)).phase is Phase.OFF


def test_within_the_budget_it_is_waited_for_as_long_as_a_burst_is_to_be_judged() -> None:
    begun = (*CAUGHT[:1], refused_at(20))
    later_s = 20 + ROOMY.room_s
    assert lived(*begun, refused_at(later_s, unjudged=1), terms=ROOMY).phase is Phase.CATCH
    assert lived(*begun, refused_at(later_s), terms=ROOMY).phase is Phase.THINK
    end_s = ROOMY.most_s
    at_end = (refused_at(end_s, unjudged=1), refused_at(end_s + ROOMY.burst_s, unjudged=1))
    assert lived(*begun, *at_end, terms=ROOMY).phase is Phase.OFF


def test_one_that_the_card_is_taking_is_waited_for_whatever_it_takes() -> None:
    within = (*CAUGHT[:1], refused_at(TERMS.most_s))
    taking_s = TERMS.most_s + 2 * TERMS.room_s
    taking = Seen(taking_s, edges=1, uncommitted=True)
    assert lived(*within, taking).phase is Phase.CATCH
    anew = refused_at(taking_s + 1)
    assert lived(*within, taking, anew).phase is Phase.CATCH, "the next has a wait of its own"


def test_after_a_picture_was_given_up_an_edge_still_has_its_chance() -> None:
    gone = (*CAUGHT[:1], refused_at(TERMS.most_s), refused_at(TERMS.most_s + TERMS.room_s))
    at_s = TERMS.most_s + TERMS.room_s + 1
    assert lived(*gone, refused_at(at_s, edges=2)).phase is Phase.CATCH
    later = refused_at(at_s + TERMS.burst_s, edges=2)
    assert lived(*gone, refused_at(at_s, edges=2), later).phase is Phase.OFF


def test_joules_are_a_budget_as_seconds_are() -> None:
    terms = Terms(most_s=3600, most_j=100)
    cycle = lived(*CAUGHT, Seen(51, edges=1, unjudged=1), terms=terms, watts=2.0)
    assert cycle.phase is Phase.OFF
    assert cycle.joules == pytest.approx(102)


def test_a_storm_of_edges_does_not_keep_it_up_for_ever() -> None:
    storm = [Seen(0.25 * tick, edges=tick, unjudged=tick) for tick in range(1, 2400)]
    phases = [cycle.phase for cycle in lives(storm)]
    first_off = phases.index(Phase.OFF)
    assert storm[first_off].at_s <= TERMS.most_s + TERMS.burst_s + 1


def lives(looks: Iterable[Seen]) -> Iterable[Cycle]:
    cycle = Cycle()
    for seen in looks:
        cycle = advance(cycle, seen, TERMS)
        yield cycle


@st.composite
def anything(draw: st.DrawFn) -> list[Seen]:
    """A life at random: time and edges only rise, the rest is as it may be."""
    at_s, edges, looks = 0.0, 0, []
    for _ in range(draw(st.integers(1, 40))):
        at_s += draw(st.floats(0, 30))
        edges += draw(st.integers(0, 1))
        looks.append(
            Seen(
                at_s,
                edges=edges,
                bursts=draw(st.integers(0, edges)),
                uncommitted=draw(st.booleans()),
                refused=draw(st.booleans()),
                unjudged=draw(st.integers(0, 3)),
                to_say=draw(st.booleans()),
            )
        )
    return looks


@given(anything())
def test_it_never_goes_off_over_a_picture_that_the_card_may_take_nor_early_over_a_burst(
    looks: list[Seen],
) -> None:
    for seen, cycle in zip(looks, lives(looks), strict=True):
        if cycle.phase is Phase.OFF:
            refused_s = seen.at_s if cycle.refused_s is None else cycle.refused_s
            was_waited_for = seen.at_s - refused_s >= TERMS.room_s
            assert not seen.uncommitted or (seen.refused and was_waited_for)
            assert cycle.is_over or not seen.unjudged


@given(anything())
def test_every_second_is_on_the_account_of_one_phase(looks: list[Seen]) -> None:
    *_, last = lives(looks)
    assert sum(last.spent_s.values()) == pytest.approx(looks[-1].at_s)
