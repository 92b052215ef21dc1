"""The microcontroller beside the board: why it woke, what the PIR saw, energy, clock, power.

with Controller(SerialPort("/dev/serial0")) as controller:
    print(controller.connect().firmware, controller.wake().reason.name)
    for event in controller.events(timeout_s=60):
        print(event)
"""

from __future__ import annotations

from firmware_bridge.mcu.controller import Controller
from firmware_bridge.mcu.drift import ClockPair, Drift, DriftEstimate
from firmware_bridge.mcu.events import (
    BatteryEvent,
    Event,
    PirEvent,
    Restarted,
    UnknownEvent,
    WakeEvent,
)
from firmware_bridge.mcu.records import ClockReading, ClockSet, Energy, Greeting, Pong, Wake
from firmware_bridge.messages import Charge, Refusal, WakeReason

__all__ = [
    "BatteryEvent",
    "Charge",
    "ClockPair",
    "ClockReading",
    "ClockSet",
    "Controller",
    "Drift",
    "DriftEstimate",
    "Energy",
    "Event",
    "Greeting",
    "PirEvent",
    "Pong",
    "Refusal",
    "Restarted",
    "UnknownEvent",
    "Wake",
    "WakeEvent",
    "WakeReason",
]
