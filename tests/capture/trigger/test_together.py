from __future__ import annotations

from collections.abc import Iterator

import pytest

from edge.capture.trigger.firing import Cause, Firing, LineError, Trigger, TriggerBroken
from edge.capture.trigger.pushed import ManualTrigger
from edge.capture.trigger.together import Together
from tests.basecamp.field import eventually
from tests.capture.trigger.rigs import wired
from tests.capture.trigger.wires import Wire

LONG_S = 30.0


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def button() -> ManualTrigger:
    return ManualTrigger()


@pytest.fixture
def both(wire: Wire, button: ManualTrigger) -> Iterator[Together]:
    together = Together([wired(wire), button], retry_s=0.01)
    together.arm()
    yield together
    together.close()


def test_any_of_them_fires(both: Together, wire: Wire, button: ManualTrigger) -> None:
    wire.rise()
    assert _cause(both) is Cause.PIR
    button.fire()
    assert _cause(both) is Cause.TEST


def test_one_that_fails_is_told_of_and_the_others_go_on(
    both: Together, wire: Wire, button: ManualTrigger
) -> None:
    wire.gone = True
    with pytest.raises(LineError, match="No such device"):
        both.wait(LONG_S)
    button.fire()
    assert _cause(both) is Cause.TEST


def test_one_that_failed_is_armed_again(both: Together, wire: Wire) -> None:
    wire.gone = True
    with pytest.raises(LineError):
        both.wait(LONG_S)
    wire.gone = False
    while True:
        wire.rise()  # what comes while the line is away is lost
        try:
            firing = both.wait(0.05)
        except LineError:
            continue
        if firing is not None:
            assert firing.cause is Cause.PIR
            return


def test_a_bug_in_one_is_told_of_and_does_not_end_its_watch() -> None:
    class Buggy(ManualTrigger):
        bugs = 1

        def wait(self, timeout_s: float) -> Firing | None:
            if self.bugs:
                self.bugs -= 1
                raise ZeroDivisionError
            return super().wait(timeout_s)

    buggy = Buggy()
    together = Together([buggy], retry_s=0.01)
    together.arm()
    try:
        with pytest.raises(TriggerBroken, match="ZeroDivisionError"):
            together.wait(LONG_S)
        while buggy.bugs == 0 and together.wait(0.05) is None:
            buggy.fire()
    finally:
        together.close()


def test_what_woke_the_station_before_it_was_armed_is_kept(button: ManualTrigger) -> None:
    together = Together([wired(Wire()), button])
    button.fire()
    together.arm()
    assert _cause(together) is Cause.TEST
    together.close()


def test_one_that_cannot_be_armed_is_told_of_and_stops_no_other(button: ManualTrigger) -> None:
    together = Together([_in_use(), button])
    together.arm()
    with pytest.raises(LineError, match="busy"):
        together.wait(LONG_S)
    button.fire()
    assert _cause(together) is Cause.TEST
    together.close()


def test_a_bug_in_arming_one_is_told_of_and_stops_no_other(button: ManualTrigger) -> None:
    class Buggy(ManualTrigger):
        def arm(self) -> None:
            raise ZeroDivisionError

    together = Together([Buggy(), button])
    together.arm()
    with pytest.raises(TriggerBroken, match="ZeroDivisionError"):
        together.wait(LONG_S)
    button.fire()
    assert _cause(together) is Cause.TEST
    together.close()


def test_one_that_fails_whenever_it_is_armed_is_told_of_once() -> None:
    class Loose(ManualTrigger):
        armed = 0

        def arm(self) -> None:
            self.armed += 1

        def wait(self, timeout_s: float) -> Firing | None:
            raise LineError("a loose contact")

    loose = Loose()
    together = Together([loose], retry_s=0.001)
    together.arm()
    eventually(lambda: loose.armed > 5, "it is armed again and again")
    with pytest.raises(LineError, match="loose"):
        together.wait(LONG_S)
    assert together.wait(0) is None
    together.close()


def test_one_that_does_not_let_go_keeps_no_other_from_being_closed(wire: Wire) -> None:
    class Stubborn(ManualTrigger):
        def close(self) -> None:
            raise RuntimeError("the library has it")

    together = Together([Stubborn(), wired(wire)])
    together.arm()
    assert wire.taken
    together.close()
    assert not wire.taken


def test_while_nobody_listens_memory_is_bounded_and_what_is_too_much_is_counted() -> None:
    class Floating(ManualTrigger):
        left = 10_000

        def wait(self, timeout_s: float) -> Firing | None:
            self.left -= 1
            return None if self.left < 0 else Firing(Cause.PIR, "floating", 0.0)

    floating = Floating()
    together = Together([floating])
    together.arm()
    eventually(lambda: floating.left < 0, "all have fired")
    lost = together.lost
    kept = 0
    while together.wait(0) is not None:
        kept += 1
    together.close()
    assert kept < 5000
    assert kept + lost == 10_000


def test_it_says_which_fail_until_they_work_again(wire: Wire, button: ManualTrigger) -> None:
    together = Together([button, wired(wire)], retry_s=0.01)
    together.arm()
    assert together.failing == {}
    wire.gone = True
    with pytest.raises(LineError):
        together.wait(LONG_S)
    eventually(lambda: set(together.failing) == {1}, "the second fails")
    wire.gone = False
    eventually(lambda: together.failing == {}, "it works again")
    together.close()


def test_where_none_can_be_armed_it_says_so() -> None:
    with pytest.raises(LineError, match="busy"):
        Together([_in_use(), _in_use()]).arm()


def _in_use() -> Trigger:
    wire = Wire()
    wired(wire).arm()
    return wired(wire)


def _cause(together: Together) -> Cause:
    firing = together.wait(LONG_S)
    assert firing is not None
    return firing.cause
