"""The watched folder: each burst once, when it is whole, and nothing lost on the way."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.capture import exif
from edge.capture.folder import FolderGone, FolderSource
from edge.capture.listing import BURST_GAP_S, ListingError
from edge.records import Burst
from tests.capture.pictures import jpeg, lay

SETTLE_S = 6.0


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


def test_a_folder_that_is_gone_is_told_once_and_waited_for(clock, tmp_path):
    source = watch(tmp_path / "card")
    for _ in range(2):
        with pytest.raises(FolderGone, match=r"card is gone; mount it or make it again"):
            source.next_burst(0)
        assert take_all(source) == []
        lay(tmp_path / "card" / "a" / "1.jpg", jpeg(shade=1))
        assert len(take_all(source)) == 1
        shutil.rmtree(tmp_path / "card")


def test_an_empty_folder_is_quiet(clock, tmp_path):
    assert take_all(watch(tmp_path)) == []


def test_a_card_that_is_taken_out_and_put_back_gives_nothing_twice(clock, tmp_path):
    lay(tmp_path / "card" / "a" / "1.jpg")
    source = watch(tmp_path / "card")
    assert len(take_all(source)) == 1
    (tmp_path / "card").rename(tmp_path / "out")
    with pytest.raises(FolderGone):
        source.next_burst(0)
    (tmp_path / "out").rename(tmp_path / "card")
    assert take_all(source) == []


def test_late_pictures_of_a_burst_are_given_without_those_before(clock, tmp_path):
    lay(tmp_path / "a" / "1.jpg")
    source = watch(tmp_path)
    take_all(source)
    lay(tmp_path / "a" / "2.jpg", jpeg(shade=1))
    [late] = take_all(source)
    assert [frame.data for frame in late.frames] == [jpeg(shade=1)]
    assert take_all(source) == []


def test_no_burst_is_given_while_a_picture_may_still_join_it(clock, tmp_path):
    lay(tmp_path / "1.jpg", jpeg("2025:11:02 12:00:00"))
    clock.ahead_s = BURST_GAP_S - 1
    source = FolderSource(tmp_path, settle_s=0.1, poll_s=0.0)
    assert take_all(source) == []
    lay(tmp_path / "2.jpg", jpeg("2025:11:02 12:00:04"))
    clock.ahead_s = BURST_GAP_S + 1
    assert [len(burst.frames) for burst in take_all(source)] == [2]


def test_a_picture_that_did_not_change_is_not_read_at_every_poll(clock, monkeypatch, tmp_path):
    read: list[Path] = []
    facts = exif.read_facts
    monkeypatch.setattr(exif, "read_facts", lambda path: (read.append(path), facts(path))[1])
    path = lay(tmp_path / "1.jpg")
    source = watch(tmp_path)
    for _ in range(3):
        take_all(source)
    assert read == [path]


def test_a_table_that_is_wrong_stops_no_subfolder_and_is_told_once(clock, tmp_path):
    lay(tmp_path / "sub" / "1.jpg")
    (tmp_path / "bursts.csv").write_text("wrong\n")
    source = watch(tmp_path)
    assert source.next_burst(0) is not None
    with pytest.raises(ListingError, match="needs the columns"):
        source.next_burst(0)
    assert source.next_burst(0) is None


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

    def test_the_folders_that_this_empties_go_but_not_the_watched_one(self, clock, tmp_path):
        lay(tmp_path / "in" / "day" / "a" / "1.jpg")
        lay(tmp_path / "in" / "loose.jpg", jpeg(shade=1))
        assert len(take_all(watch(tmp_path / "in", consume=True))) == 2
        assert list(tmp_path.rglob("*")) == [tmp_path / "in"]

    def test_the_rest_of_a_table_s_burst_comes_without_faults_for_what_was_consumed(
        self, clock, tmp_path
    ):
        (tmp_path / "bursts.csv").write_text("file,burst\n1.jpg,a\n2.jpg,a\n")
        lay(tmp_path / "1.jpg")
        source = watch(tmp_path, consume=True)
        assert len(take_all(source)) == 1
        lay(tmp_path / "2.jpg", jpeg(shade=1))
        [late] = take_all(source)
        assert [frame.fault for frame in late.frames] == [None]

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
