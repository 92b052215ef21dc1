"""`irbis bench radio`: what real records take on the air, in bytes, seconds and joules.

Records are made as a station makes them, sealed with keys of their own, and opened again as
basecamp opens them; what is counted is the payload that a modem is handed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edge.records import ObservationType
from edge.security.keys import BasecampKey, StationKey
from edge.security.radio_key import RadioKeys
from edge.uplink.radio.regions import DataRate, Region
from edge.uplink.radio.regions_tables import REGIONS
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.beacon import Beacon
from edge.wire.air.channel import Sealer, open_up
from edge.wire.air.heartbeat import condensed_heartbeat, encode_radio_heartbeat
from edge.wire.air.moment import Uptime
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.air.window import Seen
from tools.bench import radio_samples as samples
from tools.bench.errors import BenchError

SCHEMA = "irbis.bench.radio/1"
VOLTS = 3.3
TRANSMIT_MA = 115.0
"""A RAK3172 with RUI3 at 20 dBm, as measured by a user (forum.rakwireless.com, topic 7754). At
14 dBm it takes less; boards differ."""
FLANK_RATE = ("EU868", 5)
_RECORDS = ("sighting", "alert", "heartbeat", "beacon")


@dataclass(frozen=True, slots=True)
class Supply:
    """What a transmitter draws while it sends."""

    volts: float = VOLTS
    transmit_ma: float = TRANSMIT_MA

    def joules(self, airtime_s: float) -> float:
        return self.volts * self.transmit_ma / 1000 * airtime_s


class _Ends:
    """A station and a basecamp that understand each other."""

    def __init__(self) -> None:
        self._basecamp, station = BasecampKey.generate(), StationKey.generate()
        self._keys = RadioKeys.of_basecamp(samples.STATION, station.token, self._basecamp)
        numbers = itertools.count()
        self.take = lambda: (0, next(numbers))
        made_by = RadioKeys.of_station(samples.STATION, station, self._basecamp.token)
        self.sealer = Sealer(made_by, self)

    def payload_bytes(self, record: bytes) -> int:
        """The size of ``record`` sealed; it is opened again."""
        frame = self.sealer.seal(record)
        if open_up(frame, self._keys, Seen()).content != record:
            raise BenchError("a radio record did not open as it was sealed")
        return len(frame)


def measure_sizes() -> dict[str, int]:
    """Payload bytes of each record, sealed, by name."""
    ends, roster = _Ends(), Roster.of(samples.CATALOGUE)
    beacon = Beacon(False, True, ObservationType.ANIMAL, 1, 128, 4)
    acknowledged = RadioAcknowledgement(0, (41,))
    records = {
        "sighting": encode_radio_sighting(condensed(samples.leopard(), 41, roster)),
        "alert": encode_radio_sighting(condensed(samples.person(), 42, roster)),
        "heartbeat": encode_radio_heartbeat(
            condensed_heartbeat(samples.heartbeat(), 43, Uptime(3, 9000))
        ),
        "acknowledgement": encode_radio_acknowledgements(acknowledged)[0],
    }
    sizes = {name: ends.payload_bytes(record) for name, record in records.items()}
    return {**sizes, "beacon": len(ends.sealer.beacon(beacon))}


def measure_flank() -> dict[str, int] | None:
    """A flank of about 2 kB in fragments at EU868 DR5, nothing lost: bytes of the picture, of all
    payloads, and packets. None where this machine lacks the erasure code."""
    try:
        from edge.wire.air.fragments import CropName
        from edge.wire.air.fragments_crop import fragments_of, seal_crop
    except ImportError:
        return None
    from edge.wire.air.reference import reference_of
    from edge.wire.crop import encode_crop

    ends, burst_id, picture = _Ends(), samples.leopard().burst_id, samples.flank()
    content = seal_crop(encode_crop(burst_id, picture), BasecampKey.generate().token)
    name, most = CropName(reference_of(burst_id), 0), _rate(*FLANK_RATE).payload_bytes
    payloads = [ends.payload_bytes(piece) for piece in fragments_of(content, name, most)]
    return {
        "picture_bytes": len(picture.data),
        "payload_bytes": sum(payloads),
        "packets": len(payloads),
    }


def on_air(sizes: Mapping[str, int], supply: Supply) -> dict[str, list[dict[str, Any]]]:
    """By region, a row for each data rate that carries anything: seconds of each record, and
    joules of the sighting or, where none fits, of the beacon. None: it does not fit."""
    return {
        region.name: [
            _row(region, rate, sizes, supply) for rate in region.data_rates if rate.payload_bytes
        ]
        for region in REGIONS.values()
    }


def _row(
    region: Region, rate: DataRate, sizes: Mapping[str, int], supply: Supply
) -> dict[str, Any]:
    seconds = {
        name: round(rate.airtime_ms(sizes[name]) / 1000, 4)
        if region.fits(rate.index, sizes[name])
        else None
        for name in _RECORDS
    }
    news_s = seconds["sighting"] or seconds["beacon"]
    return {
        "data_rate": rate.index,
        "payload_bytes": rate.payload_bytes,
        **{f"{name}_s": value for name, value in seconds.items()},
        "news_joules": None if news_s is None else round(supply.joules(news_s), 4),
    }


def as_json(supply: Supply) -> dict[str, Any]:
    """Everything, for a program."""
    sizes, flank = measure_sizes(), measure_flank()
    found: dict[str, Any] = {f"{name}_bytes": size for name, size in sizes.items()}
    if flank is not None:
        found |= {
            "flank_2k_payload_bytes": flank["payload_bytes"],
            "flank_2k_picture_bytes": flank["picture_bytes"],
            "flank_2k_packets": flank["packets"],
        }
    return {
        "schema": SCHEMA,
        **found,
        "regions": on_air(sizes, supply),
        "assumed": {"volts": supply.volts, "transmit_ma": supply.transmit_ma},
    }


def table(report: Mapping[str, Any]) -> Iterator[str]:
    """The report as lines for a terminal."""
    yield f"{'record':<18}{'sealed':>8}"
    for name in (*_RECORDS, "acknowledgement"):
        yield f"{name:<18}{report[f'{name}_bytes']:>6} B"
    if "flank_2k_payload_bytes" in report:
        yield (
            f"{'flank':<18}{report['flank_2k_payload_bytes']:>6} B  a picture of"
            f" {report['flank_2k_picture_bytes']} B in {report['flank_2k_packets']} packets at"
            f" {FLANK_RATE[0]} DR{FLANK_RATE[1]}, nothing lost"
        )
    yield ""
    yield (
        f"{'region':<13}{'rate':<6}{'payload':>7}{'sighting':>10}{'alert':>9}{'heartbeat':>11}"
        + (f"{'beacon':>9}{'first news':>12}")
    )
    for region, rows in report["regions"].items():
        for row in rows:
            seconds = [_seconds(row[f"{name}_s"]) for name in _RECORDS]
            joules = "-" if row["news_joules"] is None else f"{row['news_joules']:.3f} J"
            yield (
                f"{region:<13}DR{row['data_rate']:<4}{row['payload_bytes']:>5} B{seconds[0]:>10}"
                f"{seconds[1]:>9}{seconds[2]:>11}{seconds[3]:>9}{joules:>12}"
            )
    assumed = report["assumed"]
    yield ""
    yield (
        f"Joules: {assumed['volts']:g} V, {assumed['transmit_ma']:g} mA while on the air"
        " (--volts, --transmit-ma); receiving and the computer's own come on top."
    )


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"


def _rate(region: str, index: int) -> DataRate:
    return REGIONS[region].data_rate(index)
