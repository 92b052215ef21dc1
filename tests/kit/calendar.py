"""A machine whose calendar is wrong, and is set while its programs run; its seconds are real."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

_SOURCE = Path(__file__).with_name("set_clock.c")
_NEAR = timedelta(minutes=2)


def let_midnight_pass() -> None:
    """Wait where the next day is near, for a test that must begin and end on one."""
    now = datetime.now(UTC)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    if midnight - now < _NEAR:
        time.sleep((midnight - now).total_seconds() + 1.0)


class Calendar:
    """What a process with this ``environment`` takes for the time.

    libfaketime does not serve: under it CPython's time.sleep waits for the calendar.
    """

    def __init__(self, folder: Path) -> None:
        compiler = shutil.which("cc")
        if compiler is None:
            pytest.skip("needs a C compiler (apt: gcc libc6-dev)")
        self._library, self._ahead = folder / "set_clock.so", folder / "ahead"
        words = [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o", self._library]
        subprocess.run([*words, _SOURCE, "-ldl"], check=True)
        self.shows(datetime.now(UTC))

    def shows(self, moment: datetime) -> None:
        """From now on it goes on from ``moment``."""
        new = self._ahead.with_suffix(".new")
        ahead_s = round((moment - datetime.now(UTC)).total_seconds())
        new.write_text(f"{ahead_s}\n", encoding="ascii")
        new.replace(self._ahead)

    def stamp(self, path: Path) -> None:
        """Let ``path`` have been written now, by this calendar."""
        ahead_s = int(self._ahead.read_text(encoding="ascii"))
        written_s = time.time() + ahead_s
        os.utime(path, (written_s, written_s))

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "LD_PRELOAD": str(self._library), "CLOCK_AHEAD": str(self._ahead)}
