"""The loop that writes effort down: an alarm while the card takes no line, and little to do."""

from __future__ import annotations

import pytest

from edge.health.effort_file import LOG, read_lines
from edge.health.effort_lines import ASLEEP, STORM
from edge.health.effort_stage import UNWRITTEN, EffortStage
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


@pytest.fixture
def spool(folder):
    with Spool(folder, BasecampKey.generate().token.seal, Budget(0, 0)) as spool:
        yield spool


def test_a_log_that_cannot_be_written_is_an_alarm_until_it_can(folder, spool):
    stage = EffortStage(spool, folder)
    (folder / LOG).mkdir()
    stage.step()
    assert UNWRITTEN in spool.ledger.alarms()
    (folder / LOG).rmdir()
    stage.step()
    assert UNWRITTEN not in spool.ledger.alarms()
    assert [line.split()[0] for line in read_lines(folder)] == ["began"]


def test_an_alarm_of_the_process_before_goes_with_the_first_line(folder, spool):
    spool.ledger.raise_alarm(UNWRITTEN, "a card that was full")
    EffortStage(spool, folder).step()
    assert UNWRITTEN not in spool.ledger.alarms()


def test_a_step_without_anything_to_write_asks_the_card_nothing(folder, spool, monkeypatch):
    stage = EffortStage(spool, folder)
    stage.step()
    monkeypatch.setattr(type(spool.ledger), "alarms", lambda _: pytest.fail("it asks"))
    stage.step()
    stage.close()
    assert [line.split()[0] for line in read_lines(folder)][-1] == "ended"


@pytest.mark.parametrize("why", [ASLEEP, STORM])
def test_a_station_that_is_woken_writes_down_that_its_controller_runs_on(folder, spool, why):
    stage = EffortStage(spool, folder)
    guard = None
    stage.guard = lambda: guard
    stage.step()
    guard = (4, 9_000)
    stage.step()
    stage.step()
    guard = (4, 69_000)
    stage.ends_for = why
    stage.close()
    kinds = [(line.split()[0], line.split()[-2:]) for line in read_lines(folder)]
    assert [one for one in kinds if one[0] == "guard"] == [
        ("guard", ["4", "9000"]),
        ("guard", ["4", "69000"]),
    ]
    assert kinds[-1] == ("ended", [kinds[-1][1][0], why])


def test_a_controller_that_never_answers_costs_the_effort_nothing(folder, spool):
    stage = EffortStage(spool, folder)
    stage.step()
    stage.ends_for = ASLEEP
    stage.close()
    assert [line.split()[0] for line in read_lines(folder)][-1] == "ended"
