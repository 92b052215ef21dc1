"""A station does its main job within the limits of its unit, held by the kernel itself."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kit.pictures import lay_card
from tests.kit.station import StationFolder, irbis
from tests.systemd.calls import allowed_calls
from tests.systemd.confined import UNABLE
from tests.systemd.machine import lines_of


def confined(*arguments: str, further: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """`irbis` under the unit's filter and ``further`` lines of it, to its end."""
    filters = [*lines_of("Service")["SystemCallFilter"], *further]
    ended = subprocess.run(
        [sys.executable, "-m", "tests.systemd.confined", *filters, "--", *arguments],
        capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    if ended.returncode == UNABLE:
        pytest.skip("needs libseccomp and a kernel with PR_SET_MDWE (6.3 or newer)")
    return ended


def test_within_the_unit_s_limits_a_station_catches_and_judges_as_without(
    tmp_path: Path, make_station: Callable[..., StationFolder], need: Callable[[str], None]
) -> None:
    need("systemd-analyze")
    station = make_station()
    card = lay_card(tmp_path / "card", 3)
    command = ("replay", str(card), "--config", str(station.config_path), "--json")
    ended = confined(*command)
    assert ended.returncode == 0, ended.stderr
    summary = json.loads(ended.stdout)
    assert summary["complete"] and summary["target"] == 1
    assert summary == json.loads(irbis(*command).stdout)


def test_a_filter_that_is_too_narrow_would_be_seen(
    tmp_path: Path, make_station: Callable[..., StationFolder], need: Callable[[str], None]
) -> None:
    need("systemd-analyze")
    station = make_station()
    card = lay_card(tmp_path / "card", 1)
    command = ("replay", str(card), "--config", str(station.config_path), "--json")
    ended = confined(*command, further=("~fsync fdatasync",))
    assert ended.returncode == 1
    assert "disk I/O error" in ended.stderr


def test_memory_that_is_writable_and_executable_is_refused() -> None:
    assert lines_of("Service")["MemoryDenyWriteExecute"] == ["yes"]
    asks = (
        "import mmap; from tests.systemd.confined import deny_write_execute as deny; deny();"
        "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", asks], capture_output=True, text=True, timeout=60, check=False
    )
    if ended.returncode == UNABLE:
        pytest.skip("needs a kernel with PR_SET_MDWE (6.3 or newer)")
    assert "PermissionError" in ended.stderr


def test_the_filter_lets_nobody_become_root_or_trace_or_mount(need: Callable[[str], None]) -> None:
    need("systemd-analyze")
    allowed = allowed_calls(lines_of("Service")["SystemCallFilter"])
    assert {"openat", "fsync", "futex", "socket", "ioctl"} <= allowed
    assert not allowed & {"setuid", "ptrace", "mount", "reboot", "init_module", "clock_settime"}
