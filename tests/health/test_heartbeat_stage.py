"""The heartbeat stage over a real spool: one record waits, the newest, and it tells the truth."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge import __version__
from edge.health.clock import ClockState
from edge.health.stage import HeartbeatStage
from edge.records import ClockQuality, Heartbeat, ItemKind, Vitals
from edge.security.envelope import open_message
from edge.security.keys import BasecampKey, StationKey
from edge.spool.errors import SpoolFull
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.wire.heartbeat import decode_heartbeat
from edge.wire.message import decode_message
from edge.wire.sealing import Identity

CAMP, STATION = BasecampKey.generate(), StationKey.generate()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    spool = Spool(tmp_path / "spool", CAMP.token.seal, Budget(0, 0), None)
    yield spool
    spool.close()


def stage(spool: Spool, every_s: float = 3600.0) -> HeartbeatStage:
    return HeartbeatStage(spool, Identity("ridge-2", STATION, CAMP.token), every_s)


def waiting(spool: Spool) -> list[Heartbeat]:
    """What basecamp would read in the heartbeats that wait to be sent."""
    found = []
    for item in spool.outbox.next_items(10):
        message = decode_message(open_message(item.payload, CAMP, lambda _: STATION.token.verify))
        assert (message.kind, message.item_id) == (ItemKind.HEARTBEAT, item.item_id)
        found.append(decode_heartbeat(message.payload))
    return found


def test_the_first_is_queued_at_once_and_the_next_when_it_is_due(spool):
    beats = stage(spool)
    assert [beats.step(), beats.step()] == [True, False]


def test_it_tells_how_the_station_is(spool):
    spool.ledger.raise_alarm("card-full", "no room")
    stage(spool).step()
    [heartbeat] = waiting(spool)
    assert heartbeat.station == "ridge-2"
    assert heartbeat.software == __version__
    assert heartbeat.alarms == ("card-full: no room",)
    assert (heartbeat.outbox_items, heartbeat.unjudged_bursts) == (0, 0)
    assert heartbeat.free_bytes > 0
    assert heartbeat.uptime_s >= 0


def test_it_tells_what_others_count_and_the_best_vitals_and_time(spool):
    spool.ledger.count({"bursts": 3})
    HeartbeatStage(
        spool,
        Identity("ridge-2", STATION, CAMP.token),
        3600.0,
        counters=lambda: {"airtime_ms": 12_345, "controller_boots": 2, "bursts": 99},
        vitals=lambda: Vitals(3900, -12.3),
        clock=lambda: ClockState(ClockQuality.RTC, timedelta(hours=1)),
    ).step()
    [heartbeat] = waiting(spool)
    assert heartbeat.counters == (("airtime_ms", 12_345), ("bursts", 3), ("controller_boots", 2))
    assert heartbeat.vitals == Vitals(3900, -12.3)
    assert heartbeat.clock is ClockQuality.RTC
    assert heartbeat.sent_at - datetime.now(UTC) > timedelta(minutes=59)


def test_one_that_was_not_sent_is_replaced_and_not_joined(spool):
    beats = stage(spool, every_s=1e-9)
    beats.step()
    [first] = waiting(spool)
    time.sleep(0.002)  # the record's time is in milliseconds
    beats.step()
    [second] = waiting(spool)
    assert second.sent_at > first.sent_at


def test_an_alarm_that_comes_or_goes_is_told_without_waiting(spool):
    beats = stage(spool)
    beats.step()
    spool.ledger.raise_alarm("blind", "no model")
    assert beats.step()
    assert waiting(spool)[0].alarms == ("blind: no model",)
    assert not beats.step()
    spool.ledger.clear_alarm("blind")
    assert beats.step()
    assert waiting(spool)[0].alarms == ()


def test_one_asked_for_by_hand_tells_the_alarms_that_stand_now(spool):
    spool.ledger.raise_alarm("blind", "no model")
    stage(spool).beat()
    assert waiting(spool)[0].alarms == ("blind: no model",)


def test_an_alarm_that_found_no_room_is_told_when_there_is_room(spool, monkeypatch):
    beats = stage(spool)
    assert beats.step()
    spool.ledger.raise_alarm("card-full", "no room left")

    def full(_):
        raise SpoolFull("no room left on the card")

    with monkeypatch.context() as card, pytest.raises(SpoolFull):
        card.setattr(spool.outbox, "replace_heartbeat", full)
        beats.step()
    assert beats.step()
    assert waiting(spool)[0].alarms == ("card-full: no room left",)
