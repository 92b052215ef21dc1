"""The unit is understood in full, lets out little, and keeps what a station lives by."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.health.notify import ServiceManager
from tests.systemd.machine import PATHS, SERVICE, SYSTEMD, UNITS, Root, lines_of, systemd_version

MOST_EXPOSED = 20
"""In tenths: 2.0 of 10."""
STEPS_SINCE = 254


def verify(root: Root, unit: str = SERVICE) -> str:
    """What systemd finds odd about the unit; nothing where it understands all of it."""
    return root.run("systemd-analyze", "verify", unit).stderr


@pytest.mark.parametrize("unit", [*UNITS, *PATHS], ids=lambda unit: unit.name)
def test_systemd_understands_every_line(
    root: Root, need: Callable[[str], None], unit: Path
) -> None:
    need("systemd-analyze")
    assert verify(root, unit.name) == ""


def test_systemd_understands_what_gives_the_station_the_right_to_address_a_modem(
    root: Root, need: Callable[[str], None]
) -> None:
    need("systemd-analyze")
    shutil.copytree(SYSTEMD / "optional", root.units / f"{SERVICE}.d")
    assert verify(root) == ""
    audit = root.run(
        "systemd-analyze", "security", "--offline=true", "--no-pager",
        f"--threshold={MOST_EXPOSED}", SERVICE,
    )  # fmt: skip
    assert audit.returncode == 0, audit.stdout


def test_systemd_understands_what_ends_the_cycle_of_a_woken_station(
    root: Root, need: Callable[[str], None]
) -> None:
    need("systemd-analyze")
    shutil.copytree(SYSTEMD / f"{SERVICE}.d", root.units / f"{SERVICE}.d")
    assert verify(root) == ""


def test_a_slip_in_the_unit_would_be_seen(root: Root, need: Callable[[str], None]) -> None:
    need("systemd-analyze")
    unit = root.units / SERVICE
    unit.write_text(unit.read_text(encoding="utf-8").replace("TasksMax", "TaskMax"), "utf-8")
    assert "TaskMax" in verify(root)


def test_restarts_come_ever_later_where_systemd_can(
    root: Root, need: Callable[[str], None]
) -> None:
    need("systemd-analyze")
    if systemd_version() < STEPS_SINCE:
        pytest.skip(f"systemd before {STEPS_SINCE} knows no RestartSteps")
    shutil.copytree(SYSTEMD / f"since-{STEPS_SINCE}", root.units, dirs_exist_ok=True)
    assert verify(root) == ""


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_little_is_exposed(need: Callable[[str], None], unit: Path) -> None:
    need("systemd-analyze")
    audit = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager",
         f"--threshold={MOST_EXPOSED}", str(unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert audit.returncode == 0, audit.stdout


def test_a_station_is_restarted_however_it_ends_and_never_given_up() -> None:
    assert lines_of("Service")["Restart"] == ["always"]
    assert lines_of("Unit")["StartLimitIntervalSec"] == ["0"]


def test_the_watchdog_is_the_one_that_the_station_feeds() -> None:
    service = lines_of("Service")
    assert service["Type"] == ["notify"]
    assert service["WatchdogSec"] == ["2min"]
    assert ServiceManager.of({"WATCHDOG_USEC": str(120 * 10**6)}).watchdog_s == 120


def test_the_boot_key_outlives_the_process_in_memory() -> None:
    service = lines_of("Service")
    assert service["RuntimeDirectory"] == ["irbis"]
    assert service["RuntimeDirectoryPreserve"] == ["yes"]


def test_no_core_with_pictures_and_keys_is_left_on_the_card() -> None:
    assert lines_of("Service")["LimitCORE"] == ["0"]
