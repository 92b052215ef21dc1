"""Who keeps which alarm: each has one owner, who raises it, and ends it when its cause is gone.

A part that the configuration names no more ends nothing, nor does an older version: what they left
standing is forgotten when the station arms.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edge.config import StationConfig
from edge.spool.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Owner:
    """``part`` of a station, there if the configuration says so, and its ``alarms``."""

    part: str
    alarms: tuple[str, ...]
    is_named: Callable[[StationConfig], bool] = lambda _: True


def forget_others(config: StationConfig, ledger: Ledger) -> None:
    """Clear what no part of ``config``'s station will ever clear. Raises SpoolFull, CardFailing."""
    kept = {alarm for owner in OWNERS if owner.is_named(config) for alarm in owner.alarms}
    for alarm in set(ledger.alarms()) - kept:
        ledger.clear_alarm(alarm)


def _has_own_lens(config: StationConfig) -> bool:
    return config.capture.camera != "folder"


def _has_own_network(config: StationConfig) -> bool:
    return config.uplink.cellular is not None and config.uplink.cellular.apn is not None


def _satellite_modem(config: StationConfig) -> str | None:
    return None if config.uplink.satellite is None else config.uplink.satellite.modem


def _speaks_by_radio(config: StationConfig) -> bool:
    return config.uplink.lorawan is not None or config.uplink.satellite is not None


OWNERS = (
    # Present in every station.
    Owner("spool", ("card-full", "card-failing", "spool-damaged", "other-basecamp")),
    Owner("daemon", ("safe-mode", "config-refused")),
    Owner("effort", ("effort-unwritten",)),
    Owner("triage", ("blind", "models", "catalogue", "hot")),
    Owner("glass", ("lens-blocked", "lens-fogged", "lens-blurred")),
    Owner("telemetry", ("card-worn", "under-voltage", "memory-low")),
    Owner("lately", ("killed-for-memory", "power-was-cut", "clock-stepped")),
    Owner(
        "self-test",
        ("selftest-camera", "selftest-models", "selftest-keys", "selftest-spool", "selftest-room",
         "selftest-clock"),
    ),
    # Named by the configuration.
    Owner(
        "lens",
        ("no-camera", "sensor-failed", "sensor-storm", "lamp-failed", "lamp-spent",
         "filter-failed"),
        _has_own_lens,
    ),
    Owner("controller", ("controller", "battery-low"), lambda it: it.controller is not None),
    Owner("battery", ("energy-low",), lambda it: it.power is not None),
    Owner("gnss", ("gnss",), lambda it: it.clock.gnss is not None),
    Owner("cellular", ("data-budget",), lambda it: it.uplink.cellular is not None),
    Owner("cellular modem", ("no-modem",), _has_own_network),
    Owner("lorawan", ("no-lorawan",), lambda it: it.uplink.lorawan is not None),
    Owner("satellite", ("no-satellite",), lambda it: _satellite_modem(it) == "iridium"),
    Owner("notecard", ("no-notecard",), lambda it: _satellite_modem(it) == "notecard"),
    Owner("radio channel", ("radio-keys",), _speaks_by_radio),
    Owner(
        "self-test of modems",
        ("selftest-radio",),
        lambda it: _speaks_by_radio(it) or _has_own_network(it),
    ),
)  # fmt: skip
