"""The station's own look at itself, as the user that it runs as."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

TIMEOUT_S = 300.0
_USER = "irbis"
_GROUPS = ("dialout", "gpio", "video")


def self_test(config: Path) -> str | None:
    """Run ``irbis selftest`` with ``config``; a line about it. None where it cannot be run here:
    this version has none, or this machine has no user for the station.

    As that user, for what it opens in the spool would be root's otherwise.
    """
    from tools.cli import SUBCOMMANDS

    if "selftest" not in SUBCOMMANDS or not _has_user() or os.geteuid() != 0:
        return None
    command = [sys.executable, "-m", "tools.cli", "selftest", "--config", str(config)]
    try:
        done = subprocess.run(
            command, user=_USER, group=_USER, extra_groups=_present(_GROUPS), cwd="/",
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"self-test: did not end within {TIMEOUT_S:.0f} s"
    except OSError as error:
        return f"self-test: could not be run: {error.strerror}"
    print(done.stdout, end="", flush=True)
    if done.returncode == 0:
        return "self-test: passed"
    lines = (done.stderr or done.stdout).strip().splitlines() or ["it does not say why"]
    return f"self-test: FAILED: {lines[-1]}"


def _has_user() -> bool:
    try:
        pwd.getpwnam(_USER)
    except KeyError:
        return False
    return True


def _present(names: tuple[str, ...]) -> list[str]:
    import grp

    known = {group.gr_name for group in grp.getgrall()}
    return [name for name in names if name in known]
