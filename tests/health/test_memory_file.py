"""A small value in a file of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.health.memory_file import MemoryFile


def test_what_was_saved_is_there_for_the_next_process(tmp_path: Path) -> None:
    MemoryFile(tmp_path / "starts").save(b"one")
    MemoryFile(tmp_path / "starts").save(b"two")
    assert MemoryFile(tmp_path / "starts").load() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["starts"]


def test_before_anything_was_saved_there_is_nothing(tmp_path: Path) -> None:
    assert MemoryFile(tmp_path / "starts").load() is None
    assert MemoryFile(tmp_path / "no folder" / "starts").load() is None


def test_what_a_cut_left_of_the_last_save_does_not_count(tmp_path: Path) -> None:
    memory = MemoryFile(tmp_path / "starts")
    memory.save(b"whole")
    (tmp_path / "starts.new").write_bytes(b"ha")
    assert memory.load() == b"whole"
    memory.save(b"next")
    assert memory.load() == b"next"


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        MemoryFile(tmp_path / "starts").save(b"one")
    finally:
        os.umask(before)
    assert (tmp_path / "starts").stat().st_mode & 0o777 == 0o600


def test_a_folder_that_takes_nothing_is_an_error_and_what_was_saved_stays(tmp_path: Path) -> None:
    memory = MemoryFile(tmp_path / "starts")
    memory.save(b"one")
    (tmp_path / "starts.new").mkdir()  # stands in the way, for root too
    with pytest.raises(OSError):
        memory.save(b"two")
    assert memory.load() == b"one"
