"""What the controller measures, and the alarm of a battery that it calls low."""

from __future__ import annotations

from edge.health.power import PowerReading
from edge.records import Vitals
from edge.spool.ledger import Ledger
from firmware_bridge.mcu import Charge, Controller

LOW = "battery-low"
_RECOVERED = 1.03
"""Of the voltage that was too low: less may be noise."""
_CHARGING = {
    Charge.CHARGING: True,
    Charge.FULL: True,
    Charge.DISCHARGING: False,
    Charge.FAULT: False,
}


def measure(controller: Controller) -> tuple[Vitals, PowerReading]:
    """What its sensors say now, for people and for the battery's model. Raises BridgeError."""
    energy, temperature_c = controller.energy(), controller.temperature_c()
    reading = PowerReading(
        energy.battery_mv,
        energy.current_ma,
        energy.solar_mv,
        temperature_c,
        _CHARGING.get(energy.charge),
    )
    return Vitals(energy.battery_mv, temperature_c, energy.solar_mv), reading


def raise_low(ledger: Ledger, battery_mv: int) -> None:
    """The controller found too low a voltage. Raises SpoolFull."""
    ledger.raise_alarm(LOW, f"{battery_mv} mV: charge or exchange it")


def clear_low(ledger: Ledger, battery_mv: int | None) -> None:
    """Let the alarm go if the battery has recovered, which the controller does not tell."""
    text = ledger.alarms().get(LOW)
    if text is not None and battery_mv is not None:
        low_mv = int(text.partition(" ")[0])
        if battery_mv >= _RECOVERED * low_mv:
            ledger.clear_alarm(LOW)
