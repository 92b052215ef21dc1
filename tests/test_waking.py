"""The end of a woken cycle: the power is taken when all is done, and never from under a picture."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from edge.cycle import Phase, Seen, Terms
from edge.health.clock import ClockState
from edge.health.controller_orders import NoController
from edge.health.effort_lines import ASLEEP, STORM
from edge.listener import Listener
from edge.records import ClockQuality
from edge.spool.errors import CardFailing
from edge.spool.ledger import Ledger
from edge.spool.spool import Spool
from edge.waking import LINGER_S, RETRY_S, OffTerms, WakingStage

BEAT_S = OffTerms().beat_s
JUDGE_S = 60.0
ROOM_S = 300.0
OUT_OF_REACH = NoController("the controller was not reached")


class Switch:
    """A controller's power switch. ``lost`` names orders of which the answer is lost, ``deaf``
    those that do not even reach it."""

    def __init__(self) -> None:
        self.lost: set[str] = set()
        self.deaf: set[str] = set()
        self.will_take = False
        self.holds = False
        self.wake_in_s = 0.0
        self.has_clock, self.wakes_on_pir = True, False

    def power_off(self, after_s: int, wake_at: datetime | None, on_pir: bool) -> None:
        self._reach("power_off")
        if wake_at is not None and not self.has_clock:
            raise NoController("its clock is not set")
        self.wakes_on_pir = on_pir
        if wake_at is not None:
            self.wake_in_s = (wake_at - datetime.now(UTC)).total_seconds()
        self.will_take = True
        self._answer("power_off")

    def call_off_power_off(self) -> None:
        self._reach("call_off")
        self.will_take = False
        self._answer("call_off")

    def hold_events(self, held: bool) -> None:
        self._reach("hold" if held else "let_go")
        self.holds = held
        self._answer("hold" if held else "let_go")

    def _reach(self, order: str) -> None:
        if order in self.deaf:
            raise OUT_OF_REACH

    def _answer(self, order: str) -> None:
        if order in self.lost:
            raise OUT_OF_REACH


class Judging:
    """What judges: ``busy`` with a burst until a test says that it is done."""

    def __init__(self) -> None:
        self.busy = self.held = False

    def hold(self, held: bool) -> None:
        self.held = held


class Heard(Listener):
    """What a person is told."""

    def __init__(self) -> None:
        self.troubles: list[str] = []

    def trouble(self, text: str) -> None:
        self.troubles.append(text)


class World:
    """A station whose cycle has come to its end, a clock, and a motion sensor."""

    def __init__(self, spool: Spool) -> None:
        self.now_s, self.edges, self.bursts, self.unjudged = 100.0, 0, 0, 0
        self.beat_in_s = self.storm_s = 0.0
        self.is_refused = False
        self.switch, self.judging = Switch(), Judging()
        self.counts = spool.ledger.counters
        self.heard = Heard()
        self.stage = WakingStage(
            Terms(most_s=3600, lull_s=0.0, burst_s=5.0, room_s=ROOM_S),
            OffTerms(judge_s=JUDGE_S),
            lambda at_s: Seen(
                at_s,
                edges=self.edges,
                bursts=self.bursts,
                uncommitted=self.is_refused,
                refused=self.is_refused,
                unjudged=self.unjudged,
                stormy=self.storm_s > 0,
            ),
            lambda: self.now_s,
            self.switch,
            self.judging,
            lambda: ClockState(ClockQuality.NTP),
            spool.ledger,
            self.heard,
            beat_in_s=lambda: self.beat_in_s,
            now=lambda: self.now_s,
            storm_s=lambda: self.storm_s,
        )

    def turn(self, after_s: float = 0.5) -> None:
        """A round of its worker, which outlives a controller that is not there."""
        self.now_s += after_s
        try:
            self.stage.step()
        except NoController:
            self.now_s += 2.0

    def turn_until(self, phase: Phase) -> None:
        for _ in range(20):
            if self.stage.cycle.phase is phase:
                return
            self.turn()
        raise AssertionError(f"it stays at {self.stage.cycle.phase}, and never comes to {phase}")

    def an_animal_passes(self) -> None:
        """And its burst is on the card."""
        self.edges += 1
        self.turn()
        self.bursts += 1


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with Spool(tmp_path / "spool", PrivateKey.generate().public_key) as spool:
        yield World(spool)


def ends(world: World) -> bool:
    for _ in range(40):
        world.turn(LINGER_S)
        if world.stage.ended:
            return True
    return False


def test_at_the_end_the_power_is_ordered_away_and_events_are_left_to_the_controller(
    world: World,
) -> None:
    assert ends(world)
    assert world.switch.will_take and world.switch.holds


def test_an_order_that_a_process_left_behind_that_died_is_called_off(world: World) -> None:
    world.switch.will_take = True
    world.turn_until(Phase.CATCH)
    assert not world.switch.will_take


def test_an_animal_at_the_end_calls_the_order_off(world: World) -> None:
    world.turn_until(Phase.OFF)
    world.turn()
    assert world.switch.will_take
    world.an_animal_passes()
    assert not world.switch.will_take
    assert ends(world) and world.switch.will_take


def test_an_order_of_which_the_answer_was_lost_is_called_off_as_well(world: World) -> None:
    world.switch.lost = {"power_off"}
    world.turn_until(Phase.OFF)
    world.turn()
    assert world.switch.will_take
    world.an_animal_passes()
    assert not world.switch.will_take


@pytest.mark.parametrize("order", ["call_off", "let_go"])
@pytest.mark.parametrize("how", ["lost", "deaf"])
def test_it_never_ends_with_nobody_to_take_the_power(world: World, order: str, how: str) -> None:
    world.turn_until(Phase.OFF)
    world.turn()
    getattr(world.switch, how).add(order)
    world.an_animal_passes()
    world.turn_until(Phase.OFF)
    world.turn()
    getattr(world.switch, how).clear()
    assert not world.stage.ended
    assert ends(world)
    assert world.switch.will_take and world.switch.holds


def test_events_come_again_once_it_stays_up(world: World) -> None:
    world.turn_until(Phase.OFF)
    world.turn()
    world.switch.lost = {"hold"}
    world.turn(LINGER_S)
    assert world.switch.holds
    world.switch.lost = set()
    world.an_animal_passes()
    world.turn()
    assert not world.switch.holds


def test_a_controller_that_is_not_there_is_asked_again_while_the_station_stays_up(
    world: World,
) -> None:
    world.switch.deaf = {"power_off"}
    world.turn_until(Phase.OFF)
    world.turn()
    assert not world.stage.ended
    world.switch.deaf = set()
    world.now_s += RETRY_S
    assert ends(world)


def over_budget_in_the_middle_of_a_burst(world: World) -> None:
    world.turn_until(Phase.CATCH)
    world.unjudged, world.judging.busy = 2, True
    world.turn_until(Phase.THINK)
    assert not world.judging.held
    world.turn(3600.0)


def test_over_budget_the_burst_in_work_is_finished_before_the_power_is_ordered_away(
    world: World,
) -> None:
    over_budget_in_the_middle_of_a_burst(world)
    for _ in range(10):
        world.turn()
    assert world.judging.held, "no other burst is taken"
    assert not world.switch.will_take
    world.judging.busy = False
    assert ends(world) and world.switch.will_take


def test_a_burst_in_work_is_not_waited_for_for_ever_nor_anew_with_every_edge(world: World) -> None:
    over_budget_in_the_middle_of_a_burst(world)
    for _ in range(6):
        world.turn(JUDGE_S / 6)
        world.an_animal_passes()
        assert world.judging.held
    assert ends(world) and world.switch.will_take


def test_judging_goes_on_where_something_moves_before_the_budget_is_over(world: World) -> None:
    world.turn_until(Phase.OFF)
    world.turn()
    assert world.judging.held
    world.an_animal_passes()
    assert not world.judging.held


def test_judging_goes_on_over_the_budget_while_the_card_refuses_a_picture(world: World) -> None:
    """For what it finds blank makes room."""
    over_budget_in_the_middle_of_a_burst(world)
    world.turn()
    assert world.judging.held
    world.is_refused = True
    world.turn()
    world.turn()
    assert not world.judging.held and not world.stage.ended
    world.is_refused = world.judging.busy = False
    assert ends(world) and world.judging.held
    assert "cycle_refused" not in world.counts()


def test_a_picture_that_the_card_never_takes_is_given_up_and_that_is_told_once(
    world: World,
) -> None:
    world.turn_until(Phase.CATCH)
    world.is_refused, world.unjudged = True, 7
    world.turn(3600.0)
    assert not ends(world), "it is waited for"
    world.turn(ROOM_S)
    assert ends(world) and world.switch.will_take
    assert world.counts()["cycle_refused"] == 1
    assert sum("the card" in line for line in world.heard.troubles) == 1


def test_a_card_that_takes_no_count_of_the_cycle_does_not_keep_it_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Ledger, counts: object) -> None:
        raise CardFailing("the card takes no writes")

    monkeypatch.setattr(Ledger, "count", fails)
    assert ends(world)


@pytest.mark.parametrize("order", ["power_off", "hold"])
def test_judging_goes_on_where_nobody_takes_the_power(world: World, order: str) -> None:
    world.switch.deaf = {order}
    world.turn_until(Phase.CATCH)
    world.turn(3600.0)
    world.unjudged = 1
    for _ in range(10):
        world.turn(LINGER_S)
    assert not world.judging.held
    world.switch.deaf = set()
    world.now_s += RETRY_S
    assert ends(world)


@pytest.mark.parametrize(
    ("owed_s", "asleep_s"), [(5_000.0, 5_000.0), (1e9, BEAT_S), (3.0, 60.0), (0.0, BEAT_S)]
)
def test_it_is_woken_for_the_sign_of_life_that_it_owes_and_not_at_once_for_one_it_could_not_give(
    world: World, owed_s: float, asleep_s: float
) -> None:
    world.beat_in_s = owed_s
    assert ends(world)
    assert world.switch.wake_in_s == pytest.approx(asleep_s, abs=30)


def test_without_a_storm_it_is_the_motion_sensor_that_wakes_it(world: World) -> None:
    assert ends(world)
    assert world.switch.wakes_on_pir and world.stage.ends_for == ASLEEP


@pytest.mark.parametrize(("storm_s", "asleep_s"), [(200.0, 200.0), (5.0, 60.0), (1e9, BEAT_S)])
def test_in_a_storm_it_sleeps_without_its_motion_sensor_until_the_next_sample(
    world: World, storm_s: float, asleep_s: float
) -> None:
    world.storm_s = storm_s
    assert ends(world)
    assert not world.switch.wakes_on_pir
    assert world.switch.wake_in_s == pytest.approx(asleep_s, abs=30)
    assert world.stage.ends_for == STORM, "the effort log says that nobody watched"


def test_a_storm_that_no_clock_could_end_leaves_the_motion_sensor_in_charge(world: World) -> None:
    world.storm_s, world.switch.has_clock = 200.0, False
    assert ends(world)
    assert world.switch.wakes_on_pir and world.stage.ends_for == ASLEEP


def test_edges_that_will_have_no_burst_do_not_keep_it_up(world: World) -> None:
    world.storm_s = 200.0
    for _ in range(60):
        world.edges += 1
        world.turn(LINGER_S)
        if world.stage.ended:
            break
    assert world.stage.ended and "cycle_overruns" not in world.counts()
    assert world.now_s < 200.0


def test_a_sample_that_comes_due_while_it_goes_off_is_taken(world: World) -> None:
    world.storm_s = 3.0
    world.turn_until(Phase.OFF)
    world.turn()
    assert world.switch.will_take and not world.switch.wakes_on_pir
    world.storm_s = 0.0
    world.an_animal_passes()
    assert not world.switch.will_take
    assert ends(world) and world.switch.wakes_on_pir and world.stage.ends_for == ASLEEP
