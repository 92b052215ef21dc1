"""A report survives its file, and folds become one report."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.tools.evaluate.making import WHERE, burst, frame, report
from tools.evaluate.labelled import EvaluationError, Truth
from tools.evaluate.storing import merge, read_json, write_json

CAT = burst(
    target=True,
    target_score=0.97,
    keep_score=0.9,
    frames=(frame(found="animal", drawn=(WHERE,), target=True, label="snow_leopard"), frame()),
    station="02-4",
)


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    told = replace(report(CAT, part="fold 0/4"), identities={"lines": ["x"]}, notes=("n",))
    told = replace(told, runs=(replace(told.runs[0], prior=0.4, left_out=3),))
    write_json(told, tmp_path / "r.json")
    assert read_json(tmp_path / "r.json") == told


def test_the_file_holds_one_burst_a_line(tmp_path: Path) -> None:
    write_json(report(CAT, replace(CAT, name="c")), tmp_path / "r.json")
    lines = (tmp_path / "r.json").read_text().splitlines()
    names = [json.loads(line.rstrip(","))["name"] for line in lines if line.startswith('{"set"')]
    assert names == ["b", "c"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("no JSON", "cannot be read"),
        ("[]", "cannot be read"),
        ('{"schema": "irbis.evaluate/1"}', "evaluate again"),
        ('{"schema": "irbis.evaluate/2", "runs": [{}]}', "is damaged"),
    ],
)
def test_what_is_no_report_is_one_clear_error(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "r.json").write_text(text)
    with pytest.raises(EvaluationError, match=what):
        read_json(tmp_path / "r.json")


def test_a_missing_file_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"r\.json"):
        read_json(tmp_path / "r.json")


def test_merged_folds_keep_who_judged_what() -> None:
    goat = burst(Truth.ANIMAL, name="goat", set_name="other")
    merged = merge([report(CAT, part="fold 0/2"), report(goat, part="fold 1/2")])
    assert [one.name for one in merged.sets] == ["meadow", "other"]
    assert [(b.name, merged.runs[b.run].part) for b in merged.bursts] == [
        ("b", "fold 0/2"),
        ("goat", "fold 1/2"),
    ]


def test_a_report_from_before_there_were_notes_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    write_json(report(CAT), path)
    parts = json.loads(path.read_text())
    del parts["notes"], parts["runs"][0]["prior"], parts["runs"][0]["left_out"]
    path.write_text(json.dumps(parts))
    assert read_json(path) == report(CAT)


def test_a_note_that_two_folds_carry_is_told_once() -> None:
    told = [
        replace(report(burst(name=name)), notes=("chosen", name)) for name in ("north", "south")
    ]
    assert merge(told).notes == ("chosen", "north", "south")


def test_merged_sets_stand_in_their_usual_order() -> None:
    names = ("my-own", "ena24", "snow_leopard")
    merged = merge([report(burst(set_name=name)) for name in names])
    assert [one.name for one in merged.sets] == ["snow_leopard", "ena24", "my-own"]


def test_a_burst_judged_twice_is_refused() -> None:
    with pytest.raises(EvaluationError, match="judged in two"):
        merge([report(CAT), report(CAT)])
