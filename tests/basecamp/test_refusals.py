"""Refusals are counted each and told once in a while."""

from __future__ import annotations

from tools.basecamp.refusals import Refusal, Refusals


def test_a_refusal_is_told_again_after_ten_quiet_minutes() -> None:
    now_s = 0.0
    refusals = Refusals(clock=lambda: now_s)
    told = []
    for now_s in (0.0, 1.0, 599.0, 601.0, 602.0):  # noqa: B007 - the clock reads it
        told.append(refusals.add("ridge-9", "it is not enrolled", "enrol it"))
    assert told == [True, False, False, True, False]
    assert refusals.newest(5) == [Refusal("ridge-9", "it is not enrolled", "enrol it", 5)]


def test_strangers_cannot_fill_the_memory() -> None:
    refusals = Refusals()
    for number in range(5000):
        refusals.add(f"stranger-{number}", "it is not enrolled", "enrol it")
    assert len(refusals.newest(10_000)) < 1000
    assert refusals.newest(1)[0].station == "stranger-4999"
