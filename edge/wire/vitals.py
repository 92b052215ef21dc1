"""The station's own state inside other records: two optional integers."""

from __future__ import annotations

from edge.records import Vitals
from edge.wire.cbor import Fields


def encode_vitals(vitals: Vitals, first_key: int) -> dict[int, int]:
    """Battery (mV) under ``first_key`` and temperature (0.1 degrees Celsius) after it."""
    fields = {}
    if vitals.battery_mv is not None:
        fields[first_key] = vitals.battery_mv
    if vitals.temperature_c is not None:
        fields[first_key + 1] = round(vitals.temperature_c * 10)
    return fields


def decode_vitals(fields: Fields, first_key: int) -> Vitals:
    """What ``encode_vitals`` wrote. Raises WireError."""
    temperature = fields.get(first_key + 1, "temperature", int, None)
    return Vitals(
        battery_mv=fields.count(first_key, "battery") if first_key in fields else None,
        temperature_c=None if temperature is None else temperature / 10,
    )
