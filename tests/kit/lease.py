"""A file that hangs whoever opens it: as on a network's or a failing card's file system."""

from __future__ import annotations

import fcntl
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def leased(path: Path) -> Iterator[None]:
    """While this lasts, open() of ``path`` in another process does not return: the kernel asks the
    lease's holder first, this process, which does not answer. For 45 s at the longest."""
    before = signal.signal(signal.SIGIO, signal.SIG_IGN)  # so it is asked, and would die of it
    try:
        with path.open("rb+") as held:
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            yield
            fcntl.fcntl(held, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    finally:
        signal.signal(signal.SIGIO, before)
