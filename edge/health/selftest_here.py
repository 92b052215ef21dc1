"""What the running station looks at in itself: what it holds is asked for, never opened twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.config import StationConfig
from edge.health.clock import ClockState
from edge.health.memory_file import MemoryFile
from edge.health.selftest import Check, Found, failed, passed
from edge.health.selftest_stage import RESULTS, SelftestStage
from edge.listener import Listener
from edge.spool.spool import Spool
from edge.wire.sealing import Identity


def selftest_here(
    config: StationConfig,
    identity: Identity,
    spool: Spool,
    listener: Listener,
    clock: Callable[[], ClockState],
    blindness: Callable[[], object],
) -> SelftestStage:
    """The stage. ``blindness`` tells why the camera gives no picture, None while it does; modems
    and controller have alarms of their own."""
    checks = _checks(config, identity, spool, clock, blindness)
    memory = MemoryFile(Path(config.spool.path) / RESULTS)
    return SelftestStage(checks, spool.ledger, listener, memory, lambda: clock().now())


def _checks(
    config: StationConfig,
    identity: Identity,
    spool: Spool,
    clock: Callable[[], ClockState],
    blindness: Callable[[], object],
) -> dict[str, Check]:
    # Imported when they run: what they need of numpy must not keep the sensor waiting.
    def models() -> Found:
        from edge.health.selftest_models import check_models

        return check_models(config.triage)

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
