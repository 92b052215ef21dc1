"""`irbis config` writes only what fits, and `check` refuses all that a station would choke on."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from tools.cli import main


@pytest.fixture
def station_file(tmp_path: Path) -> Path:
    """What ``config new`` writes, with its key and its folder."""
    path, token = tmp_path / "station.toml", str(BasecampKey.generate().token)
    assert main(["config", "new", "--out", str(path), "--basecamp", token]) == 0
    StationKey.generate().save(tmp_path / "station.key")
    (tmp_path / "incoming").mkdir()
    return path


def _replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_what_new_writes_can_arm_once_its_key_and_its_folder_are_there(
    station_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "check", str(station_file)]) == 0
    assert "station station-1 can arm" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--station", "46N 78E"], "never a place"),
        (["--basecamp", "irbis-basecamp-1:abc"], "basecamp token"),
        (["--basecamp", '"\nkey_file = "x'], "basecamp token"),
    ],
)
def test_new_writes_nothing_for_words_that_do_not_fit(
    words: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "station.toml"
    assert main(["config", "new", "--out", str(path), *words]) == 1
    assert told in capsys.readouterr().err
    assert not path.exists()


def test_new_in_a_folder_that_is_not_there_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["config", "new", "--out", str(tmp_path / "absent" / "station.toml")]) == 1
    assert "cannot be written: No such file" in capsys.readouterr().err


BROKER = 'broker = "mqtt://127.0.0.1:1883"'


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('path = "incoming"', 'path = "absent"', "is not a folder; make it first"),
        (BROKER, f'{BROKER}\nusername = "station-1"', "set both, or neither"),
        (BROKER, f'{BROKER}\npassword_file = "absent"', "set both, or neither"),
        (BROKER, f'{BROKER}\nusername = "a"\npassword_file = "absent"', "password cannot be read"),
        (BROKER, f'{BROKER}\nca_file = "ca.pem"', "is not encrypted; write mqtts://"),
        (BROKER, 'broker = "mqtts://b"\nca_file = "absent"', "cannot be used as a CA file"),
        ("[triage]", '[triage]\ndetector = "absent"', "no model to judge with"),
        ('"Panthera uncia"', '"Panthera unica"', "no model to judge with"),
    ],
)
def test_check_tells_what_would_keep_a_station_from_its_work(
    old: str, new: str, told: str, station_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _replace(station_file, old, new)
    assert main(["config", "check", str(station_file)]) == 1
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("action", ["run", "config check", "keys station"])
def test_an_unknown_option_shows_the_usage_of_its_own_subcommand(
    action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    required = {"run": ["--config", "x"], "config check": ["x"], "keys station": ["--out", "x"]}
    with pytest.raises(SystemExit) as ended:
        main([*action.split(), *required[action], "--bogus"])
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert f"usage: irbis {action}" in told
    assert "--bogus" in told
