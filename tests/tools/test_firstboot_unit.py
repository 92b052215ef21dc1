"""First boot under systemd: before the station, and only where something lies there."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.systemd.machine import SYSTEMD, Root
from tools.firstboot.command import configure
from tools.firstboot.taking import FLAG, LAID
from tools.handover import CONFIG, FOLDER, SYSTEM

UNIT = "irbis-firstboot.service"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Root]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze; install systemd")
    made = Root(tmp_path / "root")
    shutil.copy(SYSTEMD / UNIT, made.units)
    yield made


def lines(key: str) -> list[str]:
    text = (SYSTEMD / UNIT).read_text(encoding="utf-8")
    pairs = [line.partition("=") for line in text.splitlines() if "=" in line]
    return [value for name, _, value in pairs if name == key]


def test_the_unit_is_well_formed(root: Root) -> None:
    assert root.run("systemd-analyze", "verify", UNIT).stderr == ""


def test_the_station_waits_for_it_and_does_not_depend_on_it() -> None:
    assert lines("Before") == ["irbis.service"]
    station = (SYSTEMD / "irbis.service").read_text(encoding="utf-8")
    assert UNIT not in station


def test_it_starts_where_the_program_would_find_something_and_nowhere_else() -> None:
    boot = Path("/boot/firmware") / FOLDER
    globs = [value.removeprefix("|") for value in lines("ConditionPathExistsGlob")]
    for name in (CONFIG, SYSTEM, f"{CONFIG}.txt", CONFIG.upper()):
        assert any((boot / name).match(glob) for glob in globs)
    assert not any((boot / "identity.txt").match(glob) for glob in globs)
    assert not any((boot / "PROBLEM.txt").match(glob) for glob in globs)
    flags = [value.removeprefix("|") for value in lines("ConditionPathExists")]
    assert flags == [f"/etc/irbis/{FLAG}", f"/etc/irbis/{LAID}"]


def test_its_command_is_one_that_the_program_takes() -> None:
    import argparse

    parser = argparse.ArgumentParser()
    configure(parser)
    for key, part in (("ExecStart", "take_in"), ("ExecStartPost", "settle")):
        (command,) = lines(key)
        program, subcommand, *words = command.removeprefix("+").split()
        assert (program, subcommand) == ("/opt/irbis/bin/irbis", "firstboot")
        args = parser.parse_args(words)
        assert args.boot == Path("/boot/firmware") and getattr(args, part)


def test_what_reads_the_boot_partition_has_none_of_root_s_powers() -> None:
    assert not lines("ExecStart")[0].startswith("+")
    assert lines("CapabilityBoundingSet") == lines("AmbientCapabilities") == [""]
    assert lines("PrivateDevices") == ["yes"]


def test_conditions_are_read_by_systemd_as_they_are_meant(tmp_path: Path) -> None:
    """systemd itself looks: `systemd-analyze condition` takes the very lines of the unit."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("this machine has no systemd-analyze; install systemd")
    here = tmp_path / "irbis"
    here.mkdir()
    asked = [
        f"ConditionPathExistsGlob={value}".replace("/boot/firmware", str(tmp_path))
        for value in lines("ConditionPathExistsGlob")
    ]

    def holds() -> bool:
        command = ["systemd-analyze", "condition", *asked]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    (here / "identity.txt").touch()
    assert not holds()
    (here / "STATION.TOML").touch()
    assert holds()
