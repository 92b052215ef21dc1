"""A signal ends a program whenever it comes, also while the program begins to wait for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

STORM = """
import os, signal, sys, threading, time
from tools.stopping import StopSignals
stop = StopSignals()
threading.Thread(target=lambda: [os.kill(os.getpid(), signal.SIGTERM) for _ in range(2000)]).start()
for _ in range(2000):
    stop.wait(0.0001)
assert stop.wait() and stop.wait()
print("stopped")
"""


def test_signals_at_any_instant_are_noticed_and_lock_nothing_up() -> None:
    run = subprocess.run(
        [sys.executable, "-c", STORM], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout) == (0, "stopped\n"), run.stderr


@pytest.mark.parametrize("timeout_s", [0.0, 0.01])
def test_without_a_signal_the_wait_ends(timeout_s: float) -> None:
    quiet = f"from tools.stopping import StopSignals; print(StopSignals().wait({timeout_s}))"
    run = subprocess.run(
        [sys.executable, "-c", quiet], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout == "False\n"
