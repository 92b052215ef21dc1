"""The effort log on the card: what was written stays readable, whatever a power cut tore."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edge.health.effort_file import LOG, MARK, EffortFile, read_lines, read_mark
from edge.health.effort_lines import Began, Ended, Guard, Span, Stamp, decode, encode
from edge.records import ClockQuality
from tests.health.effort_world import MEMORY

WRITTEN = [f"was {number}" for number in range(5)]
STAMPS = st.builds(
    Stamp, st.integers(0, 2**40), st.integers(-(2**45), 2**45), st.sampled_from(ClockQuality)
)
WORDS = st.from_regex(r"[a-z][a-z-]{0,20}", fullmatch=True)
LINES = st.one_of(
    st.builds(Began, st.integers(1, 2**16), st.from_regex("[0-9a-f]{8}", fullmatch=True), STAMPS),
    st.builds(
        Span, WORDS, st.integers(0, 2**40), STAMPS,
        st.dictionaries(st.from_regex("[a-z_]{1,16}", fullmatch=True), st.integers(1, 2**40)),
    ),
    st.builds(Ended, STAMPS, WORDS),
    st.builds(Guard, STAMPS, st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
)  # fmt: skip


@given(LINES)
def test_a_line_is_read_as_it_was_written(line):
    assert decode(encode(line)) == line


@given(st.one_of(st.text(), LINES.map(encode).map(lambda text: text[: len(text) // 2])))
def test_other_text_is_no_line_and_no_error(text):
    found = decode(text)
    assert found is None or decode(encode(found)) == found


@settings(max_examples=40)
@given(st.integers(0, 200), st.binary(max_size=40))
@example(0, b"\n\n\n")
def test_damage_costs_the_lines_it_hit_and_no_more(at, damage):
    with tempfile.TemporaryDirectory(dir=MEMORY) as name:
        folder = Path(name)
        EffortFile(folder).append(WRITTEN)
        data = bytearray((folder / LOG).read_bytes())
        line_bytes = len(data.rstrip(b"\0")) // len(WRITTEN)
        data[at : at + len(damage)] = damage
        (folder / LOG).write_bytes(data)
        found = read_lines(folder)
        assert set(found) <= set(WRITTEN)
        assert len(found) >= len(WRITTEN) - len(damage) // line_bytes - 2
        EffortFile(folder).append(["was 9"])
        assert read_lines(folder)[-1] == "was 9"


def test_a_line_that_a_power_cut_tore_does_not_spoil_the_next(tmp_path):
    EffortFile(tmp_path).append(WRITTEN)
    path = tmp_path / LOG
    data = path.read_bytes().rstrip(b"\0")
    path.write_bytes(data[:-4] + bytes(1000))
    EffortFile(tmp_path).append(["was 9"])
    assert read_lines(tmp_path) == [*WRITTEN[:-1], "was 9"]


def test_room_is_taken_before_the_card_is_full(tmp_path):
    file = EffortFile(tmp_path)
    file.append(["was 0"])
    size = (tmp_path / LOG).stat().st_size
    file.append(WRITTEN * 100)
    assert (tmp_path / LOG).stat().st_size == size


def test_a_torn_mark_leaves_the_one_before_it(tmp_path):
    file = EffortFile(tmp_path)
    for number in range(1, 6):
        file.mark(f"mark {number}", number)
    assert read_mark(tmp_path) == (5, "mark 5")
    path = tmp_path / MARK
    data = path.read_bytes()
    place = data.index(b"mark 5")
    path.write_bytes(data[: place + 3] + bytes(8) + data[place + 11 :])
    assert read_mark(tmp_path) == (4, "mark 4")


def test_a_mark_rewrites_its_place_and_never_grows_the_file(tmp_path):
    file = EffortFile(tmp_path)
    file.mark("first", 1)
    size = (tmp_path / MARK).stat().st_size
    for number in range(2, 50):
        file.mark("more and more", number)
    assert (tmp_path / MARK).stat().st_size == size


def test_a_card_that_takes_half_a_line_is_asked_again_until_it_has_all_of_it(tmp_path, monkeypatch):
    whole = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, at: whole(handle, data[:7], at))
    file = EffortFile(tmp_path)
    file.append(WRITTEN)
    file.mark("how far", 1)
    assert read_lines(tmp_path) == WRITTEN
    assert read_mark(tmp_path) == (1, "how far")


def test_what_the_card_refused_is_written_when_it_takes_it(tmp_path):
    file = EffortFile(tmp_path)
    (tmp_path / LOG).mkdir()
    with pytest.raises(OSError, match="directory"):
        file.append(["was 0"])
    (tmp_path / LOG).rmdir()
    file.append(["was 0"])
    assert read_lines(tmp_path) == ["was 0"]
