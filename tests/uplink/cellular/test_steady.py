"""Evidence is sealed to the same bytes each time, and opens as any other message."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.security.envelope import open_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.cellular.steady import seal_steadily

BASECAMP = BasecampKey.generate()
STATION = StationKey.generate()


@given(st.binary(max_size=500))
def test_the_same_message_is_the_same_bytes_and_opens(body: bytes) -> None:
    sealed = seal_steadily(body, STATION, BASECAMP.token)
    assert sealed == seal_steadily(body, STATION, BASECAMP.token)
    assert len(sealed) == len(body) + 113
    assert open_message(sealed, BASECAMP, lambda _: STATION.token.verify) == body


def test_nothing_of_it_is_shared_with_another_message_station_or_basecamp() -> None:
    other = BasecampKey.generate().token
    made = [
        seal_steadily(b"one", STATION, BASECAMP.token),
        seal_steadily(b"two", STATION, BASECAMP.token),
        seal_steadily(b"one", StationKey.generate(), BASECAMP.token),
        seal_steadily(b"one", STATION, other),
    ]
    assert len({sealed[1:33] for sealed in made}) == len(made)
