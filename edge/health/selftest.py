"""The self-test: what a station looks at in itself, at its start and when a person asks.

A part is a check that answers with one finding; one that breaks is a finding too. Nothing here
delays arming, and nothing that a check finds ends a station: it says so, and goes on catching.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from edge.spool.card import CARD_FAILING
from edge.spool.errors import CardFailing, SpoolFull
from edge.spool.retention import CARD_FULL


class State(StrEnum):
    """``FAILED`` needs a person; with a ``DOUBT`` the station does its work; ``UNTRIED`` is what
    could not be tested now, and why stands beside it."""

    PASSED = "passed"
    DOUBT = "doubt"
    FAILED = "failed"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check found, in one line, and what a person can do about it. ``alarm`` names the one
    that stands for it already: one fault is one alarm."""

    state: State
    detail: str
    remedy: str = ""
    alarm: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One part of the self-test."""

    part: str
    found: Found


Check = Callable[[], Found]


def passed(detail: str) -> Found:
    return Found(State.PASSED, detail)


def doubt(detail: str, remedy: str) -> Found:
    return Found(State.DOUBT, detail, remedy)


def failed(detail: str, remedy: str, alarm: str = "") -> Found:
    return Found(State.FAILED, detail, remedy, alarm)


def untried(detail: str, remedy: str = "") -> Found:
    return Found(State.UNTRIED, detail, remedy)


def examine(checks: Mapping[str, Check]) -> list[Result]:
    """Every check in order. What a check raises is what it found; of a card that refuses to be
    written the alarm stands already."""
    results = []
    for part, check in checks.items():
        try:
            found = check()
        except Exception as error:  # one broken part must not hide what else is wrong
            text = " ".join(str(error).split()) or type(error).__name__
            found = failed(text, "mend this; if it stays, exchange the part", _alarm_of(error))
        results.append(Result(part, found))
    return results


def _alarm_of(error: Exception) -> str:
    if isinstance(error, SpoolFull):
        return CARD_FULL
    return CARD_FAILING if isinstance(error, CardFailing) else ""


def worst(results: list[Result]) -> State:
    """The state of the whole: failed where any part is."""
    states = {result.found.state for result in results}
    return next((one for one in (State.FAILED, State.DOUBT) if one in states), State.PASSED)
