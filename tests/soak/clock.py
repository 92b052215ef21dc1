"""A clock for one process, for which a month is minutes (``month_clock.c``)."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("month_clock.c")
_NS_A_SECOND = 1_000_000_000


def environment(folder: Path, begins: datetime, rate: int) -> dict[str, str]:
    """For a process whose clock begins at ``begins`` and runs ``rate`` times as fast as the
    machine's. The library lies in ``folder``."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler (apt: gcc libc6-dev)")
    library = folder / "month_clock.so"
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-ldl"]
    subprocess.run([compiler, str(_SOURCE), *options, "-o", str(library)], check=True)
    return {
        **os.environ,
        "LD_PRELOAD": str(library),
        "MONTH_BEGINS": str(round(begins.timestamp())),
        "MONTH_RATE": str(rate),
    }


def jump(seconds: float) -> None:
    """Let this process's clock go on by so much at once. Raises AttributeError where the process
    was not started in such an environment."""
    go_on = ctypes.CDLL(None).month_jump
    go_on.argtypes = [ctypes.c_int64]
    go_on(round(seconds * _NS_A_SECOND))
