"""An acknowledgement and a want share a downlink."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.answers import fits, joined, parted
from edge.wire.air.fragments import CropName
from edge.wire.air.kinds import LARGEST_RECORD_BYTES, UnknownRecord
from edge.wire.air.want import Want, Wanted, encode_want
from edge.wire.errors import WireError

(ACKNOWLEDGEMENT,) = encode_radio_acknowledgements(RadioAcknowledgement(3, (7, 9)))
WANT = encode_want(Want(tuple(Wanted(slot, CropName(b"burs", 0)) for slot in range(4))))

records = st.binary(min_size=1, max_size=20).filter(lambda record: record[0] >> 4 != 10)


@given(st.lists(records, min_size=1, max_size=4).filter(fits))
def test_what_was_joined_comes_apart_again(made: list[bytes]) -> None:
    content = joined(made)
    assert len(content) <= LARGEST_RECORD_BYTES
    assert parted(content) == made


def test_an_acknowledgement_and_four_wishes_fit_the_slowest_data_rate() -> None:
    assert fits([ACKNOWLEDGEMENT, WANT])
    assert parted(joined([ACKNOWLEDGEMENT, WANT])) == [ACKNOWLEDGEMENT, WANT]


def test_a_lone_record_goes_as_it_is() -> None:
    assert joined([WANT]) == WANT
    assert parted(WANT) == [WANT]


@given(st.binary(max_size=LARGEST_RECORD_BYTES))
def test_any_bytes_come_apart_or_are_an_error(data: bytes) -> None:
    try:
        found = parted(data)
    except WireError:
        return
    assert found == [data] or joined(found) == data


@pytest.mark.parametrize(
    "damaged",
    [
        b"\xa1",
        b"\xa1\x01\x81",  # one alone
        b"\xa1\x00\x01\x81",  # nothing
        b"\xa1\x01\x81\x02\x81",  # cut off
        b"\xa1\x01\x81\x01\xa1",  # answers within answers
    ],
)
def test_damaged_answers_are_refused_as_a_whole(damaged: bytes) -> None:
    with pytest.raises(WireError):
        parted(damaged)


def test_answers_of_a_later_version_are_told_from_damage() -> None:
    with pytest.raises(UnknownRecord, match="version 2"):
        parted(b"\xa2\x01\x81\x01\x81")


@pytest.mark.parametrize("unfit", [[], [b""], [bytes(20), bytes(20)]])
def test_nothing_and_too_much_cannot_be_joined(unfit: list[bytes]) -> None:
    with pytest.raises(ValueError, match="at most 39 bytes"):
        joined(unfit)
