"""The answer of a check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """``MISSING`` keeps a station from running here; with a ``WARNING`` it runs with less."""

    OK = "ok"
    MISSING = "missing"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for.

    ``remedy`` is how to get what is not there, empty where ``detail`` says it already.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def ok(name: str, detail: str) -> Finding:
    return Finding(name, State.OK, detail)


def missing(name: str, detail: str, remedy: str = "") -> Finding:
    return Finding(name, State.MISSING, detail, remedy)


def warning(name: str, detail: str, remedy: str) -> Finding:
    return Finding(name, State.WARNING, detail, remedy)
