"""`irbis evaluate` judges labelled pictures as a station does, and tells what it counted."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from edge.config import Triage
from edge.vision.eyes import open_eyes
from models.registry import REGISTRY_PATH
from tests.tools.evaluate.making import scene
from tests.tools.evaluate.test_sources import DATA, needs_data
from tools.cli import main
from tools.evaluate.folds import fold_of_name
from tools.evaluate.judging import judge_burst
from tools.evaluate.labelled import LabelledBurst, Truth
from tools.evaluate.sources import snow_leopards
from tools.evaluate.storing import SCHEMA, read_json

needs_matplotlib = pytest.mark.skipif(
    find_spec("matplotlib") is None, reason="matplotlib, the extra `evaluate`, is not installed"
)
ALONE = ("--workers", "1")


def test_one_command_makes_page_and_counts(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, counts = tmp_path / "docs", tmp_path / "accuracy.json"
    words = ["--out", str(out), "--no-plots", "--json", str(counts), *ALONE]
    assert main(["evaluate", str(made_up), *words]) == 0
    page = (out / "accuracy.md").read_text()
    assert "`meadow`" in page
    assert "What these numbers do not say" in page
    assert str(tmp_path) not in page
    found = json.loads(counts.read_text())
    assert found["schema"] == SCHEMA
    assert [(row["truth"], row["mode"]) for row in found["rows"]] == [
        ("other animal", "infrared"),
        ("empty", "day"),
    ]
    animal, empty = found["rows"]
    assert empty["target_frames"]["total"] == 2
    assert empty["blank"]["total"] == 1
    assert animal["located_frames"]["total"] == 1
    assert empty["located_frames"]["total"] == 0
    assert [burst["station"] for burst in found["bursts"]] == ["north", "south"]


def test_the_same_pictures_give_the_same_page_whatever_the_workers(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["evaluate", str(made_up), "--workers", "1"])
    alone = capsys.readouterr().out
    main(["evaluate", str(made_up), "--workers", "2"])
    assert capsys.readouterr().out == alone


def test_two_folds_judged_apart_and_merged_are_all_the_pictures(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parts = [tmp_path / "0.json", tmp_path / "1.json"]
    for number, part in enumerate(parts):
        words = ["--fold", f"{number}/2", "--json", str(part), *ALONE]
        assert main(["evaluate", str(made_up), *words]) == 0
    whole = tmp_path / "whole.json"
    assert main(["evaluate", "--merge", *map(str, parts), "--json", str(whole)]) == 0
    merged = read_json(whole)
    assert sorted(burst.name for burst in merged.bursts) == ["a", "night.jpg"]
    assert [run.part for run in merged.runs] == ["fold 0/2", "fold 1/2"]
    for burst in merged.bursts:
        assert read_json(parts[burst.run]).bursts == (replace(burst, run=0),)
    # The same models judged both folds: whatever they had learnt, they had learnt for both.
    page = capsys.readouterr().out
    assert "not held out as a whole" in page and "**Held out.**" not in page


def test_some_stations_are_judged_alone_and_the_page_says_so(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(made_up), "--stations", "north", *ALONE]) == 0
    page = capsys.readouterr().out
    assert "(stations north)" in page
    assert "| `meadow` | labelled pictures | 2 | 1 |" in page


def test_models_of_another_registry_judge(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own"
    shutil.copytree(REGISTRY_PATH.parent, own, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    text = (own / "registry.toml").read_text()
    name = open_eyes(Triage()).models[0][1].partition("@")[0]
    (own / "registry.toml").write_text(
        text.replace(f'"{name}"', '"my-valley"').replace(f"models.{name}", "models.my-valley")
    )
    assert main(["evaluate", str(made_up), "--models", str(own), *ALONE]) == 0
    assert "detector `my-valley@" in capsys.readouterr().out


def test_a_model_that_nobody_knows_is_one_clear_error(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(made_up), "--detector", "nobody", *ALONE]) == 1
    assert "'nobody'" in capsys.readouterr().err


@needs_matplotlib
def test_plots_stand_beside_the_page_that_shows_them(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(made_up), "--out", str(tmp_path / "docs"), *ALONE]) == 0
    page = (tmp_path / "docs" / "accuracy.md").read_text()
    drawn = sorted(path.name for path in (tmp_path / "docs" / "images").iterdir())
    assert drawn == ["accuracy-reliability.png"]  # the only one that there are numbers for
    assert all(f"(images/{name})" in page for name in drawn)


def test_a_folder_without_labels_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "labels.csv" in capsys.readouterr().err


def test_nothing_to_judge_is_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate"]) == 1
    assert "name a folder" in capsys.readouterr().err


def test_a_label_file_without_its_columns_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("picture,species\na.jpg,ibex\n")
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "lacks the column(s) label" in capsys.readouterr().err


def test_a_picture_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nabsent.jpg,ibex\n")
    assert main(["evaluate", str(tmp_path), *ALONE]) == 1
    assert "absent.jpg" in capsys.readouterr().err


def test_nothing_is_judged_before_every_picture_is_known_to_be_there(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made_up / "night.jpg").unlink()
    (made_up / "a2.jpg").unlink()
    assert main(["evaluate", str(made_up), *ALONE]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "a2.jpg, and 1 more: labelled, but not there" in line


def test_an_empty_table_is_one_clear_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("")
    assert main(["evaluate", str(tmp_path)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "labels.csv: is empty" in line


@pytest.mark.parametrize(
    ("columns", "cells", "said"),
    [
        ("individual,side", "Anna,left", "lacks the column 'datetime'"),
        ("individual,side,datetime", "Anna,left,yesterday", "cannot be read"),
    ],
)
def test_individuals_that_cannot_be_told_apart_are_refused_before_anything_is_judged(
    columns: str, cells: str, said: str, made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (made_up / "labels.csv").write_text(f"file,label,{columns}\na1.jpg,snow leopard,{cells}\n")
    assert main(["evaluate", str(made_up), *ALONE]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line and "individuals" in line


def test_a_note_is_carried_from_the_file_to_the_page_and_through_a_merge(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    note, part = tmp_path / "note.md", tmp_path / "part.json"
    note.write_text("**Chosen** after a look at the north.\n")
    words = ["--note", str(note), "--json", str(part), *ALONE]
    assert main(["evaluate", str(made_up), *words]) == 0
    assert main(["evaluate", "--merge", str(part), "--note", str(note)]) == 0
    assert capsys.readouterr().out.count("**Chosen** after a look") == 2
    assert main(["evaluate", str(made_up), "--note", str(tmp_path / "absent.md"), *ALONE]) == 1
    assert "absent.md" in capsys.readouterr().err


def test_a_picture_that_lies_in_two_folds_is_judged_in_neither(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of two sets without stations each falls into one fold as a whole."""
    first, second = (_set_in_fold(fold) for fold in (0, 1))
    for name, own in ((first, 80), (second, 160)):
        folder = made_up.parent / "sets" / name
        scene(folder / "shared.png", seed=1)
        scene(folder / "own.png", seed=own)
        (folder / "labels.csv").write_text("file,label\nshared.png,empty\nown.png,empty\n")
    data, part = made_up.parent / "sets", tmp_path / "part.json"
    assert main(["evaluate", str(data), "--fold", "0/2", "--json", str(part), *ALONE]) == 0
    assert [burst.name for burst in read_json(part).bursts] == ["own.png"]
    assert "Pictures left out: 1." in capsys.readouterr().out
    assert main(["evaluate", str(data), "--json", str(part), *ALONE]) == 0
    assert len(read_json(part).bursts) == 4


def _set_in_fold(fold: int) -> str:
    return next(name for n in range(20) if fold_of_name(name := f"valley-{n}", 2) == fold)


@needs_data
def test_a_real_burst_is_judged_whole_and_frame_by_frame() -> None:
    bursts = snow_leopards(DATA / "snow_leopard")
    burst = next(burst for burst in bursts if len(burst.frames) == 3)
    outcome = judge_burst("snow_leopard", burst, open_eyes(Triage()), Triage())
    assert len(outcome.frames) == 3
    assert (outcome.truth, outcome.station) == (Truth.TARGET, burst.station)
    assert all(frame.located is not None for frame in outcome.frames)


@needs_data
def test_an_empty_scene_is_not_a_leopard() -> None:
    bursts = snow_leopards(DATA / "snow_leopard")
    scene: LabelledBurst = next(burst for burst in bursts if burst.truth is Truth.BLANK)
    assert not judge_burst("snow_leopard", scene, open_eyes(Triage()), Triage()).target
