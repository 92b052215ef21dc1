"""What the effort log says of a station's gaps, by cause, by day, and to its technician."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import tempfile
from datetime import date
from pathlib import Path

import pytest

from edge.health.effort import account
from edge.health.effort_days import by_day
from edge.health.effort_file import LOG, EffortFile
from edge.health.effort_log import HUNG_S, MARK_S, EffortLog
from edge.records import ClockQuality
from edge.wire.air.moment import Uptime
from tests.health.effort_world import MEMORY, World
from tools.cli import main


@pytest.fixture
def home():
    """In memory, for hundreds of syncs; it would be a card."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        yield Path(folder)


@pytest.fixture
def world(home):
    folder = home / "spool"
    folder.mkdir()
    world = World(folder)
    world.begin()
    return world


def states(world):
    return [(one.state, one.length_s) for one in world.effort().intervals]


def test_an_hour_of_a_station_that_is_well_is_an_hour_armed(world):
    world.live(3600)
    world.stop(60)
    assert states(world) == [("armed", 3600), ("stopped", 60)]


def test_a_camera_that_is_gone_is_a_gap_with_that_name(world):
    world.live(600)
    world.live(300, "camera")
    world.live(600)
    world.stop(0)
    assert states(world) == [("armed", 600), ("camera", 300), ("armed", 600)]


def test_a_power_cut_ends_at_the_last_mark_and_says_what_is_unsure(world):
    world.live(1_000)
    world.cut(5_000)
    armed, off = world.effort().intervals
    assert 1_000 - MARK_S <= armed.length_s < 1_000
    assert (off.state, off.off, off.unsure_s) == ("power", True, MARK_S)
    assert armed.length_s + off.length_s == 6_000


def test_a_process_that_was_killed_leaves_a_gap_of_the_same_run(world):
    world.live(1_000)
    world.kill(30)
    assert [state for state, _ in states(world)] == ["armed", "crash"]
    assert world.effort().off_s == 0


def test_a_sleep_that_the_controller_watched_is_told_as_such_and_counts(world, capsys, home):
    world.live(100)
    world.sleep(80_000)
    world.live(100)
    world.stop(0)
    assert states(world) == [("armed", 100), ("asleep", 80_000), ("armed", 100)]
    assert world.effort().asleep_s == 80_000
    assert world.log.counters()["asleep_s"] == 80_000
    _, said = command(capsys, home)
    assert "asleep for 22:13 h while the controller watched: 0.93 camera-days in all" in said.out


def test_a_sleep_through_a_storm_is_a_gap_of_its_own_and_nobody_watched(world, capsys, home):
    world.live(100)
    world.storm(240)
    world.live(100)
    world.stop(0)
    assert states(world) == [("armed", 100), ("storm", 240), ("armed", 100)]
    assert (world.effort().asleep_s, world.effort().off_s) == (0, 240)
    assert "asleep_s" not in world.log.counters()
    assert "storm" in command(capsys, home)[1].out


def test_a_sleep_in_which_the_controller_was_without_power_is_in_doubt(world):
    world.live(100)
    world.darken(80_000)
    world.live(100)
    world.lose_the_controller(500)
    world.live(100)
    world.stop(0)
    assert [state for state, _ in states(world)] == ["armed", "asleep-unsure"] * 2 + ["armed"]
    assert world.effort().asleep_s == 0
    assert "asleep_s" not in world.log.counters()


def test_a_machine_that_kept_its_power_was_not_asleep(world):
    world.live(100)
    world._sleeps()
    world.kill(300)
    assert states(world)[-1] == ("asleep-unsure", 300)
    assert world.effort().asleep_s == world.effort().off_s == 0


def test_a_controller_that_counts_dates_the_runs_of_a_station_without_a_clock(world):
    world.quality = ClockQuality.UNSET
    world.cut(50)
    world.live(100)
    for _ in range(3):
        world.sleep(5_000)
        world.live(100)
    assert (world.effort().off_s, world.effort().unknown_gaps) == (15_000, 1)
    assert {day.date for day in by_day(world.effort())} == {None}
    world.quality = ClockQuality.GPS
    world.sleep(5_000)
    world.live(100)
    world.stop(0)
    effort = world.effort()
    assert (effort.off_s, effort.unknown_gaps) == (20_050, 0)
    assert {day.date for day in by_day(effort)} == {date(2026, 5, 1)}


def test_of_gaps_without_a_clock_those_a_controller_counted_are_not_shared(world):
    world.live(100)
    world.quality = ClockQuality.UNSET
    world.cut(700)
    world.live(100)
    world.sleep(5_000)
    world.live(100)
    world.cut(900)
    world.quality = ClockQuality.NTP
    world.live(100)
    world.stop(0)
    effort = world.effort()
    gaps = [one for one in effort.intervals if one.off]
    assert [one.length_s for one in gaps] == [None, 5_000, None]
    # What lies after the last marks is off as far as is known.
    assert 1_600 <= gaps[0].shared_s == gaps[2].shared_s <= 1_600 + 3 * MARK_S
    assert effort.wall_s == effort.armed_s + effort.blind_s + effort.off_s == 7_000


def test_a_reboot_that_was_asked_for_is_no_power_cut(world):
    world.live(100)
    world.log.end()
    world.cut(40)
    assert states(world)[-1] == ("reboot", 40)


def test_capture_that_hangs_was_not_watching(world):
    world.live(100)
    world.hang(HUNG_S + 1)
    world.live(100)
    world.stop(0)
    assert states(world) == [("armed", 100), ("hung", HUNG_S + 1), ("armed", 100)]


def test_a_camera_that_flickers_is_blind_and_costs_few_lines(world):
    for _ in range(1_000):
        world.live(1, "camera")
        world.live(1)
    world.stop(0)
    assert world.effort().armed_s < 1_000
    assert len(world.lines()) < 80


def test_reasons_that_take_turns_cost_few_lines(world):
    for _ in range(1_000):
        world.live(1, "camera")
        world.live(1, "sensor")
    world.stop(0)
    assert world.effort().armed_s == 0
    assert len(world.lines()) < 80


def test_a_burst_after_the_last_mark_is_counted_though_the_line_of_its_hour_was_written(world):
    world.live(3600)
    world.bursts += 1
    world.kill(5)
    world.live(3600)
    world.stop(0)
    assert world.effort().counts() == {"bursts": 1}


def test_a_sync_that_fails_costs_no_hour_of_the_process_before(world, monkeypatch):
    world.live(600)
    with monkeypatch.context() as card:
        card.setattr(os, "fsync", failing)
        with pytest.raises(OSError, match="Input/output"):
            world.kill(5)
    world.log.open(Uptime(1, 0), bytes([1]) * 16)
    world.stop(0)
    assert world.effort().armed_s >= 600 - MARK_S


def failing(_: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_gap_without_a_clock_has_no_length_and_says_so(world):
    world.quality = ClockQuality.UNSET
    world.live(4_000)
    world.cut(5_000)
    world.live(4_000)
    effort = world.effort()
    assert effort.unknown_gaps == 1
    assert [one.length_s for one in effort.intervals if one.off] == [None]


def test_runs_without_a_clock_between_two_with_one_share_what_lay_between(world):
    world.live(4_000)
    world.quality = ClockQuality.UNSET
    world.cut(500)
    world.live(4_000)
    world.quality = ClockQuality.NTP
    world.cut(700)
    world.live(4_000)
    world.stop(0)
    effort = world.effort()
    assert effort.unknown_gaps == 0
    assert effort.wall_s == 3 * 4_000 + 500 + 700
    assert sum(day.wall_s for day in by_day(effort)) == effort.wall_s - effort.off_s


def test_a_clock_that_goes_back_over_a_reboot_makes_no_negative_gap(world):
    world.live(4_000)
    world.wrong_s = -(10**8)
    world.cut(500)
    world.live(4_000)
    effort = world.effort()
    assert effort.unknown_gaps == 1
    assert effort.off_s == 0


def test_days_add_up_and_know_their_date(world):
    world.live(3 * 86_400)
    world.stop(600)
    effort = world.effort()
    days = by_day(effort)
    assert [day.date for day in days] == [date(2026, 5, day) for day in (1, 2, 3, 4)]
    assert sum(day.wall_s for day in days) == effort.wall_s
    assert days[1].armed_s == 86_400


def test_a_card_that_takes_no_line_costs_none_once_it_does(tmp_path):
    (tmp_path / LOG).mkdir()
    now_s = [100]
    log = EffortLog(EffortFile(tmp_path), dict, now_s=lambda: now_s[0])
    with pytest.raises(OSError, match="directory"):
        log.open(Uptime(1, 100), bytes(16))
    for _ in range(100):
        log.seen()
        now_s[0] += 50
    (tmp_path / LOG).rmdir()
    log.open(Uptime(1, now_s[0]), bytes(16))
    log.end()
    assert log.counters()["armed_s"] == 5_000


def test_a_day_takes_two_kilobytes(world):
    world.live(5 * 86_400)
    assert len((world.folder / LOG).read_bytes().rstrip(b"\0")) < 5 * 2_500


def command(capsys, home, *options):
    config = home / "station.toml"
    config.write_text('[station]\nid = "ridge-1"\n[spool]\npath = "spool"\n')
    code = main(["effort", "--config", str(config), *options])
    return code, capsys.readouterr()


def test_the_command_prints_a_day_in_a_line_and_what_they_add_up_to(world, capsys, home):
    world.live(7_200)
    world.live(600, "camera")
    world.stop(0)
    code, told = command(capsys, home)
    assert code == 0
    assert "2026-05-01     2:00       0:10" in told.out
    assert "camera 0:10" in told.out
    assert "armed 2:00 of 2:10 h (92.3 %): 0.08 camera-days" in told.out


def test_programs_read_the_same_numbers(world, capsys, home):
    world.live(7_200)
    world.stop(30)
    told = json.loads(command(capsys, home, "--json")[1].out)
    [row] = csv.DictReader(io.StringIO(command(capsys, home, "--csv")[1].out))
    assert (told["armed_s"], told["blind_s"], told["wall_s"]) == (7_200, 30, 7_230)
    assert (row["date"], row["armed_s"], row["reasons"]) == ("2026-05-01", "7200", "stopped=30")


def test_a_running_stations_last_mark_counts(world, capsys, home):
    world.live(1_000)
    told = json.loads(command(capsys, home, "--json")[1].out)
    assert 1_000 - MARK_S <= told["armed_s"] <= 1_000


def test_a_spool_without_a_log_says_so(capsys, home):
    (home / "spool").mkdir()
    code, told = command(capsys, home)
    assert code == 1
    assert "no effort is recorded there" in told.err


def test_a_run_is_dated_by_the_best_clock_it_had(world):
    world.live(600)
    world.quality, world.wrong_s = ClockQuality.UNSET, -(10**9)
    world.live(600)
    world.stop(0)
    assert [day.date for day in by_day(world.effort())] == [date(2026, 5, 1)]


def test_lines_that_were_written_twice_count_once(world):
    world.live(600)
    world.live(300, "camera")
    world.stop(0)
    began, *spans, ended, again = world.lines()
    assert account([began, *spans, *spans, ended, again]) == account(world.lines())
