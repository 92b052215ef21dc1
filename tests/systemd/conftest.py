"""What the tests of the units stand on."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.systemd.machine import Root


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
