"""What an Iridium modem says, as bytes and lines."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.iridium_codes import DOCUMENTED, MtStatus, Outcome, mo_status
from firmware_bridge.iridium_frames import (
    MOST_MO_BYTES,
    MOST_MT_BYTES,
    SYSTEM_EPOCH,
    checksum,
    find_message,
    padding,
    parse_bars,
    parse_buffers,
    parse_session,
    parse_system_time,
    parse_traffic_wait_s,
)

_messages = st.binary(max_size=MOST_MT_BYTES)


def _answer(message: bytes) -> bytes:
    return len(message).to_bytes(2, "big") + message + checksum(message)


def test_the_checksum_is_that_of_the_reference() -> None:
    assert checksum(b"hello") == bytes.fromhex("0214")


def test_a_binary_answer_is_that_of_the_reference() -> None:
    answer = bytes.fromhex("000568656c6c6f0214")
    assert find_message(b"AT+SBDRB\r" + answer + b"\r\nOK\r\n") == (b"hello", 18)


def test_no_message_is_an_empty_one() -> None:
    assert find_message(bytes(4)) == (b"", 4)


@given(_messages, st.text("ATSBDRING+CIEV:0123456789\r\n", max_size=100), st.binary(max_size=20))
def test_a_message_is_found_behind_echo_and_unsolicited_lines(
    message: bytes, before: str, after: bytes
) -> None:
    prefix = before.encode()
    whole = prefix + _answer(message)
    assert find_message(whole + after) == (message, len(whole))


@given(_messages, st.data())
def test_a_message_that_is_still_arriving_is_waited_for(
    message: bytes, data: st.DataObject
) -> None:
    whole = _answer(message)
    some = data.draw(st.integers(0, len(whole) - 1))
    assert find_message(whole[:some]) is None


@given(_messages.filter(bool), st.data())
def test_a_message_with_another_byte_in_it_is_refused(message: bytes, data: st.DataObject) -> None:
    whole = bytearray(_answer(message))
    at = data.draw(st.integers(2, len(whole) - 1))
    whole[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FrameError):
        find_message(bytes(whole))


@given(st.binary(max_size=2000))
def test_any_bytes_are_a_message_or_nothing_yet_or_refused(noise: bytes) -> None:
    try:
        found = find_message(noise)
    except FrameError:
        return
    if found is None:
        assert len(noise) <= 256 + 2 + MOST_MT_BYTES + 2
    else:
        assert len(found[0]) <= MOST_MT_BYTES


def test_a_length_above_the_limit_is_refused_at_once() -> None:
    with pytest.raises(FrameError, match="271"):
        find_message((271).to_bytes(2, "big"))


@pytest.mark.parametrize("size", range(1, MOST_MO_BYTES + 1))
def test_padding_is_never_taken_for_a_message(size: int) -> None:
    taken = padding(size)
    assert len(taken) == size + 2
    assert checksum(taken[:size]) != taken[size:]


@pytest.mark.parametrize("name", ["+SBDIX", "+SBDIXA"])
def test_a_report_of_a_session_is_read(name: str) -> None:
    session = parse_session(f"{name}: 0, 65535, 1, 12, 270, 3")
    assert (session.mo_status, session.momsn, session.mt_status) == (0, 65535, MtStatus.RECEIVED)
    assert (session.mtmsn, session.mt_bytes, session.mt_queued) == (12, 270, 3)


def test_the_state_of_the_buffers_is_read() -> None:
    buffers = parse_buffers("+SBDSX: 1, 7, 0, -1, 1, 2")
    assert buffers.mo_loaded
    assert not buffers.mt_loaded
    assert (buffers.momsn, buffers.mtmsn, buffers.ring_alert, buffers.waiting) == (7, -1, True, 2)


@pytest.mark.parametrize("line", ["+CSQ:3", "+CSQF:3", "+CSQF: 3"])
def test_the_signal_is_read(line: str) -> None:
    assert parse_bars(line) == 3


def test_the_wait_that_the_network_wants_is_read() -> None:
    assert parse_traffic_wait_s("+SBDLOE: 0, 45") == 45.0


def test_a_wait_that_only_noise_can_have_said_is_an_hour_at_most() -> None:
    assert parse_traffic_wait_s("+SBDLOE: 0, 999999999") == 3600


def test_the_networks_time_counts_ticks_of_90_ms() -> None:
    assert parse_system_time("-MSSTM: a") == SYSTEM_EPOCH + timedelta(milliseconds=900)


def test_without_service_there_is_no_time() -> None:
    assert parse_system_time("-MSSTM: no network service") is None


@pytest.mark.parametrize(
    "line",
    [
        "+SBDIX: 0, 1, 0, 0, 0",
        "+SBDIX: 0, 1, 0, 0, 0, 0, 0",
        "+SBDIX: 0, 65536, 0, 0, 0, 0",
        "+SBDIX: 0, 1, 3, 0, 0, 0",
        "+SBDIX: , , , , , ",
        "+SBDIX: 0, 1, 0, 0, 0, x",
        "+SBDSX: 0, 1, 0, 0, 0, 0",
        "+SBDIX: 0, 1, 0, 0, 0, \u0661",
    ],
)
def test_a_garbled_report_is_refused(line: str) -> None:
    with pytest.raises(FrameError):
        parse_session(line)


@pytest.mark.parametrize(
    "parse", [parse_session, parse_buffers, parse_bars, parse_traffic_wait_s, parse_system_time]
)
@given(rest=st.text(max_size=60))
def test_any_line_is_read_or_refused(parse: object, rest: str) -> None:
    assert callable(parse)
    for name in ("+SBDIX:", "+SBDSX:", "+CSQF:", "+SBDLOE:", "-MSSTM:", ""):
        try:
            parse(name + rest)
        except FrameError:
            continue


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_the_gateway_has_the_message_after_these_codes(code: int) -> None:
    assert mo_status(code).outcome is Outcome.DELIVERED


@pytest.mark.parametrize("code", [5, 6, 7, 8, 9, *range(20, 32), *range(39, 64), 66, 99])
def test_a_reserved_code_is_a_failure_worth_another_try(code: int) -> None:
    assert mo_status(code).outcome is Outcome.RETRY


def test_every_documented_code_has_its_own_meaning() -> None:
    assert {status.code for status in DOCUMENTED} == {
        *range(0, 3),
        *range(10, 20),
        *range(32, 39),
        64,
        65,
    }
    assert len({status.meaning for status in DOCUMENTED}) == len(DOCUMENTED)
