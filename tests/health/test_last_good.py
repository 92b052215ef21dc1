"""The configuration that is kept is the one that armed the station, and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.config import StationConfig, load_config
from edge.errors import ConfigError
from edge.health.last_good import NAME, LastGood


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file that a technician edits; the state lies elsewhere."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "state").mkdir()
    file = tmp_path / "etc" / "station.toml"
    write(file, "ridge-1")
    return file


@pytest.fixture
def kept(path: Path, tmp_path: Path) -> LastGood:
    return LastGood(tmp_path / "state", path)


def write(path: Path, station: str, more: str = "") -> StationConfig:
    path.write_text(f'[station]\nid = "{station}"\n[spool]\npath = "spool"\n{more}', "utf-8")
    return load_config(path)


def test_what_armed_the_station_is_kept_with_its_paths(kept: LastGood, path: Path) -> None:
    armed = load_config(path)
    kept.keep(armed)
    path.write_text("", "utf-8")
    assert kept.load() == armed


@pytest.mark.parametrize("edited", ["", "[station\n", '[station]\nid = "ridge-2"\n'])
def test_a_file_that_was_edited_while_the_station_armed_is_not_taken_for_what_armed_it(
    kept: LastGood, path: Path, edited: str
) -> None:
    armed = load_config(path)
    kept.keep(armed)
    path.write_text(edited, "utf-8")
    kept.keep(armed)
    assert kept.load() == armed


def test_a_long_file_is_kept_whole(kept: LastGood, path: Path) -> None:
    armed = write(path, "ridge-1", more="# a word of the technician\n" * 4000)
    kept.keep(armed)
    assert kept.load() == armed


def test_where_nothing_was_kept_it_says_so(kept: LastGood) -> None:
    with pytest.raises(ConfigError, match="nothing was kept"):
        kept.load()


def test_what_armed_once_is_let_pass_by_later_rules_for_who_writes_a_file(
    kept: LastGood, path: Path, tmp_path: Path
) -> None:
    """Here a lamp on the motion sensor's line: to catch badly is more than to catch nothing."""
    lens = (
        '[capture]\ncamera = "replay"\npath = "pictures"\n'
        '[[capture.triggers]]\nkind = "gpio"\nline = "GPIO5"\n'
        '[capture.light.lamp]\nline = "GPIO5"\nwatts = 3.0\n'
    )
    with pytest.raises(ConfigError, match="one GPIO line"):
        write(path, "ridge-1", lens)
    (tmp_path / "state" / NAME).write_bytes(path.read_bytes())
    assert kept.load().capture.light.lamp is not None
