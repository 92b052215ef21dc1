"""The end of a woken cycle over a card without room: a real spool, what stores, and what judges."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from nacl.public import PrivateKey

from edge.capture.stage import CaptureStage
from edge.cycle import Phase, Seen, Terms
from edge.health.clock import ClockState
from edge.listener import Listener
from edge.records import Burst, ClockQuality
from edge.spool.retention import CARD_FULL, Budget
from edge.spool.spool import Spool
from edge.waking import OffTerms, WakingStage
from tests.spool.makers import a_blank, a_burst, a_target, burst_id
from tests.test_waking import Judging, Switch

MOST_S, ROOM_S = 600.0, 300.0
PICTURE_BYTES = 60_000
ONE_BURST = Budget(max_bytes=200_000, min_free_bytes=0)
"""Room for one of two pictures, and not for a second."""


class Source:
    """Two bursts, one after the other."""

    def __init__(self) -> None:
        self._bursts = [a_burst(number, PICTURE_BYTES) for number in (1, 2)]

    exhausted = False

    def next_burst(self, timeout_s: float) -> Burst | None:
        return self._bursts.pop(0) if self._bursts else None

    def done_with(self, burst: Burst) -> None:
        """Nothing to let go of."""

    def close(self) -> None:
        """Nothing is open."""


class Night:
    """A woken station that caught two bursts on a card for one, and had no time to judge."""

    def __init__(self, spool: Spool) -> None:
        self.spool, self.now_s = spool, 10.0
        self.capture = CaptureStage(Source(), spool, Listener())
        self.judging, self.switch = Judging(), Switch()
        self.waking = WakingStage(
            Terms(most_s=MOST_S, burst_s=5.0, room_s=ROOM_S),
            OffTerms(),
            lambda at_s: Seen(
                at_s,
                edges=2,
                bursts=self.capture.bursts,
                uncommitted=self.capture.holds_burst,
                refused=self.capture.is_refused,
                unjudged=spool.unjudged(),
            ),
            lambda: self.now_s,
            self.switch,
            self.judging,
            lambda: ClockState(ClockQuality.NTP),
            spool.ledger,
            Listener(),
            now=lambda: self.now_s,
        )

    def turn(self, after_s: float = 5.0) -> None:
        self.now_s += after_s
        self.capture.step()
        self.waking.step()


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    with Spool(tmp_path / "spool", PrivateKey.generate().public_key, ONE_BURST) as spool:
        night = Night(spool)
        night.turn()
        night.turn(MOST_S - 25)
        assert night.capture.is_refused
        night.turn(20)
        assert night.waking.cycle.is_over
        yield night


def test_over_the_budget_blanks_are_judged_that_make_room_for_what_waits(night: Night) -> None:
    assert not night.judging.held
    night.spool.settle(a_blank(1))
    night.turn()
    assert not night.capture.is_refused
    for _ in range(20):
        night.turn()
    assert night.waking.ended and night.judging.held
    waiting = night.spool.next_captured()
    assert waiting is not None and waiting.burst_id == burst_id(2)
    assert CARD_FULL not in night.spool.ledger.alarms()
    assert "cycle_refused" not in night.spool.ledger.counters()


def test_where_no_room_comes_it_goes_off_before_its_battery_is_flat(night: Night) -> None:
    night.spool.settle(a_target(1))
    while night.now_s < MOST_S + ROOM_S - 20:
        night.turn()
        assert night.waking.cycle.phase is Phase.CATCH
    for _ in range(20):
        night.turn()
    assert night.waking.ended and night.switch.will_take
    assert CARD_FULL in night.spool.ledger.alarms()
    assert night.spool.ledger.counters()["cycle_refused"] == 1
