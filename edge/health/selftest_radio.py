"""The modems of a running station: their links know how they are, and open them once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from edge.health.selftest import Found, failed, passed, untried


class ModemState(Protocol):
    """What a link knows of its modem; from any thread."""

    @property
    def alarm(self) -> str:
        """Its name, while the modem is missing."""

    @property
    def missing(self) -> str | None:
        """Why it does not answer; None while it does, or was not asked."""

    @property
    def was_heard(self) -> bool:
        """Whether it has answered since the start."""


def check_radio(modems: Mapping[str, ModemState]) -> Found:
    """``modems`` by the names of their links."""
    lost = [(name, one.alarm, one.missing) for name, one in modems.items() if one.missing]
    if lost:
        told = "; ".join(f"{name}: {why}" for name, _, why in lost)
        return failed(told, "see to its power, its cable and its port", lost[0][1])
    silent = [name for name, one in modems.items() if not one.was_heard]
    if silent:
        return untried(f"{', '.join(silent)}: not asked yet, for there was nothing to say")
    return passed(f"{', '.join(modems)}: the modem answers")
