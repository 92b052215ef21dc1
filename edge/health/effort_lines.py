"""What stands in the effort log: when a process began, what it did from when to when, how it ended.

Moments are seconds since the machine was switched on, which no clock can falsify; beside each
stands what the clock said, and how good it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edge.records import ClockQuality

ARMED = "armed"
STARTING = "starting"
HUNG = "hung"
CAMERA = "camera"
CARD_FULL = "card-full"
ASLEEP = "asleep"
"""Why a process ended whose cycle was over; and the state of the time until the next, where its
controller kept watch throughout."""
UNWATCHED = "asleep-unsure"
"""As asleep, where nobody knows whether it did: it was started anew, or did not answer."""

STORM = "storm"
"""As asleep, with a motion sensor that raged and was not to wake it: nobody watched."""
SLEEPS = frozenset({ASLEEP, STORM})


@dataclass(frozen=True, slots=True)
class Stamp:
    """``at_s`` seconds after the machine was switched on its clock said ``utc_ms`` (since 1970)."""

    at_s: int
    utc_ms: int
    clock: ClockQuality


@dataclass(frozen=True, slots=True)
class Began:
    """A process began. ``run`` counts the machine's runs, ``boot`` begins the kernel's own id of
    this one, ``cause`` is why there was none before: empty where nobody knows."""

    run: int
    boot: str
    at: Stamp
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """From ``from_s`` to ``to.at_s`` the station was ``state``: armed, or why it was not.

    ``totals`` are what had been counted by then, since the spool was made.
    """

    state: str
    from_s: int
    to: Stamp
    totals: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Ended:
    """A process ended as it was told to, and why it was."""

    at: Stamp
    why: str


@dataclass(frozen=True, slots=True)
class Guard:
    """At ``at`` the controller, in its start number ``boot``, had counted ``uptime_ms`` (modulo
    2^32). One start before and after a sleep kept watch throughout, and tells how long it was."""

    at: Stamp
    boot: int
    uptime_ms: int


Line = Began | Span | Ended | Guard


def encode(line: Line) -> str:
    """``line`` as text without a line break."""
    match line:
        case Began(run, boot, at, cause):
            return f"began {_stamp(at)} {run} {boot} {cause or '-'}"
        case Span(state, from_s, to, totals):
            counted = ",".join(f"{name}={value}" for name, value in sorted(totals.items()) if value)
            return f"was {_stamp(to)} {from_s} {state} {counted or '-'}"
        case Ended(at, why):
            return f"ended {_stamp(at)} {why}"
        case Guard(at, number, uptime_ms):
            return f"guard {_stamp(at)} {number} {uptime_ms}"


def decode(text: str) -> Line | None:
    """What ``encode`` wrote; None for anything else: another version may know more."""
    try:
        kind, at_s, utc_ms, clock, *rest = text.split(" ")
        at = Stamp(int(at_s), int(utc_ms), ClockQuality(clock))
        match kind, rest:
            case "began", [run, boot, cause]:
                return Began(int(run), boot, at, "" if cause == "-" else cause)
            case "was", [from_s, state, counted]:
                return Span(state, int(from_s), at, _totals(counted))
            case "ended", [why]:
                return Ended(at, why)
            case "guard", [number, uptime_ms]:
                return Guard(at, int(number), int(uptime_ms))
    except ValueError:
        return None
    return None


def decoded(texts: Iterable[str]) -> list[Line]:
    """Every line that this version knows, in order."""
    return [line for text in texts if (line := decode(text)) is not None]


def _stamp(at: Stamp) -> str:
    return f"{at.at_s} {at.utc_ms} {at.clock.value}"


def _totals(counted: str) -> dict[str, int]:
    pairs = () if counted == "-" else (pair.partition("=") for pair in counted.split(","))
    return {name: int(value) for name, _, value in pairs}
