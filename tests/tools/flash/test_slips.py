"""What a tired person does wrong with a card: told before anything is written, with a way out."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tools.flash.cards import MIB
from tools.flashing.boot import boot_of
from tools.flashing.errors import FlashError
from tools.flashing.extras import require_extras
from tools.flashing.writing import opened

Irbis = Callable[..., int]
Capsys = pytest.CaptureFixture[str]


def told_of(capsys: Capsys) -> str:
    told = capsys.readouterr()
    return told.out + told.err


@pytest.fixture
def words(token: str, image: Path) -> tuple[object, ...]:
    return ("--image", image, "--station-id", "ridge-7", "--basecamp", token)


def test_a_disk_without_its_dev_is_not_made_a_file(
    irbis: Irbis, words: tuple[object, ...], capsys: Capsys
) -> None:
    """``irbis flash sdb`` once wrote a file, and said that a card was done."""
    assert irbis("flash", "sdb", *words) == 1
    assert "/dev/sdb" in told_of(capsys)
    assert not Path("sdb").exists() and not Path("register.csv").exists()


@pytest.mark.parametrize("missing", ["IRBISBOOT", "card.img"])
def test_a_folder_or_image_that_is_not_there_is_not_stamped(
    irbis: Irbis, token: str, capsys: Capsys, missing: str
) -> None:
    words = ("--station-id", "ridge-7", "--basecamp", token)
    assert irbis("image", "stamp", missing, *words) == 1
    assert "is not there" in told_of(capsys)
    assert not Path(missing).exists()


def test_a_missing_token_names_its_option_and_where_it_comes_from(
    irbis: Irbis, image: Path, capsys: Capsys
) -> None:
    assert irbis("flash", "card.img", "--image", image, "--station-id", "ridge-7") == 1
    told = told_of(capsys)
    assert "--basecamp" in told and "irbis basecamp init" in told


def test_a_country_may_be_written_small_and_a_wrong_one_is_told_in_words(
    irbis: Irbis, words: tuple[object, ...], capsys: Capsys
) -> None:
    assert irbis("flash", "card.img", *words, "--wifi", "camp", "--wifi-country", "np") == 0
    assert 'country = "NP"' in boot_of(Path("card.img")).read("system.toml").decode()
    again = (*words, "--again", "--wifi", "camp", "--wifi-country", "Nepal")
    assert irbis("flash", "two.img", *again) == 1
    told = told_of(capsys)
    assert "two letters" in told and "pattern" not in told


def test_what_is_missing_for_cards_is_told_with_a_command_that_brings_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "segno", None)
    with pytest.raises(FlashError, match="make setup"):
        require_extras()


def test_an_image_without_a_hash_is_said_to_be_unproved(
    irbis: Irbis, token: str, image: Path, capsys: Capsys
) -> None:
    Path("irbis.img.zst").write_bytes(image.read_bytes())
    words = ("--station-id", "ridge-7", "--basecamp", token)
    assert irbis("flash", "card.img", "--image", "irbis.img.zst", *words) == 0
    assert "irbis.img.zst.sha256 is not there" in told_of(capsys)


def test_what_is_no_card_s_image_leaves_the_card_as_it_is(
    irbis: Irbis, token: str, capsys: Capsys
) -> None:
    Path("holiday.img").write_bytes(bytes(MIB))
    words = ("--image", "holiday.img", "--station-id", "ridge-7", "--basecamp", token)
    assert irbis("flash", "card.img", *words) == 1
    assert "holiday.img: has no FAT partition" in told_of(capsys)
    assert not Path("card.img").exists()


def test_a_table_from_a_spreadsheet_that_writes_semicolons_is_read(
    irbis: Irbis, image: Path, token: str, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    Path("stations.csv").write_text("Station;uplink.username\nridge-1;trap-1\n")
    monkeypatch.setattr("sys.stdin", io.StringIO("\n"))
    words = ("--image", image, "--csv", "stations.csv", "--basecamp", token)
    assert irbis("flash", "card.img", *words) == 0
    assert 'username = "trap-1"' in boot_of(Path("card.img")).read("station.toml").decode()


def test_a_table_without_the_column_says_which_one_is_missing(
    irbis: Irbis, image: Path, token: str, capsys: Capsys
) -> None:
    Path("stations.csv").write_text("name,uplink.username\nridge-1,trap-1\n")
    words = ("--image", image, "--csv", "stations.csv", "--basecamp", token)
    assert irbis("flash", "card.img", *words) == 1
    assert "column 'station'" in told_of(capsys)


def test_a_station_that_can_see_or_tell_nothing_is_said_to_be_so(
    irbis: Irbis, words: tuple[object, ...], capsys: Capsys
) -> None:
    assert irbis("flash", "one.img", *words) == 0
    told = told_of(capsys)
    assert "no lens of its own" in told and "tells nobody" in told
    Path("station.toml").write_text(
        '[capture]\ncamera = "pi"\n[[capture.triggers]]\nkind = "gpio"\nline = "GPIO17"\n'
    )
    more = ("--again", "--config", "station.toml", "--broker", "mqtts://camp.example.org:8883")
    assert irbis("flash", "two.img", *words, *more) == 0
    told = told_of(capsys)
    assert "camera: pi, set off by GPIO17" in told
    assert "news: mqtts://camp.example.org:8883" in told
    assert "lens of its own" not in told and "nobody" not in told


def test_a_mistyped_setting_is_told_with_the_one_that_was_meant(
    irbis: Irbis, words: tuple[object, ...], capsys: Capsys
) -> None:
    assert irbis("flash", "card.img", *words, "--set", "uplink.usrname=trap") == 1
    assert "username" in told_of(capsys)


def test_without_mtools_the_card_is_not_written_first(
    irbis: Irbis, words: tuple[object, ...], capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert irbis("flash", "card.img", *words) == 1
    assert "apt-get install mtools" in told_of(capsys)
    assert not Path("card.img").exists()


def test_who_may_not_write_to_the_disk_gets_a_command_that_sudo_finds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """``sudo irbis`` finds nothing that lies in an environment of the project's own."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.open", refuse)
    monkeypatch.setattr(sys, "argv", ["/home/tech/irbis/.venv/bin/irbis", "flash"])
    with (
        pytest.raises(FlashError, match=r"sudo /home/tech/irbis/\.venv/bin/irbis"),
        opened(Path("/dev/sdb"), 1),
    ):
        pass
