"""What the running station looks at in itself: what it holds is asked for, never opened twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import StationConfig
from edge.health.clock import ClockState
from edge.health.memory_file import MemoryFile
from edge.health.selftest import Check, Found, failed, passed, untried
from edge.health.selftest_stage import RESULTS, SelftestStage
from edge.listener import Listener
from edge.spool.spool import Spool
from edge.wire.sealing import Identity

if TYPE_CHECKING:
    from edge.health.beats import Beats
    from edge.vision.eyes import Eyes

EYES_WAIT_S = 900.0
"""For the end of a burst that is being judged: longer than any may take."""


def selftest_here(
    config: StationConfig,
    identity: Identity,
    spool: Spool,
    listener: Listener,
    clock: Callable[[], ClockState],
    blindness: Callable[[], object],
    with_eyes: Callable[[Callable[[Eyes], Found], float], Found | None],
    done: Beats | None = None,
) -> SelftestStage:
    """The stage. ``blindness`` tells why the camera gives no picture, None while it does;
    ``with_eyes`` lends the eyes that judge, None where they are at work for that many seconds;
    ``done`` remembers the last one over the sleep of a woken station.
    Modems and controller have alarms of their own."""
    checks = _checks(config, identity, spool, clock, blindness, with_eyes)
    memory = MemoryFile(Path(config.spool.path) / RESULTS)
    return SelftestStage(checks, spool.ledger, listener, memory, lambda: clock().now(), done=done)


def _checks(
    config: StationConfig,
    identity: Identity,
    spool: Spool,
    clock: Callable[[], ClockState],
    blindness: Callable[[], object],
    with_eyes: Callable[[Callable[[Eyes], Found], float], Found | None],
) -> dict[str, Check]:
    # Imported when they run: what they need of numpy must not keep the sensor waiting.
    def models() -> Found:
        from edge.health.selftest_models import check_models

        found = with_eyes(lambda eyes: check_models(config.triage, eyes=eyes), EYES_WAIT_S)
        return untried("they judged all the time") if found is None else found

    def camera() -> Found:
        why = blindness()
        if why is not None:
            return failed(str(why), "see to the camera's cable and power, or [capture]")
        return passed("gives pictures")

    def keys() -> Found:
        from edge.health.selftest_parts import check_keys

        return check_keys(identity)

    def card() -> Found:
        from edge.health.selftest_parts import check_spool_here

        return check_spool_here(spool)

    def room() -> Found:
        from edge.health.selftest_parts import check_room

        return check_room(config.spool.path, config.spool.min_free_bytes)

    def time() -> Found:
        from edge.health.selftest_parts import check_clock

        return check_clock(clock())

    return {
        "camera": camera,
        "models": models,
        "keys": keys,
        "spool": card,
        "room": room,
        "clock": time,
    }
