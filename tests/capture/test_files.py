"""From files to a burst, as a camera would have handed it over."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.capture.files import read_burst
from edge.capture.listing import BurstFiles, PictureFile, list_bursts
from edge.capture.replay import ReplaySource
from edge.records import ClockQuality
from tests.capture.pictures import jpeg, lay

NOON = datetime(2025, 11, 2, 12, tzinfo=UTC)


def burst_of(root: Path, *pictures: PictureFile) -> BurstFiles:
    return BurstFiles("burst", root, pictures)


def test_frames_are_the_untouched_files(tmp_path):
    data = [jpeg(shade=shade) for shade in (10, 20)]
    files = [PictureFile(lay(tmp_path / f"{i}.jpg", d)) for i, d in enumerate(data)]
    assert [frame.data for frame in read_burst(burst_of(tmp_path, *files)).frames] == data


def test_the_time_of_the_table_counts_more_than_that_of_exif(tmp_path):
    path = lay(tmp_path / "1.jpg", jpeg("2001:01:01 00:00:00"))
    burst = read_burst(burst_of(tmp_path, PictureFile(path, NOON)))
    assert (burst.captured_at, burst.clock) == (NOON, ClockQuality.RTC)


def test_the_time_of_exif_counts_more_than_that_of_the_file(tmp_path):
    path = lay(tmp_path / "1.jpg", jpeg("2025:11:02 12:00:00"))
    os.utime(path, (0, 0))
    burst = read_burst(burst_of(tmp_path, PictureFile(path)))
    assert (burst.captured_at, burst.clock) == (NOON, ClockQuality.RTC)


def test_a_time_from_the_file_alone_is_marked_as_unset(tmp_path):
    dated = PictureFile(lay(tmp_path / "1.jpg", jpeg("2025:11:02 12:00:00")))
    undated = PictureFile(lay(tmp_path / "2.jpg"))
    os.utime(undated.path, (1_000_000_000, 1_000_000_000))
    burst = read_burst(burst_of(tmp_path, dated, undated))
    assert burst.captured_at == datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    assert burst.clock is ClockQuality.UNSET


def test_a_file_that_the_table_names_but_that_is_missing_becomes_a_frame_with_a_fault(tmp_path):
    there = PictureFile(lay(tmp_path / "1.jpg"), NOON)
    burst = read_burst(burst_of(tmp_path, there, PictureFile(tmp_path / "2.jpg", NOON)))
    faults = [frame.fault for frame in burst.frames]
    assert faults == [None, "the file cannot be read: No such file or directory"]
    assert burst.frames[1].data == b""


def test_a_fault_names_neither_file_nor_folder(tmp_path):
    folder = tmp_path / "Anna's valley.jpg"
    folder.mkdir()
    burst = read_burst(burst_of(tmp_path, PictureFile(folder)))
    assert burst.frames[0].fault == "the file cannot be read: Is a directory"


@pytest.mark.parametrize("content", [b"", b"\xff\xd8 cut short", b"text"])
def test_damaged_content_is_handed_on_as_it_is_and_is_no_fault_of_the_camera(content, tmp_path):
    frame = read_burst(burst_of(tmp_path, PictureFile(lay(tmp_path / "1.jpg", content)))).frames[0]
    assert (frame.data, frame.fault) == (content, None)


@pytest.mark.parametrize("name", [b"new\nline.jpg", b"caf\xe9.jpg"])
def test_a_strange_name_is_no_obstacle(name, tmp_path):
    lay(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))
    [files] = list_bursts(tmp_path)
    assert read_burst(files).frames[0].data == jpeg()


def test_the_same_card_has_the_same_ids_wherever_it_is_mounted(tmp_path):
    ids = []
    for mount in ("here", "there"):
        lay(tmp_path / mount / "DCIM" / "100RECNX" / "1.jpg")
        [files] = list_bursts(tmp_path / mount)
        ids.append(read_burst(files).burst_id)
    assert ids[0] == ids[1]


class TestReplay:
    def test_each_burst_is_played_once_in_order_and_then_it_is_exhausted(self, tmp_path):
        for name in "abc":
            lay(tmp_path / name / "1.jpg", jpeg(shade=ord(name)))
        source = ReplaySource(list_bursts(tmp_path))
        played = []
        while (burst := source.next_burst(0)) is not None:
            assert not source.exhausted
            source.done_with(burst)
            played.append(burst.frames[0].data)
        assert played == [jpeg(shade=ord(name)) for name in "abc"]
        assert source.exhausted
        assert source.taken == 3
        source.close()

    def test_copies_under_one_name_have_one_id_and_are_reported_each(self, tmp_path):
        cards = [tmp_path / "one", tmp_path / "two"]
        for card in cards:
            lay(card / "1.jpg")
        bursts = [files for card in cards for files in list_bursts(card)]
        source = ReplaySource(bursts)
        ids = {source.next_burst(0).burst_id, source.next_burst(0).burst_id}
        assert [source.seen[one] for one in ids] == [bursts]

    def test_replay_leaves_the_files_of_the_user_alone(self, tmp_path):
        path = lay(tmp_path / "1.jpg")
        source = ReplaySource(list_bursts(tmp_path))
        source.done_with(source.next_burst(0))
        assert path.exists()
