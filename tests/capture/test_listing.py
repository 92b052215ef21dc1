"""Which pictures belong together as one burst."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge.capture.listing import (
    MAX_BURST_FRAMES,
    BurstFiles,
    FolderUnreadable,
    ListingError,
    list_bursts,
)
from tests.capture.pictures import jpeg, lay


def names(bursts: list[BurstFiles]) -> list[list[str]]:
    return [burst.relative_names() for burst in bursts]


def at(second: float) -> bytes:
    fraction = f"{second % 1:.3f}"[2:]
    return jpeg(f"2025:11:02 12:{int(second) // 60:02}:{int(second) % 60:02}", fraction=fraction)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "bursts.csv"
    path.write_text("\n".join(["file,burst,timestamp", *lines]) + "\n", encoding="utf-8")
    return path


class TestGroupedByTime:
    def test_a_gap_of_five_seconds_begins_a_new_burst(self, tmp_path):
        for number, second in enumerate([0, 4.999, 9.998, 14.998]):
            lay(tmp_path / f"{number}.jpg", at(second))
        assert names(list_bursts(tmp_path)) == [["0.jpg", "1.jpg", "2.jpg"], ["3.jpg"]]

    def test_frames_stand_in_the_order_of_their_time_not_of_their_name(self, tmp_path):
        lay(tmp_path / "a.jpg", at(2))
        lay(tmp_path / "b.jpg", at(1))
        assert names(list_bursts(tmp_path)) == [["b.jpg", "a.jpg"]]

    def test_a_picture_without_a_time_is_a_burst_of_its_own(self, tmp_path):
        lay(tmp_path / "a.jpg", at(0))
        lay(tmp_path / "b.jpg")
        lay(tmp_path / "c.jpg", b"damaged")
        lay(tmp_path / "d.jpg", at(1))
        assert names(list_bursts(tmp_path)) == [["a.jpg", "d.jpg"], ["b.jpg"], ["c.jpg"]]

    @pytest.mark.parametrize("card", ["DCIM/100RECNX", "dcim/999_ABCD"])
    def test_a_folder_of_a_camera_s_card_is_no_burst(self, card, tmp_path):
        lay(tmp_path / card / "1.jpg", at(0))
        lay(tmp_path / card / "2.jpg", at(60))
        assert len(list_bursts(tmp_path)) == 2

    def test_a_card_s_folder_is_known_from_inside_dcim_too(self, monkeypatch, tmp_path):
        for number in (0, 60):
            lay(tmp_path / "DCIM" / "100RECNX" / f"{number}.jpg", at(number))
        monkeypatch.chdir(tmp_path / "DCIM")
        assert len(list_bursts(Path())) == 2

    def test_a_folder_of_very_many_pictures_is_no_burst(self, tmp_path):
        for number in range(MAX_BURST_FRAMES + 1):
            lay(tmp_path / "dump" / f"{number:03}.jpg", b"no time in here")
        assert len(list_bursts(tmp_path)) == MAX_BURST_FRAMES + 1


class TestSubfolders:
    def test_each_subfolder_with_pictures_is_a_burst(self, tmp_path):
        for name in ("b/2.jpg", "b/1.JPG", "a/1.png", "a/deeper/1.webp", "empty/readme.txt"):
            lay(tmp_path / name)
        bursts = list_bursts(tmp_path)
        assert names(bursts) == [["a/1.png"], ["a/deeper/1.webp"], ["b/1.JPG", "b/2.jpg"]]
        assert [burst.name for burst in bursts] == ["a", "a/deeper", "b"]

    def test_loose_pictures_beside_subfolders_are_bursts_too(self, tmp_path):
        lay(tmp_path / "a" / "1.jpg")
        lay(tmp_path / "loose.jpg")
        assert names(list_bursts(tmp_path)) == [["loose.jpg"], ["a/1.jpg"]]

    def test_hidden_files_and_folders_are_passed_over(self, tmp_path):
        for name in ("._IMG_1.JPG", ".Trashes/1.jpg", "a/1.jpg"):
            lay(tmp_path / name)
        assert names(list_bursts(tmp_path)) == [["a/1.jpg"]]

    def test_a_link_that_leads_round_in_a_circle_is_not_followed(self, tmp_path):
        lay(tmp_path / "a" / "1.jpg")
        (tmp_path / "a" / "again").symlink_to(tmp_path)
        assert names(list_bursts(tmp_path)) == [["a/1.jpg"]]

    def test_a_linked_folder_is_followed_once_and_goes_by_its_own_name_where_it_has_one(
        self, tmp_path
    ):
        lay(tmp_path / "elsewhere" / "1.jpg")
        lay(tmp_path / "card" / "b" / "1.jpg")
        (tmp_path / "card" / "a").symlink_to(tmp_path / "card" / "b")
        for link in ("c", "d"):
            (tmp_path / "card" / link).symlink_to(tmp_path / "elsewhere")
        assert names(list_bursts(tmp_path / "card")) == [["b/1.jpg"], ["c/1.jpg"]]

    def test_a_folder_that_cannot_be_read_is_told_of_and_ends_no_other(self, monkeypatch, tmp_path):
        for name in ("a/1.jpg", "b/1.jpg"):
            lay(tmp_path / name)
        iterdir = Path.iterdir

        def refused(folder):  # for whoever runs this: root may read every folder
            if folder.name == "a":
                raise PermissionError(13, "Permission denied")
            return iterdir(folder)

        monkeypatch.setattr(Path, "iterdir", refused)
        troubles: list[ListingError] = []
        assert names(list_bursts(tmp_path, troubles.append)) == [["b/1.jpg"]]
        assert [str(one) for one in troubles] == [
            f"{tmp_path / 'a'}: cannot be read: Permission denied"
        ]
        with pytest.raises(FolderUnreadable):
            list_bursts(tmp_path)

    def test_a_folder_called_like_a_picture_is_a_folder(self, tmp_path):
        lay(tmp_path / "a.jpg" / "1.jpg")
        assert names(list_bursts(tmp_path)) == [["a.jpg/1.jpg"]]


class TestTable:
    def test_it_names_the_bursts_and_keeps_the_order_of_their_frames(self, tmp_path):
        table(tmp_path, "2.jpg,b,", "9.jpg,a,", "1.jpg,b,", "3.jpg,a,")
        bursts = list_bursts(tmp_path)
        assert [burst.name for burst in bursts] == ["a", "b"]
        assert names(bursts) == [["9.jpg", "3.jpg"], ["2.jpg", "1.jpg"]]

    def test_what_it_does_not_name_follows_by_the_ordinary_rules(self, tmp_path):
        table(tmp_path, "sub/1.jpg,a,")
        for name in ("sub/1.jpg", "sub/2.jpg", "loose.jpg"):
            lay(tmp_path / name)
        assert names(list_bursts(tmp_path)) == [["sub/1.jpg"], ["loose.jpg"], ["sub/2.jpg"]]

    def test_a_table_above_counts_more_than_one_below(self, tmp_path):
        table(tmp_path, "sub/1.jpg,a,")
        for name in ("sub/1.jpg", "sub/2.jpg"):
            lay(tmp_path / name)
        table(tmp_path / "sub", "1.jpg,b,", "2.jpg,b,")
        assert names(list_bursts(tmp_path)) == [["sub/1.jpg"], ["sub/2.jpg"]]

    def test_rows_without_a_burst_are_bursts_of_their_own(self, tmp_path):
        table(tmp_path, "2.jpg,,", "1.jpg, ,", "3.jpg,a,")
        bursts = list_bursts(tmp_path)
        assert [burst.name for burst in bursts] == ["1.jpg", "2.jpg", "a"]
        assert names(bursts) == [["1.jpg"], ["2.jpg"], ["3.jpg"]]

    def test_a_wrong_table_that_is_told_of_leaves_the_subfolders_listed(self, tmp_path):
        for name in ("loose.jpg", "sub/1.jpg"):
            lay(tmp_path / name)
        (tmp_path / "bursts.csv").write_text("wrong\n")
        troubles: list[ListingError] = []
        assert names(list_bursts(tmp_path, troubles.append)) == [["sub/1.jpg"]]
        assert ["needs the columns" in str(trouble) for trouble in troubles] == [True]

    def test_a_table_in_a_subfolder_counts_for_that_folder(self, tmp_path):
        lay(tmp_path / "sub" / "1.jpg")
        table(tmp_path / "sub", "1.jpg,a,", "2.jpg,b,")
        assert names(list_bursts(tmp_path)) == [["sub/1.jpg"], ["sub/2.jpg"]]

    @pytest.mark.parametrize(
        ("text", "hour"),
        [
            ("2025-11-02T12:00:00", 12),
            ("2025-11-02 12:00:00Z", 12),
            ("2025-11-02T12:00:00+05:00", 7),
        ],
    )
    def test_its_times_are_utc_unless_they_say_otherwise(self, text, hour, tmp_path):
        table(tmp_path, f"1.jpg,a,{text}")
        [burst] = list_bursts(tmp_path)
        assert burst.pictures[0].taken_at == datetime(2025, 11, 2, hour, tzinfo=UTC)

    def test_a_mark_at_its_beginning_and_extra_columns_do_no_harm(self, tmp_path):
        (tmp_path / "bursts.csv").write_text("\ufefffile,who,burst\n1.jpg,me,a,extra\n,,\n2.jpg\n")
        assert names(list_bursts(tmp_path)) == [["2.jpg"], ["1.jpg"]]

    def test_a_quoted_name_may_hold_a_comma_and_a_newline(self, tmp_path):
        table(tmp_path, '"one,\ntwo.jpg",a,')
        assert names(list_bursts(tmp_path)) == [["one,\ntwo.jpg"]]

    @pytest.mark.parametrize("name", ["/etc/passwd", "../1.jpg", "a/../../1.jpg", "a/.."])
    def test_a_name_that_leads_out_of_the_folder_is_refused(self, name, tmp_path):
        table(tmp_path, f"{name},a,")
        with pytest.raises(ListingError, match=r"bursts\.csv: .* is not inside the folder"):
            list_bursts(tmp_path)

    @pytest.mark.parametrize(
        ("content", "complaint"),
        [
            (b"name,group\n1.jpg,a\n", "needs the columns file,burst"),
            (b"name,group\n", "needs the columns file,burst"),
            (b"", "needs the columns file,burst"),
            (b"file,burst\n\xff.jpg,a\n", "cannot be read as CSV"),
            (b"file,burst,timestamp\n1.jpg,a,noon\n", "'noon' is not an ISO 8601 time"),
            (
                b"file,burst,timestamp\n1.jpg,a,0001-01-01T00:00+05:00\n",
                "is not an ISO 8601 time within the years 1 to 9999",
            ),
            (b"file,burst\n1\x00.jpg,a\n", "cannot be the name of a file|cannot be read as CSV"),
            (b"file,burst\n" + b"x" * 200_000 + b",a\n", "cannot be read as CSV"),
        ],
        ids=[
            "columns",
            "columns alone",
            "empty",
            "not UTF-8",
            "no time",
            "time too early",
            "NUL",
            "field too long",
        ],
    )
    def test_what_is_wrong_with_a_table_is_said_with_its_path(self, content, complaint, tmp_path):
        (tmp_path / "bursts.csv").write_bytes(content)
        with pytest.raises(ListingError, match=complaint) as refused:
            list_bursts(tmp_path)
        assert str(tmp_path / "bursts.csv") in str(refused.value)


class TestStrangeNames:
    @pytest.mark.parametrize("name", [b"new\nline.jpg", b"caf\xe9.jpg", b"-rf.jpg", b" .jpg"])
    def test_every_name_that_a_card_can_hold_is_listed(self, name, tmp_path):
        path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name))
        lay(path)
        assert names(list_bursts(tmp_path)) == [[os.fsdecode(name)]]


class TestNothingThere:
    def test_a_missing_path_is_named(self, tmp_path):
        with pytest.raises(ListingError, match="absent: no such file or folder"):
            list_bursts(tmp_path / "absent")

    def test_a_folder_without_pictures_tells_what_was_looked_for(self, tmp_path):
        (tmp_path / "notes.txt").write_text("none")
        with pytest.raises(ListingError, match=r"no pictures in here \(looked for .*\.jpg"):
            list_bursts(tmp_path)

    def test_a_single_file_is_a_burst_whatever_it_is_called(self, tmp_path):
        lay(tmp_path / "picture.dat")
        assert names(list_bursts(tmp_path / "picture.dat")) == [["picture.dat"]]
