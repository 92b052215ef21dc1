"""SIGUSR1 asks for a test shot, and ends nothing."""

from __future__ import annotations

import os
import signal
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


def test_several_signals_at_once_are_one_wish(shots: ShotSignal) -> None:
    for _ in range(3):
        os.kill(os.getpid(), signal.SIGUSR1)
    assert shots.asked()
    assert not shots.asked()
