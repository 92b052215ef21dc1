"""The write log says what the card was told, or that it cannot be replayed."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.power_cuts.write_log import MAGIC, SECTOR, BadLog, Entry, count, parse

ENTRIES = st.lists(
    st.builds(
        Entry,
        st.integers(0, 2**40).map(lambda sector: sector * SECTOR),
        st.binary(max_size=4).map(lambda data: data * SECTOR),
        st.booleans(),
        st.booleans(),
    ),
    max_size=8,
)


def written(entries: list[Entry], promised: int | None = None) -> bytes:
    """A log as QEMU writes it; ``promised`` is what its superblock says of its length."""
    length = len(entries) if promised is None else promised
    log = struct.pack("<QQQI", MAGIC, 1, length, SECTOR).ljust(SECTOR, b"\0")
    for entry in entries:
        flags = entry.flush | entry.fua << 1
        header = (entry.offset // SECTOR, len(entry.data) // SECTOR, flags, 0)
        log += struct.pack("<QQQQ", *header).ljust(SECTOR, b"\0") + entry.data
    return log


@given(ENTRIES)
def test_entries_come_back_as_they_were_written(entries: list[Entry]) -> None:
    assert parse(written(entries)) == entries


@given(ENTRIES.filter(bool), st.data())
def test_a_log_that_ends_too_early_is_refused(entries: list[Entry], data: st.DataObject) -> None:
    whole = written(entries)
    with pytest.raises(BadLog):
        parse(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.binary(max_size=3 * SECTOR))
def test_other_bytes_are_refused(noise: bytes) -> None:
    with pytest.raises(BadLog):
        parse(noise)


def test_a_discard_is_refused() -> None:
    log = bytearray(written([Entry()]))
    log[SECTOR + 16] = 4
    with pytest.raises(BadLog, match="no write and no flush"):
        parse(bytes(log))


def test_the_position_is_what_the_superblock_counts(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(written([Entry(), Entry()], promised=1))
    assert count(log) == 1
    assert parse(log.read_bytes()) == [Entry()]
