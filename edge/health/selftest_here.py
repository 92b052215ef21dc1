"""What the running station looks at in itself: what it holds is asked for, never opened twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edge.config import StationConfig
from edge.health.clock import ClockState
from edge.health.memory_file import MemoryFile
from edge.health.selftest import Check, Found, untried
from edge.health.selftest_camera import Looking, check_camera
from edge.health.selftest_radio import ModemState, check_radio
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
    lens: Looking | None,
    modems: Mapping[str, ModemState],
    with_eyes: Callable[[Callable[[Eyes], Found], float], Found | None],
    done: Beats | None = None,
) -> SelftestStage:
    """The stage. ``lens`` is None where another program takes the pictures; ``modems`` are those of
    the links by name, which are not asked again; ``with_eyes`` lends the eyes that judge, None
    where they are at work for that many seconds; ``done`` remembers the last one over the sleep of
    a woken station. The controller has an alarm of its own, and is not asked."""
    checks = _checks(config, identity, spool, clock, lens, modems, with_eyes)
    memory = MemoryFile(Path(config.spool.path) / RESULTS)
    return SelftestStage(checks, spool.ledger, listener, memory, lambda: clock().now(), done=done)


def _checks(
    config: StationConfig,
    identity: Identity,
    spool: Spool,
    clock: Callable[[], ClockState],
    lens: Looking | None,
    modems: Mapping[str, ModemState],
    with_eyes: Callable[[Callable[[Eyes], Found], float], Found | None],
) -> dict[str, Check]:
    # Imported when they run: what they need of numpy must not keep the sensor waiting.
    def models() -> Found:
        from edge.health.selftest_models import check_models

        found = with_eyes(lambda eyes: check_models(config.triage, eyes=eyes), EYES_WAIT_S)
        return untried("they judged all the time") if found is None else found

    def keys() -> Found:
        from edge.health.selftest_parts import check_keys

        return check_keys(identity)

    def card() -> Found:
        from edge.health.selftest_parts import check_spool_here

        return check_spool_here(spool)

    def room() -> Found:
        from edge.health.selftest_room import check_room_here

        return check_room_here(spool, config.spool.min_free_bytes)

    def time() -> Found:
        from edge.health.selftest_parts import check_clock

        return check_clock(clock())

    radio = {"radio": lambda: check_radio(modems)} if modems else {}
    return {
        "camera": lambda: check_camera(lens),
        "models": models,
        **radio,
        "keys": keys,
        "spool": card,
        "room": room,
        "clock": time,
    }
