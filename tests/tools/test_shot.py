"""`irbis shot`: what a technician learns of the camera."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.capture.camera.scene import lay_scene, scene_jpeg
from tests.kit.station import StationFolder
from tools.cli import main

MakeStation = Callable[..., StationFolder]
FAST = "[capture.burst]\ninterval_s = 0\n[[capture.triggers]]\nkind = 'test'\n"


def config(folder: StationFolder, lens: str) -> list[str]:
    with folder.config_path.open("a") as file:
        file.write(f"[capture]\n{lens}\n{FAST}")
    return ["shot", "--config", str(folder.config_path)]


@pytest.fixture
def before_a_scene(make_station: MakeStation, tmp_path: Path) -> list[str]:
    return config(make_station(), f'camera = "replay"\npath = "{lay_scene(tmp_path)}"')


def test_it_tells_size_time_light_and_sharpness_of_each_picture(
    before_a_scene: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*before_a_scene, "--frames", "3", "--json"]) == 0
    sights = json.loads(capsys.readouterr().out)
    assert len(sights) == 3
    for sight in sights:
        assert (sight["width_px"], sight["height_px"]) == (320, 240)
        assert sight["size_bytes"] == len(scene_jpeg())
        assert 60 < sight["light"] < 120
        assert sight["sharpness"] > 0
        assert sight["after_ms"] >= 0


def test_people_get_a_table(before_a_scene: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(before_a_scene) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 5 + 1
    assert all("320x240" in line for line in lines[2:7])
    assert lines[-1].startswith("first picture ")


def test_a_lamp_that_is_not_there_is_told_in_one_line(
    make_station: MakeStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = lay_scene(tmp_path)
    command = config(make_station(), f'camera = "replay"\npath = "{picture}"')
    assert main([*command, "--lamp"]) == 1
    assert "the station has none to try" in capsys.readouterr().err
    with Path(command[-1]).open("a") as file:
        file.write("[capture.light.lamp]\nline = 3\nchip = 'no-such-chip'\nwatts = 3.0\n")
    assert main([*command, "--lamp"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "lamp: there is no GPIO line 3 of chip no-such-chip" in line


def test_pictures_are_written_where_somebody_wants_them(
    before_a_scene: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "look"
    assert main([*before_a_scene, "--frames", "2", "--out", str(out)]) == 0
    assert sorted(path.name for path in out.iterdir()) == ["shot-1.jpg", "shot-2.jpg"]
    assert (out / "shot-1.jpg").read_bytes() == scene_jpeg()


def test_pictures_are_for_the_one_who_takes_them_alone(
    before_a_scene: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "look"
    out.mkdir()
    (out / "shot-1.jpg").touch(0o644)  # of an earlier look
    assert main([*before_a_scene, "--frames", "2", "--out", str(out)]) == 0
    assert [path.stat().st_mode & 0o777 for path in out.iterdir()] == [0o600, 0o600]


def test_a_picture_that_cannot_be_read_is_told(
    make_station: MakeStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "spoilt.jpg").write_bytes(scene_jpeg()[:60])
    asked = config(make_station(), f'camera = "replay"\npath = "{tmp_path / "spoilt.jpg"}"')
    assert main(asked) == 1
    assert "5 of 5 cannot be read" in capsys.readouterr().out


def test_a_camera_that_is_not_there_is_told_in_one_line(
    make_station: MakeStation, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = config(make_station(), 'camera = "v4l2"\ndevice = "/dev/video99"')
    assert main(asked) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "no camera at /dev/video99" in line
    assert "kill --kill-whom=main -s USR1 irbis" in line


def test_a_folder_is_no_lens(
    make_station: MakeStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = make_station(capture={"path": str(tmp_path)})
    assert main(["shot", "--config", str(folder.config_path)]) == 1
    assert "is no lens" in capsys.readouterr().err


def test_a_camera_that_is_not_there_is_one_line_and_no_table(
    make_station: MakeStation, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = config(make_station(), f'camera = "replay"\npath = "{tmp_path}"')
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("irbis shot: ") and told.err.count("\n") == 1
