"""What training keeps back is noted beside the models, and evaluating goes by that."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.registry import load_registry
from tests.tools.evaluate.making import run
from tools.cli import main
from tools.evaluate.heldout import provenance
from tools.evaluate.kept_back import FILE, PART, kept_back, note
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Truth,
)
from tools.evaluate.selection import Fold, check_places, only_fold, only_places
from tools.train.errors import TrainingError
from tools.train.material.samples import Sample
from tools.train.material.split import divided, places_in


def burst(station: str | None, name: str = "b", frames: int = 1) -> LabelledBurst:
    return LabelledBurst(
        name, (LabelledFrame(Path(f"{name}.jpg"), Truth.TARGET),) * frames, station
    )


def sample_at(place: str) -> Sample:
    nothing = np.zeros((0, 4), np.float32)
    return Sample(Path("a"), nothing, np.zeros(0, np.int64), nothing, "animal", "valley", place)


VALLEY = LabelledSet("valley", "", tuple(burst(f"R{n}", f"r{n}", 9 - n) for n in range(6)))
PLAIN = LabelledSet("plain", "", tuple(burst(f"P{n}", f"p{n}", 8 - n) for n in range(5)))
LOOSE = LabelledSet("loose", "", tuple(burst(None, f"l{n}") for n in range(9)), trapped=False)


def judged(sets: Iterable[LabelledSet]) -> set[str]:
    return {one.name for found in sets for one in found.bursts}


@pytest.mark.parametrize("number", range(4))
def test_training_keeps_back_what_evaluating_judges(number: int) -> None:
    sets, fold = [VALLEY, PLAIN, LOOSE], Fold(number, 4)
    assert judged(only_places(sets, places_in(sets, fold))) == judged(only_fold(sets, fold))
    check_places(only_fold(sets, fold), places_in(sets, fold))


def test_a_fold_of_other_folders_is_refused_where_it_holds_what_was_learnt() -> None:
    largest = LabelledSet("largest", "", (burst("L", frames=99),))
    kept = places_in([VALLEY, largest], Fold(0, 4))
    alone = only_fold([VALLEY], Fold(0, 4))
    with pytest.raises(EvaluationError, match=r"did not keep back R\d.*; --held-out"):
        check_places(alone, kept)


def test_nothing_to_judge_by_is_refused() -> None:
    for places in (set(), {"R1", "R2"}):
        with pytest.raises(TrainingError, match="name stations"):
            divided([sample_at("R1"), sample_at("R2")], places)


def test_a_report_says_by_what_its_pictures_were_chosen() -> None:
    (paragraph, _) = provenance([run(PART)])
    assert "Held out" in paragraph and "kept back" in paragraph


def test_each_model_keeps_its_own_note(tmp_path: Path) -> None:
    note(tmp_path, "one", "aa11", ["R1", "R2", 'a "quoted"/name.jpg'])
    note(tmp_path, "two", "bb22", ["R2", "R3"])
    note(tmp_path, "two", "cc33", ["R2", "R4"])
    assert kept_back(tmp_path, {"groups": "one@aa"}) == {"R1", "R2", 'a "quoted"/name.jpg'}
    assert kept_back(tmp_path, {"groups": "one@aa", "detector": "two@cc"}) == {"R2"}
    assert kept_back(tmp_path, {"detector": "two@bb"}) is None, "these weights are gone"
    assert kept_back(tmp_path / "elsewhere", {"groups": "one@aa"}) is None


def test_models_that_learnt_from_all_are_judged_by_nothing(tmp_path: Path) -> None:
    note(tmp_path, "all", "aa11", [])
    kept = kept_back(tmp_path, {"groups": "all@aa11"})
    assert kept == frozenset()
    for judge in (check_places, only_places):
        with pytest.raises(EvaluationError, match="training"):
            judge([VALLEY], kept)


@pytest.mark.parametrize(
    "text", ["[", "a = 1", '[a]\nsha256 = "x"', "[a]\nsha256 = 1\nplaces = []"]
)
def test_a_damaged_note_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / FILE).write_text(text, encoding="utf-8")
    with pytest.raises(EvaluationError, match=FILE):
        kept_back(tmp_path, {})


def lay(folder: Path, *rows: str, columns: str = "file,label,station") -> Path:
    """A folder of noisy pictures with these rows."""
    folder.mkdir()
    for number, row in enumerate(rows):
        pixels = np.random.default_rng(number).integers(40, 200, (72, 96, 3), np.uint8)
        Image.fromarray(pixels).save(folder / row.partition(",")[0])
    (folder / "labels.csv").write_text("\n".join([columns, *rows]) + "\n", encoding="utf-8")
    return folder


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    """The one line with which the command ends."""
    assert main([str(word) for word in words]) == 1
    (line,) = [one for one in capsys.readouterr().err.splitlines() if one.startswith("irbis")]
    return line


@pytest.mark.parametrize("name", ["valley", "alps", "b", "c", "d"])
def test_a_folder_without_stations_is_refused_whatever_its_name(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay(tmp_path / name, "0.png,empty", "1.png,empty", columns="file,label")
    line = refused(capsys, "train", "--data", data, "--only", "groups", "--out", tmp_path / "out")
    assert "column `station`" in line


def test_a_labelled_file_that_is_missing_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay(tmp_path / "valley", "0.png,empty,A", "1.png,empty,B")
    (data / "1.png").unlink()
    line = refused(capsys, "train", "--data", data, "--only", "groups", "--out", tmp_path / "out")
    assert "1.png" in line and "not there" in line


def test_a_box_in_pixels_is_refused_by_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    columns = "file,label,station,x,y,w,h"
    data = lay(tmp_path / "valley", "0.png,ibex,A,12,20,40,30", columns=columns)
    line = refused(capsys, "train", "--data", data, "--only", "groups", "--out", tmp_path / "out")
    assert "line 2" in line and "shares" in line


def test_labels_that_nobody_checked_leave_nothing_to_learn_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = lay(tmp_path / "valley", "0.png,unknown,A", "1.png,unverified,B", "2.png,,B")
    words = ("--only", "groups", "--hold-out", "none", "--out", tmp_path / "out")
    assert "nothing to learn from" in refused(capsys, "train", "--data", data, *words)


@pytest.mark.parametrize("text", ["4/4", "a/4", "4", "-1/4"])
def test_a_fold_that_is_none_is_refused(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "or none" in refused(capsys, "train", "--data", tmp_path, f"--hold-out={text}")


@pytest.mark.usefixtures("short_fits")
def test_evaluating_judges_what_training_kept_back_and_refuses_the_rest(
    valley: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, report = tmp_path / "out", tmp_path / "report.json"
    assert main(f"train --data {valley} --only groups --hold-out 1/2 --out {out}".split()) == 0
    evaluate = f"evaluate {valley} --models {out} --workers 1 --json {report}".split()
    assert main([*evaluate, "--held-out"]) == 0
    stations = {one["station"] for one in json.loads(report.read_text())["bursts"]}
    head = load_registry(out / "registry.toml").default("groups")
    assert stations and stations == kept_back(out, {"groups": f"tuned-groups@{head.sha256}"})
    assert main([*evaluate, "--fold", "1/2"]) == 0
    capsys.readouterr()
    assert "did not keep back" in refused(capsys, *evaluate, "--fold", "0/2")
    shipped = f"evaluate {valley} --held-out".split()
    assert "nothing is noted of these models" in refused(capsys, *shipped)
