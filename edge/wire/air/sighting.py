"""A sighting in 24 bytes, 32 with the catalogue's answer; an alert is the same record.

What a person or a program needs at once: what, when, how sure, whom it is most like. Names of
models, reasons, doubts and pictures follow over a wider link, in the full record of
edge.wire.sighting, which tells of the same burst (edge.wire.air.reference).
"""

from __future__ import annotations

from dataclasses import dataclass

from edge.records import ClockQuality, ObservationType, Side, Sighting, Vitals
from edge.wire import codes
from edge.wire.air import scales
from edge.wire.air.answer import Answer, answer_of, decode_answer, encode_answer
from edge.wire.air.bits import Layout
from edge.wire.air.kinds import LARGEST_SEQUENCE, RecordKind, check_head
from edge.wire.air.moment import TIME_BITS, Moment, Uptime, moment_code, moment_of
from edge.wire.air.reference import REFERENCE_BYTES, reference_of
from edge.wire.air.roster import Roster
from edge.wire.air.species import species_code, species_name
from edge.wire.cbor import code_of, member_of
from edge.wire.errors import WireError

VERSION = 1
BODY = Layout(
    "radio sighting",
    (
        ("kind", 4),
        ("version", 4),
        ("sequence", 24),
        ("reference", 8 * REFERENCE_BYTES),
        ("by uptime", 1),
        ("clock", 2),
        ("time", TIME_BITS),
        ("observation type", 3),
        ("target", 1),
        ("people", 1),
        ("alert", 1),
        ("doubtful", 1),
        ("pictures", 4),
        ("count", 5),
        ("side", 3),
        ("frames", 6),
        ("quality", scales.SCORE_BITS),
        ("target score", scales.SCORE_BITS),
        ("species", 8),
        ("species score", scales.SCORE_BITS),
        ("battery", scales.VOLTAGE_BITS),
        ("temperature", scales.TEMPERATURE_BITS),
    ),
)


@dataclass(frozen=True, slots=True)
class RadioSighting:
    """A sighting as it is on the radio. ``reference`` names the burst in 4 bytes; ``pictures`` is
    how many wait at the station, 15 for more; ``species`` is a number of edge.wire.air.species."""

    sequence: int
    reference: bytes
    moment: Moment
    clock: ClockQuality
    observation_type: ObservationType
    target: bool
    people: bool
    alert: bool
    doubtful: bool
    pictures: int
    count: int
    side: Side
    frame_count: int
    quality: float
    target_score: float
    species: int
    species_score: float
    vitals: Vitals
    answer: Answer | None = None

    @property
    def species_name(self) -> str | None:
        return species_name(self.species)


def condensed(
    sighting: Sighting, sequence: int, roster: Roster | None = None, uptime: Uptime | None = None
) -> RadioSighting:
    """What of ``sighting`` goes on the radio, as record number ``sequence`` (modulo 2^24).

    ``uptime`` is its moment for a clock that was not set. Without a roster, or without an answer in
    the sighting, there is none here. Numbers are held within what the record can tell.
    """
    by_uptime = uptime is not None and sighting.clock is ClockQuality.UNSET
    kind = sighting.observation_type
    name, score = sighting.species[0] if sighting.species else (None, 0.0)
    return RadioSighting(
        sequence=sequence & LARGEST_SEQUENCE,
        reference=reference_of(sighting.burst_id),
        moment=uptime if uptime is not None and by_uptime else sighting.captured_at,
        clock=sighting.clock,
        observation_type=kind,
        target=sighting.target,
        people=sighting.people,
        alert=sighting.people or kind in (ObservationType.HUMAN, ObservationType.VEHICLE),
        doubtful=bool(sighting.doubts),
        pictures=len(sighting.crops),
        count=sighting.count,
        side=sighting.side,
        frame_count=sighting.frame_count,
        quality=sighting.quality,
        target_score=sighting.target_score,
        species=species_code(name),
        species_score=score,
        vitals=sighting.vitals,
        answer=None if roster is None else answer_of(sighting, roster),
    )


def encode_radio_sighting(sighting: RadioSighting) -> bytes:
    """24 or 32 bytes; numbers are held within what the record can tell."""
    body = BODY.pack(
        {
            "kind": RecordKind.SIGHTING,
            "version": VERSION,
            "sequence": scales.held(sighting.sequence, 24),
            "reference": int.from_bytes(sighting.reference, "big"),
            "by uptime": isinstance(sighting.moment, Uptime),
            "clock": code_of(sighting.clock, codes.CLOCKS),
            "time": moment_code(sighting.moment),
            "observation type": code_of(sighting.observation_type, codes.OBSERVATION_TYPES),
            "target": sighting.target,
            "people": sighting.people,
            "alert": sighting.alert,
            "doubtful": sighting.doubtful,
            "pictures": scales.held(sighting.pictures, 4),
            "count": scales.held(sighting.count, 5),
            "side": code_of(sighting.side, codes.SIDES),
            "frames": scales.held(sighting.frame_count, 6),
            "quality": scales.score_code(sighting.quality),
            "target score": scales.score_code(sighting.target_score),
            "species": scales.held(sighting.species, 8),
            "species score": scales.score_code(sighting.species_score),
            "battery": scales.voltage_code(sighting.vitals.battery_mv),
            "temperature": scales.temperature_code(sighting.vitals.temperature_c),
        }
    )
    return body if sighting.answer is None else body + encode_answer(sighting.answer)


def decode_radio_sighting(data: bytes) -> RadioSighting:
    """The record in ``data``. Raises WireError, UnknownRecord for a version that is newer."""
    check_head(data, RecordKind.SIGHTING, VERSION)
    body = BODY.unpack(data[: BODY.size_bytes])
    rest = data[BODY.size_bytes :]
    clock = member_of(body["clock"], codes.CLOCKS, "clock")
    if body["by uptime"] and clock is not ClockQuality.UNSET:
        raise WireError("radio sighting: a time since switching on, and a clock that was set")
    return RadioSighting(
        sequence=body["sequence"],
        reference=body["reference"].to_bytes(REFERENCE_BYTES, "big"),
        moment=moment_of(body["time"], bool(body["by uptime"])),
        clock=clock,
        observation_type=member_of(
            body["observation type"], codes.OBSERVATION_TYPES, "observation type"
        ),
        target=bool(body["target"]),
        people=bool(body["people"]),
        alert=bool(body["alert"]),
        doubtful=bool(body["doubtful"]),
        pictures=body["pictures"],
        count=body["count"],
        side=member_of(body["side"], codes.SIDES, "side"),
        frame_count=body["frames"],
        quality=scales.score_of(body["quality"], "quality"),
        target_score=scales.score_of(body["target score"], "target score"),
        species=body["species"],
        species_score=scales.score_of(body["species score"], "species score"),
        vitals=Vitals(
            scales.voltage_of(body["battery"]), scales.temperature_of(body["temperature"])
        ),
        answer=decode_answer(rest) if rest else None,
    )
