"""Users, folders and device rules, made by systemd's own programs in a root of their own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable

import pytest

from tests.systemd.machine import SYSTEMD, Root, lines_of

TERM = r'[A-Z]+(?:\{[^}"]+\})?(?:==|!=|\+=|-=|:=|=)"[^"]*"'
RULE = re.compile(f"{TERM}(?:, {TERM})*")


def make_users(root: Root) -> dict[str, list[str]]:
    """The groups of ``root`` by name, each with its members, once Irbis's users were made."""
    done = root.run("systemd-sysusers", str(SYSTEMD / "sysusers.d/irbis.conf"))
    assert done.returncode == 0, done.stderr
    lines = (root.folder / "etc/group").read_text(encoding="ascii").splitlines()
    fields = [line.split(":") for line in lines]
    return {name: members.split(",") for name, _, _, members in fields}


def test_the_station_has_a_user_that_nobody_can_log_in_as(
    root: Root, need: Callable[[str], None]
) -> None:
    need("systemd-sysusers")
    make_users(root)
    (entry,) = (root.folder / "etc/passwd").read_text(encoding="ascii").splitlines()
    assert entry.startswith("irbis:") and entry.endswith(":/var/lib/irbis:/usr/sbin/nologin")


def test_the_station_is_in_each_group_that_its_unit_names(
    root: Root, need: Callable[[str], None]
) -> None:
    need("systemd-sysusers")
    groups = make_users(root)
    (named,) = lines_of("Service")["SupplementaryGroups"]
    assert set(named.split()) == {name for name, members in groups.items() if "irbis" in members}


def test_keys_are_for_root_and_the_station_alone(root: Root, need: Callable[[str], None]) -> None:
    need("systemd-sysusers")
    need("systemd-tmpfiles")
    if os.getuid() != 0:
        pytest.skip("only root gives files to another user")
    make_users(root)
    keys = root.folder / "etc/irbis/keys"
    keys.mkdir(parents=True)
    config = root.folder / "etc/irbis/station.toml"
    config.touch(mode=0o644)
    done = root.run("systemd-tmpfiles", "--create", str(SYSTEMD / "tmpfiles.d/irbis.conf"))
    assert done.returncode == 0, done.stderr
    modes = {
        path: oct(path.stat().st_mode & 0o7777)
        for path in (keys.parent, keys, config, root.folder / "var/lib/irbis/incoming")
    }
    assert list(modes.values()) == ["0o750", "0o750", "0o640", "0o2770"]
    assert config.stat().st_uid == 0
    assert config.stat().st_gid == (root.folder / "var/lib/irbis").stat().st_gid != 0


@pytest.mark.parametrize("path", sorted(SYSTEMD.glob("udev/*.rules")), ids=lambda path: path.name)
def test_device_rules_are_well_formed(path: os.PathLike[str]) -> None:
    """By form alone, and by udev where it can check rules (254 and newer)."""
    text = (SYSTEMD / path).read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert rules
    assert [line for line in rules if RULE.fullmatch(line) is None] == []
    if shutil.which("udevadm") is not None:
        checked = subprocess.run(
            ["udevadm", "verify", "--resolve-names=never", "--no-style", str(path)],
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        unknown = "Unknown command" in checked.stderr or "unrecognized" in checked.stderr
        assert checked.returncode == 0 or unknown, checked.stdout + checked.stderr
