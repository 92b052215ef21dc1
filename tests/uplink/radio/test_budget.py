"""Air time is asked for before a frame leaves, and known again after a power cut."""

from __future__ import annotations

import math

import pytest

from edge.spool.errors import SpoolFull
from edge.uplink.radio.budget import NEVER_S, AirBudget
from edge.uplink.radio.duty import TTN_FAIR_USE, FairUse
from edge.uplink.radio.regions_tables import region

BOOT = bytes(16)
HOUR_S = 3600.0


class Remembered:
    """A value that outlives the budget; a full card refuses it."""

    def __init__(self) -> None:
        self.state: bytes | None = None
        self.full = False

    def load(self) -> bytes | None:
        return self.state

    def save(self, state: bytes) -> None:
        if self.full:
            raise SpoolFull("no room")
        self.state = state


class Air:
    """A budget in EU868 on a clock of its own."""

    def __init__(self, name: str = "EU868", fair_use: FairUse | None = None) -> None:
        self.now_s, self.memory = 1000.0, Remembered()
        self._name, self._fair_use = name, fair_use
        self.start()

    def start(self, boot_id: bytes = BOOT) -> None:
        self.budget = AirBudget(
            region(self._name), self.memory, boot_id, self._fair_use,
            now_ms=lambda: round(self.now_s * 1000),
        )  # fmt: skip

    def say(self, payload_bytes: int = 51, data_rate: int | None = 0) -> float:
        """Reserve and send at once; the wait, 0 where it went."""
        wait_s = self.budget.reserve(payload_bytes, data_rate)
        if not wait_s:
            self.now_s += 3.0
            self.budget.done()
        return wait_s

    def spend_all(self) -> int:
        """How many of the longest frames went."""
        for count in range(1000):
            if self.say():
                return count
        raise AssertionError("nothing limits it")


def test_an_hour_of_eu868_holds_twelve_of_the_longest_frames() -> None:
    air = Air()
    assert air.spend_all() == 12
    wait_s = air.budget.reserve(51, 0)
    assert 0 < wait_s < HOUR_S
    air.now_s += wait_s
    assert air.budget.reserve(51, 0) == 0


def test_a_restart_forgets_nothing_and_a_reboot_begins_the_hour_again() -> None:
    air = Air()
    air.spend_all()
    air.now_s += HOUR_S / 2
    air.start()
    assert air.budget.reserve(51, 0) > 0
    air.start(boot_id=bytes(15) + b"\x01")
    wait_s = air.budget.reserve(51, 0)
    assert wait_s > HOUR_S / 2


def test_a_damaged_record_counts_as_a_spent_budget() -> None:
    air = Air()
    air.memory.state = b"\x07garbage"
    air.start()
    assert air.budget.reserve(11, 5) > 0
    air.now_s += HOUR_S + 60
    assert air.budget.reserve(11, 5) == 0


def test_what_the_dwell_time_forbids_is_never_allowed() -> None:
    air = Air("AS923-dwell")
    assert air.budget.reserve(51, 2) == NEVER_S == math.inf


@pytest.mark.parametrize("unknown", [None, 99])
def test_an_unknown_data_rate_counts_as_the_slowest_that_carries_it(unknown: int | None) -> None:
    assert Air().budget.rate(51, unknown).index == 0
    assert Air("US915").budget.rate(51, unknown).index == 1
    assert Air("US915").budget.rate(11, unknown).index == 0


def test_without_room_to_write_it_down_nothing_is_reserved() -> None:
    air = Air()
    air.memory.full = True
    with pytest.raises(SpoolFull):
        air.budget.reserve(51, 0)
    air.memory.full = False
    left = air.budget.left(51, 0)
    assert left is not None and left.left == left.limit
    assert air.say(51, 5) == 0
    air.memory.full = True
    air.budget.done()  # what is noted already says that it is still on the air


def test_the_scheduler_sees_what_is_left_of_it() -> None:
    air = Air()
    full = air.budget.left(51, 0)
    assert full is not None and (full.left, full.limit, full.window_s) == (36_000, 36_000, HOUR_S)
    air.say()
    after = air.budget.left(51, 0)
    assert after is not None and after.left == 36_000 - 2794
    assert Air("US915").budget.left(51, 1) is None, "nothing limits an hour there"


def test_fair_use_is_the_narrower_budget() -> None:
    air = Air(fair_use=TTN_FAIR_USE)
    left = air.budget.left(51, 0)
    assert left is not None and (left.limit, left.window_s) == (30_000, 24 * HOUR_S)


def test_it_is_busy_while_a_frame_is_on_the_air() -> None:
    air = Air()
    assert air.budget.busy_s() == 0
    assert air.budget.reserve(51, 0) == 0
    assert air.budget.busy_s() == pytest.approx(2.794)
