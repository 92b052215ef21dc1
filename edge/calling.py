"""The one heartbeat of a safe mode: sent by a process of its own, so that nothing it does can hurt
what catches."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from edge.listener import Listener
from edge.records import ItemKind
from edge.safe_call import CALL_S, Message

FIRST_S = 10.0
"""After arming: what catches comes first, and the network needs its time too."""
PAUSE_S = 60.0
"""After a call in vain, doubled each time."""
TRIES = 6
"""Within some 40 minutes; the next start in full has links of its own."""
_ENDED_WITHIN_S = 10.0
"""After CALL_S: an interpreter starts and ends."""


class CallingStage:
    """Has ``message`` said, made anew for each try, until basecamp has acknowledged one."""

    def __init__(
        self,
        message: Callable[[], Message],
        listener: Listener,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._message, self._listener, self._now = message, listener, now
        self._due_s = now() + FIRST_S
        self._tries = 0
        self._arrived = False
        self._process: subprocess.Popen[bytes] | None = None

    def step(self) -> bool:
        """Begin a call that is due, or look after the one that is on; never waits for it."""
        if self._process is not None:
            self._look_after(self._process)
        elif not self._arrived and self._tries < TRIES and self._now() >= self._due_s:
            self._due_s = self._now() + CALL_S + _ENDED_WITHIN_S
            self._tries += 1
            self._process = _call(self._message())
        return False

    def close(self) -> None:
        """What is being said is left."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _look_after(self, process: subprocess.Popen[bytes]) -> None:
        code = process.poll()
        if code is None and self._now() < self._due_s:
            return
        self.close()
        self._arrived = code == 0
        self._due_s = self._now() + PAUSE_S * 2.0 ** (self._tries - 1)
        if self._arrived:
            self._listener.acknowledged(ItemKind.HEARTBEAT, None)


def _call(message: Message) -> subprocess.Popen[bytes]:
    # By this process's own path: it may not be the interpreter's.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    environment.pop("NOTIFY_SOCKET", None)
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, "-m", "edge.safe_call"],
        stdin=subprocess.PIPE,
        stdout=quiet,
        stderr=quiet,
        env=environment,
    )
    assert process.stdin is not None
    with suppress(OSError), process.stdin:  # one that ended at once is a call in vain
        process.stdin.write(message.to_line())
    return process
