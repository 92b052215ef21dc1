"""A station asks a satellite receiver for the time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta

from edge.health.gnss_stage import ALARM, LOOK_S, GnssStage
from edge.health.heard_clock import MADE, HeardClock
from edge.records import ClockQuality
from edge.spool.spool import Spool
from firmware_bridge.gnss import BAUD, WEEKS_ANEW, GnssReceiver
from firmware_bridge.port import SerialPort
from firmware_bridge.simulators.gnss import Faults, GnssSimulator
from tests.health.bench import PATIENCE_S, UNSET, Told

SPEED = 20.0


class Scene:
    """A stage at a receiver's line. Its seconds pass when a step has been made."""

    def __init__(self, spool: Spool, path: str) -> None:
        self.path, self.spool, self.told, self.opened = path, spool, Told(), 0
        self.heard, self.now_s = HeardClock(), 0.0
        self.stage = GnssStage(
            self._open, self.heard, spool.ledger, self.told, 3600.0, lambda: self.now_s
        )

    def _open(self) -> GnssReceiver:
        self.opened += 1
        return GnssReceiver(SerialPort(self.path, BAUD), MADE)

    def until(self, reached: Callable[[], bool], step_s: float = 1.0) -> None:
        give_up_s = time.monotonic() + PATIENCE_S
        while not reached():
            assert time.monotonic() < give_up_s, "it never came to pass"
            self.stage.step()
            self.now_s += step_s

    @property
    def alarm(self) -> str:
        return self.spool.ledger.alarms().get(ALARM, "")

    @property
    def quality(self) -> ClockQuality:
        return self.heard.over(UNSET).quality


def test_the_time_is_told_once_an_hour_and_the_line_left_alone_in_between(ledgers: Spool) -> None:
    with GnssSimulator(speed=SPEED) as device:
        scene = Scene(ledgers, device.path)
        with closing(scene.stage):
            scene.until(lambda: scene.quality is ClockQuality.GPS)
            now = scene.heard.over(UNSET).now()
            assert abs(now - datetime.now(UTC)) < timedelta(seconds=30)
            for _ in range(50):
                scene.stage.step()
            assert scene.opened == 1
            scene.now_s += 3600
            scene.until(lambda: scene.opened == 2)
    assert scene.alarm == "" and scene.told.troubles == []


def test_a_sky_that_is_not_seen_is_no_fault_and_is_looked_for_again(ledgers: Spool) -> None:
    with GnssSimulator(Faults(fix=False), speed=SPEED) as device:
        scene = Scene(ledgers, device.path)
        with closing(scene.stage):
            scene.until(lambda: scene.opened == 3, LOOK_S)
            assert scene.quality is ClockQuality.UNSET
            assert scene.alarm == "" and scene.told.troubles == []
            device.faults.fix = True
            scene.until(lambda: scene.quality is ClockQuality.GPS)


def test_a_week_number_that_began_anew_is_one_alarm_and_no_time(ledgers: Spool) -> None:
    with GnssSimulator(Faults(ahead=-WEEKS_ANEW), speed=SPEED) as device:
        scene = Scene(ledgers, device.path)
        with closing(scene.stage):
            scene.until(lambda: scene.opened == 3, LOOK_S)
            assert "week number" in scene.alarm
            assert len(scene.told.troubles) == 1
            assert scene.quality is ClockQuality.UNSET
            device.faults.ahead = timedelta(0)
            scene.until(lambda: scene.quality is ClockQuality.GPS)
    assert scene.alarm == ""


def test_an_unplugged_receiver_is_one_alarm_until_it_is_back(ledgers: Spool) -> None:
    with GnssSimulator(speed=SPEED) as device:
        scene = Scene(ledgers, device.path)
        scene.stage.step()
    scene.until(lambda: scene.alarm != "")
    scene.until(lambda: scene.opened == 4, LOOK_S)
    assert len(scene.told.troubles) == 1
    with GnssSimulator(speed=SPEED) as device:
        scene.path = device.path
        scene.until(lambda: scene.alarm == "", 60.0)
        scene.stage.close()


def test_what_is_told_and_kept_holds_no_place(ledgers: Spool) -> None:
    with GnssSimulator(Faults(noise=0.5, bad_checksum=0.3), speed=SPEED) as device:
        scene = Scene(ledgers, device.path)
        with closing(scene.stage):
            scene.until(lambda: scene.quality is ClockQuality.GPS)
    told = " ".join([*scene.told.troubles, scene.alarm, repr(vars(scene.heard))])
    assert "0000.0000" not in told
