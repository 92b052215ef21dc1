"""What every output line promises, whatever drives it."""

from __future__ import annotations

import importlib.util

import pytest

from edge.capture.light.lines import GpioApiOutput
from edge.capture.trigger.firing import LineError, NoSuchLine, TriggerError, TriggerUnavailable
from tests.capture.light.outputs import RIGS, on_wire
from tests.capture.trigger.wires import Wire

every_kind = pytest.mark.parametrize("kind", sorted(RIGS))
either_way = pytest.mark.parametrize("active_low", [False, True])


@every_kind
@either_way
def test_it_is_off_as_it_is_opened(kind: str, active_low: bool) -> None:
    rig = RIGS[kind](active_low)
    rig.line.open()
    assert rig.pin() is active_low
    rig.line.close()


@every_kind
@either_way
def test_it_is_driven_as_it_is_told(kind: str, active_low: bool) -> None:
    rig = RIGS[kind](active_low)
    rig.line.open()
    for on in (True, False, True):
        rig.line.set(on)
        assert rig.pin() is (on != active_low)
    rig.line.close()


@every_kind
def test_opening_a_line_that_is_held_changes_nothing(kind: str) -> None:
    rig = RIGS[kind](False)
    rig.line.open()
    rig.line.set(True)
    rig.line.open()
    assert rig.pin() is True
    rig.line.close()


@every_kind
def test_closed_it_is_not_driven_on(kind: str) -> None:
    rig = RIGS[kind](False)
    rig.line.open()
    rig.line.set(True)
    rig.line.close()
    rig.line.close()
    assert not rig.pin()


@every_kind
def test_a_line_that_was_not_opened_says_so(kind: str) -> None:
    with pytest.raises(LineError, match="open it first"):
        RIGS[kind](False).line.set(True)


@every_kind
def test_a_line_that_has_gone_is_told_of_and_can_be_closed(kind: str) -> None:
    rig = RIGS[kind](False)
    rig.line.open()
    rig.take_away()
    with pytest.raises(TriggerError):
        rig.line.set(True)
    rig.line.close()


def test_what_an_earlier_life_left_on_goes_out_as_the_line_is_opened() -> None:
    wire = Wire()
    wire.kept = True  # as Raspberry Pi's kernel does
    wire.driven = True
    on_wire(wire).open()
    assert wire.driven is False


def test_a_kernel_that_keeps_pins_driven_finds_it_off_when_it_is_closed() -> None:
    wire = Wire()
    wire.kept = True
    line = on_wire(wire)
    line.open()
    line.set(True)
    line.close()
    assert wire.driven is False


def test_a_line_that_another_holds_is_not_taken() -> None:
    wire = Wire()
    on_wire(wire).open()
    with pytest.raises(LineError, match="in use"):
        on_wire(wire).open()


def test_a_line_that_is_not_there_names_the_chips_that_are() -> None:
    with pytest.raises(NoSuchLine, match="pinctrl-rp1"):
        on_wire(Wire(), chip="gpiochip9").open()


def test_a_library_that_is_missing_is_named() -> None:
    if importlib.util.find_spec("Jetson") is not None:
        pytest.skip("Jetson.GPIO is installed here")
    with pytest.raises(TriggerUnavailable, match="pip install"):
        GpioApiOutput(7, "Jetson.GPIO").open()
