"""A small Debian with libcamera and picamera2, made once and kept in the user's cache."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.debian import (
    install_wheels,
    kept_home,
    make_debian,
    skip_for,
    skip_unless_it_can_be_made,
)

RELEASE, PYTHON = "trixie", "3.13"
"""The first whose libcamera has the Virtual pipeline, and its Python."""
PACKAGES = "python3,python3-libcamera,python3-prctl"
LOCK = Path(__file__).with_name("packages.lock")
"""The rest is the package index's: wheels, which need neither compiler nor network inside."""
INSIDE = Path("opt/packages")


@contextmanager
def picamera_root(make: bool) -> Iterator[Path]:
    """The kept root, for one test process at a time; made (two to five minutes, 440 MB) where it is
    missing and ``make`` says so. Skips the test, with the reason, where there can be none."""
    skip_unless_it_can_be_made("cc", "gcc")
    recipe = LOCK.read_bytes() + PACKAGES.encode()
    kept = kept_home() / f"picamera-{RELEASE}-{hashlib.sha256(recipe).hexdigest()[:12]}"
    with kept.with_name("picamera-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.is_dir():
            if not make:
                pytest.skip("no Debian with picamera2 is here yet: make test-picamera makes it")
            _make(kept)
        yield kept


def _make(kept: Path) -> None:
    building = Path(tempfile.mkdtemp(prefix="building-", dir=kept.parent))
    try:
        make_debian(building, RELEASE, PACKAGES)
        install_wheels(LOCK, building / INSIDE, PYTHON)
    except subprocess.SubprocessError as error:
        shutil.rmtree(building, ignore_errors=True)
        skip_for(error)
    building.rename(kept)
