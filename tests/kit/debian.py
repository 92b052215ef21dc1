"""Debian roots for tests, made with mmdebstrap, and wheels for the Python inside them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

import pytest

STEP_S = 1200.0
"""On a busy machine, behind a slow line, each step takes minutes."""
_PLATFORMS = ("manylinux_2_34", "manylinux_2_28", "manylinux_2_27", "manylinux2014")


def kept_home() -> Path:
    """The folder in which tests keep what took long to make."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "irbis-tests"
    home.mkdir(parents=True, exist_ok=True)
    return home


def skip_unless_it_can_be_made(program: str, package: str) -> None:
    """Skips the test, with the reason, without root, x86_64, mmdebstrap or ``program``, which is in
    Debian's ``package``."""
    if os.geteuid() != 0:
        pytest.skip("only root makes and enters a Debian root")
    if os.uname().machine != "x86_64":
        pytest.skip("the wheels inside are pinned for x86_64")
    for name, provider in (("mmdebstrap", "mmdebstrap"), (program, package)):
        if shutil.which(name) is None:
            pytest.skip(f"this machine has no {name} (apt-get install {provider})")


def skip_for(error: subprocess.SubprocessError) -> NoReturn:
    """Skips the test for a step that failed, with the last that it said."""
    said = (getattr(error, "stderr", "") or "").strip().splitlines()
    pytest.skip(f"no Debian can be made here: {said[-1] if said else error}")


def make_debian(root: Path, release: str, packages: str, *options: str) -> None:
    """A small ``release`` with ``packages`` in the new folder ``root``. Raises SubprocessError."""
    run(
        "mmdebstrap", "--mode=root", "--variant=minbase", "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*", f"--include={packages}", *options,
        release, str(root),
    )  # fmt: skip


def install_wheels(lock: Path, into: Path, python: str) -> None:
    """The wheels that ``lock`` pins, for another Python than this one. Raises SubprocessError."""
    run(
        sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes",
        "--only-binary=:all:", "--ignore-requires-python", f"--python-version={python}",
        "--implementation=cp", *(f"--platform={name}_x86_64" for name in _PLATFORMS),
        f"--target={into}", "-r", str(lock),
    )  # fmt: skip


def run(*command: str) -> None:
    """Runs it. Raises SubprocessError, with what it said."""
    subprocess.run(command, capture_output=True, text=True, timeout=STEP_S, check=True)
