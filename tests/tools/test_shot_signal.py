"""SIGUSR1 asks for a test shot, and ends nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tools.shot_signal import ShotSignal


@pytest.fixture
def shots() -> Iterator[ShotSignal]:
    before = signal.getsignal(signal.SIGUSR1)
    yield ShotSignal()
    signal.signal(signal.SIGUSR1, before)


def test_nobody_asks_of_themselves(shots: ShotSignal) -> None:
    assert not shots.asked()


def test_a_signal_asks_once(shots: ShotSignal) -> None:
    os.kill(os.getpid(), signal.SIGUSR1)
    assert shots.asked()
    assert not shots.asked()


HEARS_EARLY = """
import argparse, importlib.abc, signal, sys
from pathlib import Path
from tools import run
assert not {"edge.config", "edge.station"} & set(sys.modules)
class Spy(importlib.abc.MetaPathFinder):
    def find_spec(self, name, *_):
        if name == "edge.station":
            heard = [signal.getsignal(one) != signal.SIG_DFL for one in (
                signal.SIGUSR1, signal.SIGTERM)]
            print(heard)
sys.meta_path.insert(0, Spy())
try:
    run.execute(argparse.Namespace(config=Path("gone"), quiet=True))
except Exception as error:
    print(type(error).__name__)
"""


def test_it_is_heard_before_anything_slow_is_loaded() -> None:
    """Else who asks for a shot in the first second of a slow board's start kills the station."""
    said = subprocess.run(
        [sys.executable, "-c", HEARS_EARLY], capture_output=True, text=True, check=True, timeout=120
    )
    assert said.stdout.splitlines() == ["[True, True]", "ConfigError"], said.stderr


def test_several_signals_at_once_are_one_wish(shots: ShotSignal) -> None:
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert shots.asked()
    assert not shots.asked()
