"""Lines of a Notecard, their checksums, their codes, and what a sync's status means."""

from __future__ import annotations

import binascii
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.errors import FrameError
from firmware_bridge.notecard_codes import DOCUMENTED, Advice, gravest, tags
from firmware_bridge.notecard_json import decode, encode
from firmware_bridge.notecard_sync import judge_sync

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
_STATUS_FIELDS = ("status", "err", "alert", "sync", "completed", "requested", "seconds")
_fields = st.dictionaries(st.text().filter(lambda name: name != "crc"), _values, max_size=5)


def test_the_checksum_covers_the_line_as_it_would_be_without_it() -> None:
    # What note-python 2.5.1 computes for {"req":"card.version"}.
    assert encode({"req": "card.version"}, 0x1A) == (
        b'{"req":"card.version","crc":"001A:9295BAB2"}\n'
    )


@given(_fields, st.none() | st.integers(0, 0xFFFF))
def test_a_line_is_read_as_it_was_written(fields: dict[str, Any], sequence: int | None) -> None:
    line = decode(encode(fields, sequence))
    assert line.fields == fields
    assert line.sequence == sequence


@given(_fields, st.integers(0, 0xFFFF), st.data())
def test_a_line_with_another_bit_in_it_never_passes_for_what_was_sent(
    fields: dict[str, Any], sequence: int, data: st.DataObject
) -> None:
    raw = bytearray(encode(fields, sequence))
    raw[data.draw(st.integers(0, len(raw) - 2))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        line = decode(bytes(raw))
    except FrameError:
        return
    # The checksum field itself was hit: its number is another, its digits changed their case,
    # or it is no checksum any more.
    assert line.sequence != sequence or line.fields == fields


@given(st.binary(max_size=300))
def test_any_bytes_are_a_line_or_refused(noise: bytes) -> None:
    try:
        line = decode(noise)
    except FrameError:
        return
    assert isinstance(line.fields, dict)


@pytest.mark.parametrize(
    "line", [b"", b"[]", b"1", b"nil", b"{", b"[" * 100_000, b'{"a":' * 100_000, b"\xff{}"]
)
def test_what_is_no_object_is_refused(line: bytes) -> None:
    with pytest.raises(FrameError):
        decode(line)


def test_a_number_that_json_would_shorten_does_not_break_the_checksum() -> None:
    text = b'{"a":10.11111111111111123445522123}'
    raw = text[:-1] + b',"crc":"0001:%08x"}' % binascii.crc32(text)
    assert decode(raw).sequence == 1


def test_codes_are_the_names_in_braces() -> None:
    assert tags("sync failed {sync-error} {network}") == ("sync-error", "network")
    assert tags("nothing {} {Not this} {x") == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("garbled {io}", "io"),
        ("unknown request {not-supported}{io}", "not-supported"),
        ("binary {bad-bin}{io}", "bad-bin"),
        ("waiting {network-down} {device-delay-15}", "device-delay-15"),
        ("{auth} {network}", "auth"),
    ],
)
def test_of_several_codes_the_gravest_counts(text: str, name: str) -> None:
    tag = gravest(text)
    assert tag is not None
    assert tag.name == name


@given(st.text())
def test_any_text_has_codes_or_none(text: str) -> None:
    tag = gravest(text)
    assert tag is None or tag.name in text


def test_every_code_that_passes_by_itself_says_how_long_to_wait() -> None:
    for tag in DOCUMENTED.values():
        assert (tag.wait_s > 0) == (tag.advice is Advice.WAIT), tag.name


def test_a_sync_is_over_when_its_end_is_younger_than_its_request() -> None:
    done = {"status": "completed {sync-end}", "requested": 40, "completed": 3}
    assert judge_sync(done).over
    assert not judge_sync({**done, "completed": 1648}).over
    assert not judge_sync({"status": "starting {sync-begin}", "requested": 1}).over
    assert not judge_sync({**done, "status": "{sync-get-local-changes}"}).over


def test_a_sync_that_leaves_notes_behind_is_not_over() -> None:
    assert not judge_sync(
        {"status": "{sync-end}", "requested": 9, "completed": 1, "sync": True}
    ).over


def test_the_first_second_of_a_request_is_not_taken_for_the_end_of_an_older_one() -> None:
    assert not judge_sync({"status": "completed {sync-end}", "completed": 1}).over


def test_a_sync_that_failed_names_its_code() -> None:
    status = {"status": "failed {host-unreachable}", "alert": True, "requested": 30}
    assert judge_sync(status).failure == "host-unreachable"


def test_an_alert_without_a_code_is_a_failed_sync() -> None:
    status = {"status": "{sync-end}", "alert": True, "requested": 30, "completed": 2}
    assert judge_sync(status).failure == "sync-error"


def test_a_penalty_is_a_failure_that_says_how_long() -> None:
    progress = judge_sync({"status": "waiting {network-down}", "seconds": 300})
    assert (progress.failure, progress.penalty_s) == ("network-down", 300)


@given(
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(
            ("status", "err", "alert", "sync", "completed", "requested", "seconds"), _values
        ),
    )
)
def test_any_reply_is_judged(reply: dict[str, Any]) -> None:
    progress = judge_sync(json.loads(json.dumps(reply)))
    assert progress.penalty_s >= 0
    assert progress.failure is None or progress.over


@pytest.mark.parametrize("seconds", [1e9, float("inf"), 10**400], ids=["long", "inf", "huge"])
def test_a_penalty_that_only_noise_can_have_said_is_a_day_at_most(seconds: float) -> None:
    assert judge_sync({"status": "{network-down}", "seconds": seconds}).penalty_s == 86_400
