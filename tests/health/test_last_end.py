"""What the next start makes of how a run ended: by its own mark, systemd's, and the machine's."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.health.last_end import RESULT, RUN, Cause, LifeMark, hardware_reset, last_end

MONDAY, TUESDAY = "aa" * 16, "bb" * 16
"""Two starts of a machine."""


def run(folder: Path, boot: str = MONDAY, invocation: str = "") -> LifeMark:
    environment, counts = {"INVOCATION_ID": invocation}, folder / "vmstat"
    return LifeMark(folder, environment, boot, folder / "watchdogs", counts)


def kernel_has_killed(folder: Path, processes: int) -> None:
    """So many, since the machine came up, for want of memory."""
    (folder / "vmstat").write_text(f"nr_free_pages 12\noom_kill {processes}\nzswpin 3\n")


def test_before_the_first_run_there_was_none(tmp_path: Path) -> None:
    assert run(tmp_path).begin() is None


@pytest.mark.parametrize(
    ("ended", "boot", "cause"),
    [
        (Cause.STOPPED, MONDAY, Cause.STOPPED),
        (Cause.STOPPED, TUESDAY, Cause.REBOOTED),
        (Cause.RETRIED, MONDAY, Cause.RETRIED),
        (Cause.WATCHDOG, MONDAY, Cause.WATCHDOG),
        (Cause.CARD, TUESDAY, Cause.CARD),
        (Cause.CARD, MONDAY, Cause.STOPPED),
        (None, TUESDAY, Cause.POWER),
        (Cause.FAILED, TUESDAY, Cause.REBOOTED),
        (None, MONDAY, Cause.CRASHED),
    ],
)
def test_a_run_is_known_by_its_own_word_and_by_the_start_of_the_machine(
    tmp_path: Path, ended: Cause | None, boot: str, cause: Cause
) -> None:
    first = run(tmp_path)
    first.begin()
    if ended is not None:
        first.end(ended)
    assert run(tmp_path, boot).begin() is cause


@pytest.mark.parametrize(
    ("result", "cause"),
    [
        ("watchdog", Cause.WATCHDOG),
        ("timeout", Cause.WATCHDOG),
        ("oom-kill", Cause.OOM),
        ("signal", Cause.KILLED),
        ("core-dump", Cause.CRASHED),
        ("exit-code", Cause.CRASHED),
        ("success", Cause.CRASHED),
    ],
)
def test_what_was_killed_is_known_by_systemd_s_word(
    tmp_path: Path, result: str, cause: Cause
) -> None:
    run(tmp_path, invocation="11").begin()
    (tmp_path / RESULT).write_text(f"11 {result} KILL\n")
    assert run(tmp_path, invocation="22").begin() is cause


def test_a_signal_that_only_a_bug_brings_is_a_crash(tmp_path: Path) -> None:
    run(tmp_path, invocation="11").begin()
    (tmp_path / RESULT).write_text("11 signal SEGV\n")
    assert run(tmp_path, invocation="22").begin() is Cause.CRASHED


@pytest.mark.parametrize(
    ("kills", "result", "cause"),
    [
        (4, None, Cause.OOM),
        (3, None, Cause.CRASHED),
        (4, "signal KILL", Cause.OOM),
        (3, "signal KILL", Cause.KILLED),
        (4, "signal TERM", Cause.KILLED),
        (4, "signal SEGV", Cause.CRASHED),
        (4, "watchdog ABRT", Cause.WATCHDOG),
        (4, "exit-code 1", Cause.CRASHED),
        (3, "oom-kill KILL", Cause.OOM),
    ],
)
def test_want_of_memory_is_known_where_no_memory_controller_tells_systemd_of_it(
    tmp_path: Path, kills: int, result: str | None, cause: Cause
) -> None:
    kernel_has_killed(tmp_path, 3)
    run(tmp_path, invocation="11").begin()
    kernel_has_killed(tmp_path, kills)
    if result is not None:
        (tmp_path / RESULT).write_text(f"11 {result}\n")
    assert run(tmp_path, invocation="22").begin() is cause


def test_kills_in_the_machine_s_run_before_say_nothing(tmp_path: Path) -> None:
    kernel_has_killed(tmp_path, 0)
    run(tmp_path).begin()
    kernel_has_killed(tmp_path, 1)
    assert run(tmp_path, TUESDAY).begin() is Cause.POWER


def test_an_end_of_its_own_word_was_not_for_memory(tmp_path: Path) -> None:
    kernel_has_killed(tmp_path, 0)
    first = run(tmp_path)
    first.begin()
    first.end(Cause.WATCHDOG)
    kernel_has_killed(tmp_path, 1)
    assert run(tmp_path).begin() is Cause.WATCHDOG


def test_a_mark_of_older_software_is_understood(tmp_path: Path) -> None:
    (tmp_path / RUN).write_text(f'{{"boot": "{MONDAY}", "ended": "STOPPED"}}')
    assert run(tmp_path).begin() is Cause.STOPPED


def test_systemd_s_word_on_another_run_says_nothing(tmp_path: Path) -> None:
    (tmp_path / RESULT).write_text("99 oom-kill KILL\n")
    run(tmp_path, invocation="11").begin()
    assert run(tmp_path, invocation="22").begin() is Cause.CRASHED


def test_a_hardware_watchdog_is_told_from_a_power_cut(tmp_path: Path) -> None:
    run(tmp_path).begin()
    device = tmp_path / "watchdogs" / "watchdog0"
    device.mkdir(parents=True)
    (device / "bootstatus").write_text("32\n")
    assert run(tmp_path, TUESDAY).begin() is Cause.HARDWARE_WATCHDOG
    (device / "bootstatus").write_text("0\n")
    assert not hardware_reset(tmp_path / "watchdogs")


def test_every_part_of_the_present_run_learns_it_and_nobody_else_does(tmp_path: Path) -> None:
    LifeMark(tmp_path, {}).begin()
    assert last_end(tmp_path) is None
    LifeMark(tmp_path, {}).begin()
    assert last_end(tmp_path) is Cause.CRASHED
    assert last_end(tmp_path, pid=os.getpid() + 1) is None


def test_a_folder_that_cannot_be_written_keeps_nobody_from_starting(tmp_path: Path) -> None:
    mark = run(tmp_path / "gone")
    assert mark.begin() is None
    mark.end(Cause.STOPPED)


@given(st.binary(max_size=200))
def test_whatever_a_power_cut_left_is_read_without_an_error(
    tmp_path_factory: pytest.TempPathFactory, left: bytes
) -> None:
    folder = tmp_path_factory.mktemp("state")
    for name in (RUN, RESULT):
        (folder / name).write_bytes(left)
    run(folder).begin()
    assert run(folder).begin() is Cause.CRASHED
