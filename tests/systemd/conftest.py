"""What the tests of the units stand on."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.systemd.debian import debian_root
from tests.systemd.machine import Root
from tests.systemd.trap import Trap

SHARED_MEMORY = Path("/dev/shm")


@pytest.fixture
def root(tmp_path: Path) -> Root:
    return Root(tmp_path / "root")


@pytest.fixture
def need() -> Callable[[str], None]:
    """``need(program)`` skips the test on a machine without it."""

    def skip_without(program: str) -> None:
        if shutil.which(program) is None:
            pytest.skip(f"this machine has no {program}; install systemd")

    return skip_without


@pytest.fixture
def trap() -> Iterator[Trap]:
    for program in ("systemd-nspawn", "nsenter", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"this machine has no {program}; install systemd-container")
    base = debian_root()
    folder = Path(tempfile.mkdtemp(prefix="irbis-machine-", dir=SHARED_MEMORY))
    machine = Trap(base, folder)
    yield machine
    machine.cut()
    shutil.rmtree(folder, ignore_errors=True)
