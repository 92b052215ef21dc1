"""Messages and acknowledgements: only the right recipient opens, only the right sender passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.public import SealedBox

from edge.security.envelope import (
    open_acknowledgement,
    open_message,
    seal_message,
    seal_steadily,
    sign_acknowledgement,
)
from edge.security.errors import SealError, SignatureError
from edge.security.keys import BasecampKey, StationKey

STATION, OTHER_STATION = StationKey.generate(), StationKey.generate()
CAMP, OTHER_CAMP = BasecampKey.generate(), BasecampKey.generate()
BODY = b"what was seen"


def known(_body: bytes):
    return STATION.token.verify


@given(st.binary(max_size=300))
def test_basecamp_opens_what_its_station_sealed_and_it_costs_113_bytes(body):
    sealed = seal_message(body, STATION, CAMP.token)
    assert open_message(sealed, CAMP, known) == body
    assert len(sealed) == len(body) + 113


def test_a_message_for_another_basecamp_does_not_open():
    with pytest.raises(SealError, match="damaged or sealed to another basecamp key"):
        open_message(seal_message(BODY, STATION, OTHER_CAMP.token), CAMP, known)


def test_a_message_signed_by_another_station_is_refused():
    with pytest.raises(SignatureError):
        open_message(seal_message(BODY, OTHER_STATION, CAMP.token), CAMP, known)


def test_a_message_resealed_by_its_recipient_for_another_is_refused():
    opened = SealedBox(CAMP.unseal).decrypt(seal_message(BODY, STATION, CAMP.token)[1:])
    passed_on = b"\x01" + SealedBox(OTHER_CAMP.token.seal).encrypt(opened)
    with pytest.raises(SignatureError):
        open_message(passed_on, OTHER_CAMP, known)


def test_a_changed_body_is_refused():
    opened = SealedBox(CAMP.unseal).decrypt(seal_message(BODY, STATION, CAMP.token)[1:])
    forged = b"\x01" + SealedBox(CAMP.token.seal).encrypt(opened + b"!")
    with pytest.raises(SignatureError):
        open_message(forged, CAMP, known)


@pytest.mark.parametrize("size", [0, 1, 63, 64])
def test_a_box_too_small_for_a_signature_is_refused(size):
    short = b"\x01" + SealedBox(CAMP.token.seal).encrypt(bytes(size))
    with pytest.raises(SignatureError):
        open_message(short, CAMP, known)


@pytest.mark.parametrize("version", [b"", b"\x00", b"\x02"])
def test_a_message_of_another_version_is_named(version):
    sealed = version + seal_message(BODY, STATION, CAMP.token)[1:]
    if not version:
        sealed = b""
    with pytest.raises(SealError, match=r"message version .* is not known here"):
        open_message(sealed, CAMP, known)


def test_who_is_not_enrolled_is_refused_by_the_lookup():
    def nobody(_body: bytes):
        raise SignatureError("not enrolled")

    with pytest.raises(SignatureError, match="not enrolled"):
        open_message(seal_message(BODY, STATION, CAMP.token), CAMP, nobody)


@given(st.data())
def test_a_damaged_message_only_ever_raises_seal_error(data):
    sealed = bytearray(seal_message(BODY, STATION, CAMP.token))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealError):
        open_message(bytes(sealed), CAMP, known)


@given(st.binary(max_size=200), st.booleans())
def test_random_bytes_only_ever_raise_seal_error(data, versioned):
    data = b"\x01" + data if versioned else data
    with pytest.raises(SealError):
        open_message(data, CAMP, known)
    with pytest.raises(SealError):
        open_acknowledgement(data, "ridge-2", CAMP.token)


def test_a_message_cut_anywhere_is_refused():
    sealed = seal_message(BODY, STATION, CAMP.token)
    for size in range(len(sealed)):
        with pytest.raises(SealError):
            open_message(sealed[:size], CAMP, known)


@given(st.binary(max_size=300))
def test_a_station_takes_the_acknowledgement_of_its_basecamp(body):
    acknowledgement = sign_acknowledgement(body, "ridge-2", CAMP)
    assert open_acknowledgement(acknowledgement, "ridge-2", CAMP.token) == body
    assert len(acknowledgement) == len(body) + 65


def test_an_acknowledgement_for_another_station_is_refused():
    acknowledgement = sign_acknowledgement(BODY, "ridge-2", CAMP)
    for other in ("ridge-3", "ridge-", "ridge-22", ""):
        with pytest.raises(SignatureError):
            open_acknowledgement(acknowledgement, other, CAMP.token)


def test_an_acknowledgement_by_another_basecamp_is_refused():
    with pytest.raises(SignatureError):
        open_acknowledgement(sign_acknowledgement(BODY, "a", OTHER_CAMP), "a", CAMP.token)


def test_an_acknowledgement_cut_or_changed_anywhere_is_refused():
    good = sign_acknowledgement(BODY, "ridge-2", CAMP)
    damaged = [good[:size] for size in range(len(good))]
    damaged += [good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :] for i in range(len(good))]
    for bad in damaged:
        with pytest.raises(SealError):
            open_acknowledgement(bad, "ridge-2", CAMP.token)


def test_a_station_name_cannot_reach_into_the_body_it_is_signed_with():
    """ "a" acknowledging "b..." and "ab" acknowledging "..." are signed differently."""
    acknowledgement = sign_acknowledgement(b"bc", "a", CAMP)
    moved = acknowledgement[:65] + acknowledgement[66:]
    with pytest.raises(SignatureError):
        open_acknowledgement(moved, "ab", CAMP.token)


@given(st.binary(max_size=500))
def test_what_is_sealed_steadily_is_the_same_bytes_each_time_and_opens(body):
    sealed = seal_steadily(body, STATION, CAMP.token)
    assert sealed == seal_steadily(body, STATION, CAMP.token)
    assert len(sealed) == len(body) + 113
    assert open_message(sealed, CAMP, known) == body


def test_a_steady_seal_shares_its_key_with_no_other_message_station_or_basecamp():
    made = [
        seal_steadily(b"one", STATION, CAMP.token),
        seal_steadily(b"two", STATION, CAMP.token),
        seal_steadily(b"one", OTHER_STATION, CAMP.token),
        seal_steadily(b"one", STATION, OTHER_CAMP.token),
    ]
    assert len({sealed[1:33] for sealed in made}) == len(made)
