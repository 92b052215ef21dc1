"""The infrared filter goes where it is sent, and no coil is left under current."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from edge.capture.light.filter import HeldFilter, LatchingFilter
from tests.capture.light.outputs import on_wire
from tests.capture.trigger.wires import Wire


class Coil:
    """Two wires, and what they did to the filter between them."""

    def __init__(self) -> None:
        self.outward, self.inward = Wire(), Wire()
        self.pulses: list[str] = []
        self.on_pulse: Callable[[], None] = lambda: None
        self.filter = LatchingFilter(on_wire(self.outward), on_wire(self.inward), 0.1, self._sleep)

    def _sleep(self, seconds: float) -> None:
        assert not (self.outward.driven and self.inward.driven)
        self.pulses.append("out" if self.outward.driven else "in" if self.inward.driven else "?")
        self.on_pulse()

    @property
    def rests(self) -> bool:
        return not self.outward.driven and not self.inward.driven


def test_a_held_filter_is_out_as_long_as_its_line_is_on() -> None:
    wire = Wire()
    held = HeldFilter(on_wire(wire))
    assert held.out is None
    held.move(True)
    assert wire.driven and held.out
    held.move(False)
    assert wire.driven is False and held.out is False


def test_a_latching_filter_gets_one_pulse_for_each_move() -> None:
    coil = Coil()
    for out in (False, True, True, False):
        coil.filter.move(out)
        assert coil.rests
    assert coil.pulses == ["in", "out", "in"]


def test_where_it_stands_at_first_is_unknown_so_it_is_sent() -> None:
    coil = Coil()
    coil.filter.move(False)
    assert coil.pulses == ["in"]


def test_a_pulse_that_is_broken_off_leaves_no_current() -> None:
    coil = Coil()

    def stop() -> None:
        raise KeyboardInterrupt

    coil.on_pulse = stop
    with pytest.raises(KeyboardInterrupt):
        coil.filter.move(True)
    assert coil.rests


def test_a_line_that_has_gone_is_told_and_the_filter_tried_again() -> None:
    coil = Coil()
    coil.filter.move(False)
    coil.outward.gone = True
    coil.filter.move(True)
    assert coil.filter.trouble is not None and coil.filter.out is None
    coil.outward.gone = False
    coil.filter.move(True)
    assert coil.filter.trouble is None and coil.filter.out is True


def test_one_that_may_have_moved_is_sent_again_though_it_is_wanted_where_it_was() -> None:
    coil = Coil()
    coil.filter.move(False)

    def go_away() -> None:
        coil.outward.gone = True

    coil.on_pulse = go_away
    coil.filter.move(True)
    assert coil.filter.out is None, "the pulse may have been long enough"
    coil.outward.gone, coil.on_pulse = False, lambda: None
    coil.filter.move(False)
    assert coil.pulses == ["in", "out", "in"] and coil.filter.trouble is None


def test_a_held_filters_line_that_failed_is_taken_anew() -> None:
    wire = Wire()
    held = HeldFilter(on_wire(wire))
    held.move(True)
    wire.gone = True
    held.move(False)
    assert held.trouble is not None and held.out is None
    assert not wire.taken, "its chip may come back as another device"
    wire.gone = False
    held.move(False)
    assert held.trouble is None and wire.driven is False


def test_closing_gives_the_lines_back() -> None:
    coil = Coil()
    coil.filter.move(True)
    coil.filter.close()
    assert not coil.outward.taken and not coil.inward.taken
