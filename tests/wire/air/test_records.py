"""Radio records come back as they were, any sighting fits one, and damaged ones only ever raise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.records import (
    ClockQuality,
    Heartbeat,
    Identity,
    ObservationType,
    Side,
    Sighting,
    Vitals,
)
from edge.wire.air.acknowledgement import (
    RadioAcknowledgement,
    decode_radio_acknowledgement,
    encode_radio_acknowledgements,
)
from edge.wire.air.answer import Likeness
from edge.wire.air.heartbeat import (
    RadioHeartbeat,
    condensed_heartbeat,
    decode_radio_heartbeat,
    encode_radio_heartbeat,
    models_check,
)
from edge.wire.air.kinds import LARGEST_RECORD_BYTES, RecordKind, UnknownRecord, kind_of
from edge.wire.air.moment import Uptime
from edge.wire.air.reference import is_of_burst, reference_of
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import (
    RadioSighting,
    condensed,
    decode_radio_sighting,
    encode_radio_sighting,
)
from edge.wire.errors import WireError
from tests.wire import strategies as wide
from tests.wire.air import strategies as some

ROSTER = Roster.of(["Asel", "Bars", "Tuman"])
SIGHTING = Sighting(
    station="ridge-2",
    burst_id="00112233445566778899aabbccddeeff",
    captured_at=datetime(2026, 3, 1, 4, 5, 6, 789_000, tzinfo=UTC),
    clock=ClockQuality.RTC,
    frame_count=3,
    observation_type=ObservationType.ANIMAL,
    target=True,
    target_score=0.973,
    species=(("Panthera uncia", 0.91),),
    count=1,
    side=Side.LEFT,
    quality=0.62,
    reason="",
    doubts=(),
    crops=(),
    descriptors=(),
    models=(),
    vitals=Vitals(3870, -18.4),
    identities=(Identity("Tuman", 0.7), Identity("Asel", 0.1)),
    not_in_catalogue=0.15,
)

ENCODED: dict[str, tuple[st.SearchStrategy[bytes], Callable[[bytes], Any]]] = {
    "sighting": (some.sightings().map(encode_radio_sighting), decode_radio_sighting),
    "heartbeat": (some.heartbeats.map(encode_radio_heartbeat), decode_radio_heartbeat),
    "acknowledgement": (
        some.acknowledgements.map(lambda one: encode_radio_acknowledgements(one)[0]),
        decode_radio_acknowledgement,
    ),
}
each_record = pytest.mark.parametrize("record", ENCODED)


def encode_again(record: Any) -> bytes:
    if isinstance(record, RadioSighting):
        return encode_radio_sighting(record)
    if isinstance(record, RadioHeartbeat):
        return encode_radio_heartbeat(record)
    [data] = encode_radio_acknowledgements(record)
    return data


@given(some.sightings())
def test_a_sighting_comes_back_as_it_was(sighting: RadioSighting) -> None:
    assert decode_radio_sighting(encode_radio_sighting(sighting)) == sighting


@given(some.heartbeats)
def test_a_heartbeat_comes_back_as_it_was(heartbeat: RadioHeartbeat) -> None:
    assert decode_radio_heartbeat(encode_radio_heartbeat(heartbeat)) == heartbeat


@given(some.acknowledgements)
def test_acknowledgements_together_tell_what_was_stored(stored: RadioAcknowledgement) -> None:
    records = encode_radio_acknowledgements(stored)
    told = [decode_radio_acknowledgement(record) for record in records]
    assert sum((one.sequences for one in told), ()) == stored.sequences
    assert {one.key_id for one in told} == {stored.key_id}
    assert max(map(len, records)) <= LARGEST_RECORD_BYTES


def test_one_acknowledgement_takes_5_bytes_and_273_in_a_row_fit_one_record() -> None:
    [one] = encode_radio_acknowledgements(RadioAcknowledgement(3, (8,)))
    assert len(one) == 5
    [many] = encode_radio_acknowledgements(RadioAcknowledgement(3, tuple(range(273))))
    assert len(many) == LARGEST_RECORD_BYTES
    assert len(encode_radio_acknowledgements(RadioAcknowledgement(3, tuple(range(274))))) == 2


@given(wide.sightings, st.integers(0, 2**63), st.booleans(), st.none() | some.uptimes)
def test_every_sighting_fits_32_bytes(
    sighting: Sighting, sequence: int, known: bool, uptime: Uptime | None
) -> None:
    roster = Roster.of(one.individual for one in sighting.identities) if known else None
    record = encode_radio_sighting(condensed(sighting, sequence, roster, uptime))
    assert len(record) in (24, 32)
    arrived = decode_radio_sighting(record)
    assert arrived.target == sighting.target
    assert arrived.observation_type is sighting.observation_type
    assert arrived.sequence == sequence % 2**24


@given(wide.heartbeats, some.sequences, some.uptimes)
def test_every_heartbeat_fits_39_bytes(
    heartbeat: Heartbeat, sequence: int, since_boot: Uptime
) -> None:
    record = encode_radio_heartbeat(condensed_heartbeat(heartbeat, sequence, since_boot))
    assert len(record) == LARGEST_RECORD_BYTES
    assert decode_radio_heartbeat(record).clock is heartbeat.clock


@given(st.floats(), st.floats(), st.floats() | st.none(), st.integers() | st.none())
def test_numbers_that_mean_nothing_are_sent_as_something_that_can_be_read(
    score: float, quality: float, temperature_c: float | None, battery_mv: int | None
) -> None:
    odd = replace(
        SIGHTING,
        target_score=score,
        quality=quality,
        vitals=Vitals(battery_mv, temperature_c),
        identities=(Identity("Tuman", score),),
        not_in_catalogue=quality,
    )
    arrived = decode_radio_sighting(encode_radio_sighting(condensed(odd, 1, ROSTER)))
    assert arrived.moment == odd.captured_at


def test_a_sighting_says_what_a_person_needs_at_once() -> None:
    arrived = decode_radio_sighting(encode_radio_sighting(condensed(SIGHTING, 41, ROSTER)))
    assert arrived.moment == SIGHTING.captured_at
    assert arrived.clock is ClockQuality.RTC
    assert arrived.species_name == "Panthera uncia"
    assert (arrived.target_score, arrived.quality, arrived.side) == (0.973, 0.62, Side.LEFT)
    assert arrived.vitals == Vitals(3870, -18.0)
    assert arrived.answer is not None
    assert arrived.answer.catalogue == ROSTER.check
    assert [(ROSTER.name(one.index), one.score) for one in arrived.answer.likenesses] == [
        ("Tuman", 0.7),
        ("Asel", 0.1),
    ]
    assert arrived.answer.nobody == 0.15
    assert not arrived.alert


@pytest.mark.parametrize(
    "change",
    [
        {"people": True},
        {"observation_type": ObservationType.HUMAN},
        {"observation_type": ObservationType.VEHICLE},
    ],
    ids=["a person beside the leopard", "a person", "a vehicle"],
)
def test_a_person_or_a_vehicle_makes_it_an_alert_in_the_same_record(change: dict[str, Any]) -> None:
    record = encode_radio_sighting(condensed(replace(SIGHTING, **change), 41, ROSTER))
    assert decode_radio_sighting(record).alert
    assert len(record) == 32


def test_numbers_too_large_for_the_record_say_so_many_or_more() -> None:
    crowd = replace(SIGHTING, count=400, frame_count=90, vitals=Vitals(99_000, 900.0))
    arrived = decode_radio_sighting(encode_radio_sighting(condensed(crowd, 41)))
    assert (arrived.count, arrived.frame_count) == (31, 63)
    assert arrived.vitals == Vitals(40_940, 154.0)


def test_an_individual_outside_the_roster_is_someone_and_not_nobody() -> None:
    arrived = decode_radio_sighting(
        encode_radio_sighting(condensed(SIGHTING, 41, Roster.of(["Asel"])))
    )
    assert arrived.answer is not None
    assert arrived.answer.likenesses == (Likeness(None, 0.7), Likeness(0, 0.1))


def test_without_a_catalogue_the_record_is_8_bytes_shorter() -> None:
    assert len(encode_radio_sighting(condensed(SIGHTING, 41))) == 24
    nobody_asked = replace(SIGHTING, identities=(), not_in_catalogue=None)
    assert len(encode_radio_sighting(condensed(nobody_asked, 41, ROSTER))) == 24


def test_a_clock_that_was_not_set_sends_the_time_since_switching_on() -> None:
    unset = replace(SIGHTING, clock=ClockQuality.UNSET)
    by_uptime = condensed(unset, 41, uptime=Uptime(7, 86_400))
    assert decode_radio_sighting(encode_radio_sighting(by_uptime)).moment == Uptime(7, 86_400)
    assert condensed(SIGHTING, 41, uptime=Uptime(7, 86_400)).moment == SIGHTING.captured_at


@given(wide.moments)
def test_a_time_is_exact_to_the_millisecond_from_1970_to_2109(moment: datetime) -> None:
    sent = condensed(replace(SIGHTING, captured_at=moment), 41)
    arrived = decode_radio_sighting(encode_radio_sighting(sent)).moment
    first, last = some.EPOCH, some.EPOCH + timedelta(milliseconds=2**42 - 1)
    assert arrived == min(max(moment, first), last)


def test_the_radio_record_and_the_full_record_of_a_burst_find_each_other() -> None:
    record = decode_radio_sighting(encode_radio_sighting(condensed(SIGHTING, 41)))
    told = (record.reference, record.moment)
    assert is_of_burst(*told, SIGHTING.burst_id, SIGHTING.captured_at)
    assert not is_of_burst(*told, "ff" * 16, SIGHTING.captured_at)
    later = SIGHTING.captured_at + timedelta(milliseconds=1)
    assert not is_of_burst(*told, SIGHTING.burst_id, later)
    assert is_of_burst(record.reference, Uptime(7, 5), SIGHTING.burst_id, later)


@given(wide.burst_ids, wide.moments)
def test_each_burst_finds_its_own_record_whatever_its_time(burst_id: str, at: datetime) -> None:
    assert is_of_burst(reference_of(burst_id), at, burst_id, at)


@given(st.lists(wide.texts, max_size=9), wide.texts)
def test_a_roster_numbers_its_individuals_and_knows_itself_again(
    names: list[str], stranger: str
) -> None:
    roster = Roster.of(names)
    assert all(roster.name(roster.index(name)) == name for name in names)
    assert Roster.of(reversed(names)) == roster
    assert 0 <= roster.check < 2**14
    if stranger not in names:
        assert roster.index(stranger) is None
        assert Roster.of([*names, stranger]) != roster


def test_a_heartbeat_takes_its_numbers_from_the_station_s_counters() -> None:
    heartbeat = Heartbeat(
        station="ridge-2",
        sent_at=SIGHTING.captured_at,
        clock=ClockQuality.NTP,
        uptime_s=600,
        software="1.4.2.dev3",
        counters=(("blank_audited", 9), ("blank_dropped", 900), ("bursts", 1000)),
        outbox_items=12,
        unjudged_bursts=1,
        free_bytes=21_400_000_000,
        alarms=("card-full: no room for a burst", "a-new-one: who knows"),
        vitals=Vitals(12_760, 21.5, 18_200),
    )
    models = {"species": "s 2", "detector": "d 1"}
    arrived = decode_radio_heartbeat(
        encode_radio_heartbeat(condensed_heartbeat(heartbeat, 7, Uptime(3, 700), models, ROSTER))
    )
    assert (arrived.bursts, arrived.blanks_dropped, arrived.blanks_audited) == (1000, 900, 9)
    assert (arrived.audit_misses, arrived.errors) == (None, 0)
    assert arrived.software == (1, 4, 2)
    assert arrived.alarms == ("card-full", "other")
    assert arrived.free_bytes == 21_400_000_000 // 2**24 * 2**24
    assert arrived.solar_mv == 18_200
    assert (arrived.models, arrived.catalogue) == (models_check(models), ROSTER.check)
    assert arrived.anchor.uptime == Uptime(3, 700)


@each_record
@given(data=st.data())
def test_random_bytes_only_ever_raise_wire_error(record: str, data: st.DataObject) -> None:
    decodes_to_itself_or_is_refused(ENCODED[record][1], data.draw(st.binary(max_size=45)))


@each_record
@given(data=st.data())
def test_changed_bytes_only_ever_raise_wire_error(record: str, data: st.DataObject) -> None:
    strategy, decode = ENCODED[record]
    encoded = bytearray(data.draw(strategy))
    for _ in range(data.draw(st.integers(1, 4))):
        encoded[data.draw(st.integers(1, len(encoded) - 1))] = data.draw(st.integers(0, 255))
    decodes_to_itself_or_is_refused(decode, bytes(encoded))


@each_record
@given(data=st.data())
def test_every_other_length_is_refused(record: str, data: st.DataObject) -> None:
    strategy, decode = ENCODED[record]
    encoded = data.draw(strategy)
    with pytest.raises(WireError):
        decode(encoded + b"\x00")
    if record != "acknowledgement":
        with pytest.raises(WireError):
            decode(encoded[:-1])


@each_record
def test_a_later_version_is_told_from_damage_and_keeps_its_number(record: str) -> None:
    kinds = {
        "sighting": RecordKind.SIGHTING,
        "heartbeat": RecordKind.HEARTBEAT,
        "acknowledgement": RecordKind.ACKNOWLEDGEMENT,
    }
    with pytest.raises(UnknownRecord, match=f"{record}: version 2 is not known here") as refused:
        ENCODED[record][1](bytes((kinds[record] << 4 | 2, 0, 1, 44, 99)))
    assert refused.value.sequence == 300


def test_a_kind_that_is_not_known_is_told_from_damage() -> None:
    with pytest.raises(UnknownRecord, match="kind 7 is not known here") as refused:
        kind_of(bytes.fromhex("7100012c"))
    assert refused.value.sequence == 300
    with pytest.raises(UnknownRecord) as refused:
        kind_of(b"\x71\x00")
    assert refused.value.sequence is None
    with pytest.raises(WireError):
        kind_of(b"")


def decodes_to_itself_or_is_refused(decode: Callable[[bytes], Any], data: bytes) -> None:
    try:
        record = decode(data)
    except WireError:
        return
    again = encode_again(record)
    assert decode(again) == record
    # Alarms that have no name here yet are told as one.
    assert again == data or isinstance(record, RadioHeartbeat)
