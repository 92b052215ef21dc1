"""What goes on the radio, as hypothesis draws it: everything the records can tell, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from edge.records import ClockQuality, ObservationType, Side, Vitals
from edge.wire.air.acknowledgement import RadioAcknowledgement
from edge.wire.air.answer import Answer, Likeness
from edge.wire.air.frame import Number
from edge.wire.air.heartbeat import ALARMS, FREE_UNIT_BYTES, RadioHeartbeat
from edge.wire.air.moment import Uptime
from edge.wire.air.sighting import RadioSighting
from tests.wire.strategies import permille

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

sequences = st.integers(0, 2**24 - 1)
numbers = st.builds(Number, key_id=st.integers(0, 63), counter=st.integers(0, 2**24 - 1))
moments = st.integers(0, 2**42 - 1).map(lambda ms: EPOCH + timedelta(milliseconds=ms))
uptimes = st.builds(Uptime, boot=st.integers(0, 2**16 - 1), seconds=st.integers(0, 2**26 - 1))
clocked = st.one_of(
    st.tuples(moments, st.sampled_from(ClockQuality)),
    st.tuples(uptimes, st.just(ClockQuality.UNSET)),
)
voltages = st.none() | st.integers(0, 4094).map(lambda steps: steps * 10)
vitals = st.builds(
    Vitals,
    battery_mv=voltages,
    temperature_c=st.none() | st.integers(-100, 154).map(float),
)
likenesses = st.builds(Likeness, index=st.none() | st.integers(0, 1021), score=permille)
answers = st.builds(
    Answer,
    catalogue=st.integers(0, 2**14 - 1),
    likenesses=st.lists(likenesses, max_size=2).map(tuple),
    nobody=st.none() | permille,
)


@st.composite
def sightings(draw: st.DrawFn) -> RadioSighting:
    moment, clock = draw(clocked)
    return draw(
        st.builds(
            RadioSighting,
            sequence=sequences,
            reference=st.binary(min_size=4, max_size=4),
            moment=st.just(moment),
            clock=st.just(clock),
            observation_type=st.sampled_from(ObservationType),
            target=st.booleans(),
            people=st.booleans(),
            alert=st.booleans(),
            doubtful=st.booleans(),
            pictures=st.integers(0, 15),
            count=st.integers(0, 31),
            side=st.sampled_from(Side),
            frame_count=st.integers(0, 63),
            quality=permille,
            target_score=permille,
            species=st.integers(0, 255),
            species_score=permille,
            vitals=vitals,
            answer=st.none() | answers,
        )
    )


NAMED = [*ALARMS, "other"]
heartbeats = st.builds(
    RadioHeartbeat,
    sequence=sequences,
    sent_at=st.integers(0, 2**32 - 1).map(lambda s: EPOCH + timedelta(seconds=s)),
    clock=st.sampled_from(ClockQuality),
    boot=st.integers(0, 2**16 - 1),
    uptime_s=st.integers(0, 2**26 - 1),
    vitals=vitals,
    solar_mv=voltages,
    free_bytes=st.integers(0, 2**16 - 1).map(lambda units: units * FREE_UNIT_BYTES),
    outbox_items=st.integers(0, 2**14 - 1),
    unjudged_bursts=st.integers(0, 2**12 - 1),
    bursts=st.integers(0, 2**22 - 1),
    blanks_dropped=st.integers(0, 2**22 - 1),
    blanks_audited=st.integers(0, 2**12 - 1),
    audit_misses=st.none() | st.integers(0, 2**12 - 2),
    errors=st.integers(0, 2**12 - 1),
    alarms=st.sets(st.sampled_from(NAMED)).map(lambda names: tuple(sorted(names, key=NAMED.index))),
    software=st.tuples(st.integers(0, 15), st.integers(0, 31), st.integers(0, 31)),
    models=st.integers(0, 2**10 - 1),
    catalogue=st.integers(0, 2**14 - 1),
)
acknowledgements = st.builds(
    RadioAcknowledgement,
    key_id=st.integers(0, 63),
    sequences=(
        st.sets(sequences, min_size=1, max_size=30) | st.sets(st.integers(5000, 5272), min_size=1)
    ).map(lambda numbers: tuple(sorted(numbers))),
)
