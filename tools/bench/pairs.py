"""Timing on a noisy machine: things are compared in turns, and medians are taken."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from statistics import median


def interleaved(
    actions: Sequence[Callable[[], object]], repetitions: int, warm_ups: int = 1
) -> list[list[float]]:
    """Seconds that each action took in each repetition: ``result[action][repetition]``.

    A slow moment of the machine hits all actions alike, because they take turns; the order is
    turned round at every repetition, so that none always comes first. Warm-ups are not counted.
    """
    times: list[list[float]] = [[] for _ in actions]
    order = list(range(len(actions)))
    for repetition in range(-warm_ups, repetitions):
        for index in order:
            begun = time.perf_counter()
            actions[index]()
            spent = time.perf_counter() - begun
            if repetition >= 0:
                times[index].append(spent)
        order.reverse()
    return times


def ratio_of(one: Sequence[float], other: Sequence[float]) -> float:
    """Median of the ratios of neighbours in time: less noise than the ratio of medians."""
    return median(a / b for a, b in zip(one, other, strict=True))
