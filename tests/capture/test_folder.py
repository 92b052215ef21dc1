"""The watched folder: each burst once, when it is whole, and nothing lost on the way."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.capture.folder import FolderSource
from edge.capture.listing import ListingError
from edge.records import Burst
from tests.capture.pictures import jpeg, lay

SETTLE_S = 2.0


class Clock:
    """The wall clock as the source reads it, a number of seconds away from the true one."""

    def __init__(self, monkeypatch) -> None:
        self.ahead_s = SETTLE_S + 1
        clock = SimpleNamespace(time=lambda: time.time() + self.ahead_s, sleep=time.sleep)
        monkeypatch.setattr("edge.capture.folder.time", clock)


@pytest.fixture
def clock(monkeypatch) -> Clock:
    return Clock(monkeypatch)


def watch(path: Path, consume: bool = False) -> FolderSource:
    return FolderSource(path, SETTLE_S, poll_s=0.0, consume=consume)


def take_all(source: FolderSource) -> list[Burst]:
    taken = []
    while (burst := source.next_burst(0)) is not None:
        source.done_with(burst)
        taken.append(burst)
    return taken


def test_a_burst_is_given_once(clock, tmp_path):
    lay(tmp_path / "a" / "1.jpg")
    source = watch(tmp_path)
    assert len(take_all(source)) == 1
    assert take_all(source) == []
    assert not source.exhausted


def test_a_burst_that_is_still_being_written_is_left_alone(clock, tmp_path):
    lay(tmp_path / "a" / "1.jpg")
    clock.ahead_s = 0
    source = watch(tmp_path)
    assert take_all(source) == []
    clock.ahead_s = SETTLE_S + 1
    assert len(take_all(source)) == 1


def test_one_young_frame_holds_its_burst_but_no_other(clock, monkeypatch, tmp_path):
    for name in ("old/1.jpg", "mixed/old.jpg", "mixed/young.jpg"):
        lay(tmp_path / name)
    now = time.time() + clock.ahead_s
    age_s = {"young.jpg": SETTLE_S / 2}
    monkeypatch.setattr(  # the time of a change cannot be set on a real file
        "edge.capture.folder._changed_at", lambda path: now - age_s.get(path.name, SETTLE_S + 1)
    )
    source = watch(tmp_path)
    assert [len(burst.frames) for burst in take_all(source)] == [1]
    age_s.clear()
    assert [len(burst.frames) for burst in take_all(source)] == [2]


def test_a_clock_set_back_does_not_hold_a_burst_for_years(clock, tmp_path):
    lay(tmp_path / "a" / "1.jpg")
    clock.ahead_s = -3600.0
    assert len(take_all(watch(tmp_path))) == 1


def test_a_burst_that_comes_later_is_given_later(clock, tmp_path):
    source = watch(tmp_path)
    assert take_all(source) == []
    lay(tmp_path / "a" / "1.jpg")
    assert len(take_all(source)) == 1
    lay(tmp_path / "b" / "1.jpg", jpeg(shade=1))
    assert len(take_all(source)) == 1


def test_pictures_that_are_written_anew_are_a_new_burst(clock, tmp_path):
    path = lay(tmp_path / "a" / "1.jpg")
    source = watch(tmp_path)
    [first] = take_all(source)
    path.unlink()
    time.sleep(0.02)  # a new file, at a later moment of the file system's coarse clock
    lay(path, jpeg(shade=1))
    [second] = take_all(source)
    assert first.burst_id != second.burst_id


def test_a_folder_that_is_not_mounted_yet_is_waited_for(clock, tmp_path):
    source = watch(tmp_path / "card")
    assert take_all(source) == []
    lay(tmp_path / "card" / "a" / "1.jpg")
    assert len(take_all(source)) == 1


def test_a_table_that_cannot_be_read_is_told_and_mended(clock, tmp_path):
    lay(tmp_path / "1.jpg")
    table = tmp_path / "bursts.csv"
    table.write_text("name,group\n1.jpg,a\n")
    source = watch(tmp_path)
    with pytest.raises(ListingError, match="needs the columns"):
        source.next_burst(0)
    table.write_text("file,burst\n1.jpg,a\n")
    assert len(take_all(source)) == 1


class TestLeaving:
    def test_without_consume_the_files_stay(self, clock, tmp_path):
        path = lay(tmp_path / "a" / "1.jpg")
        take_all(watch(tmp_path))
        assert path.exists()

    def test_after_a_restart_a_burst_has_the_id_by_which_the_spool_knows_it(self, clock, tmp_path):
        lay(tmp_path / "a" / "1.jpg")
        [before], [after] = take_all(watch(tmp_path)), take_all(watch(tmp_path))
        assert before.burst_id == after.burst_id


class TestConsuming:
    def test_files_stay_until_the_burst_is_durable(self, clock, tmp_path):
        path = lay(tmp_path / "a" / "1.jpg")
        source = watch(tmp_path, consume=True)
        burst = source.next_burst(0)
        assert path.exists()
        source.done_with(burst)
        assert not path.exists()

    def test_only_the_files_of_that_burst_go(self, clock, tmp_path):
        lay(tmp_path / "a" / "1.jpg")
        other, notes = lay(tmp_path / "b" / "1.jpg", jpeg(shade=1)), lay(tmp_path / "a" / "x.txt")
        source = watch(tmp_path, consume=True)
        source.done_with(source.next_burst(0))
        assert other.exists()
        assert notes.exists()

    def test_a_file_that_could_not_be_read_stays(self, clock, tmp_path):
        good = lay(tmp_path / "1.jpg")
        unreadable = tmp_path / "2.jpg"
        unreadable.symlink_to(tmp_path / "not mounted")
        (tmp_path / "bursts.csv").write_text("file,burst\n1.jpg,a\n2.jpg,a\n")
        source = watch(tmp_path, consume=True)
        source.done_with(source.next_burst(0))
        assert not good.exists()
        assert unreadable.is_symlink()

    def test_a_table_whose_pictures_are_consumed_names_no_burst_any_more(self, clock, tmp_path):
        lay(tmp_path / "1.jpg")
        (tmp_path / "bursts.csv").write_text("file,burst\n1.jpg,a\n")
        source = watch(tmp_path, consume=True)
        assert len(take_all(source)) == 1
        assert take_all(source) == []
        assert take_all(watch(tmp_path, consume=True)) == []

    def test_a_burst_that_was_never_given_is_not_touched(self, clock, tmp_path):
        path = lay(tmp_path / "a" / "1.jpg")
        source = watch(tmp_path, consume=True)
        source.done_with(take_all(watch(tmp_path))[0])
        assert path.exists()


def test_a_table_laid_down_before_its_pictures_waits_for_them(clock, tmp_path):
    (tmp_path / "bursts.csv").write_text("file,burst\n1.jpg,a\n")
    source = watch(tmp_path)
    assert take_all(source) == []
    lay(tmp_path / "1.jpg")
    [burst] = take_all(source)
    assert burst.frames[0].fault is None


def test_a_name_that_is_not_unicode_is_given_and_consumed(clock, tmp_path):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\n.jpg"))
    lay(path)
    assert len(take_all(watch(tmp_path, consume=True))) == 1
    assert not path.exists()


def test_a_closed_source_gives_nothing_that_it_had_in_store(clock, tmp_path):
    lay(tmp_path / "a" / "1.jpg")
    lay(tmp_path / "b" / "1.jpg", jpeg(shade=1))
    source = watch(tmp_path)
    assert source.next_burst(0) is not None
    source.close()
    assert source.next_burst(0) is None
