"""What was evaluated stands in the cards of the profile that it is about, and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import ObservationType
from models.registry import Registry, load_registry
from tests.tools.evaluate.making import burst, report
from tools.evaluate.labelled import Truth
from tools.evaluate.outcomes import Report
from tools.evaluate.storing import write_json
from tools.train.accuracy import main, with_section
from tools.train.registering import prepare_folder

HEADING = "## Accuracy of the profile pi5"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    return prepare_folder(tmp_path / "models").parent


def two_folds(folder: Path) -> list[Path]:
    """Two reports with one of two blank bursts dropped and models of their own."""
    paths = []
    for number in (0, 1):
        kind = ObservationType.BLANK if number else ObservationType.ANIMAL
        one = burst(Truth.BLANK, kind, name=str(number))
        made = report(one, part=f"fold {number}/2")
        (run,) = made.runs
        run = replace(
            run, models={"detector": f"fold-{number}@{number}", "groups": f"head-{number}@{number}"}
        )
        paths.append(folder / f"{number}.json")
        write_json(replace(made, runs=(run,)), paths[-1])
    return paths


def cards(registry: Registry, profile: str) -> list[str]:
    entries = [registry.default(role, profile) for role in ("detector", "groups")]
    return [entry.card_path.read_text(encoding="utf-8") for entry in entries]


def written(models: Path, *reports: Path, profile: str = "pi5") -> list[str]:
    """The cards of ``profile`` after the command."""
    names = [str(path) for path in reports]
    assert main([*names, "--profile", profile, "--models", str(models)]) == 0
    return cards(load_registry(models / "registry.toml"), profile)


def test_the_cards_of_a_profile_tell_counts_intervals_and_who_judged(
    models: Path, tmp_path: Path
) -> None:
    for card in written(models, *two_folds(tmp_path)):
        assert card.count(HEADING) == 1
        assert "| blank bursts dropped | at least 95 % | 1/2 = 50 % (9-91) |" in card
        assert "- fold 0/2: `fold-0@0`, `head-0@0`" in card and "other weights" in card
        assert "**Held out.**" in card
        assert card.index(HEADING) < card.index("## Training photographs")


def test_the_detector_of_another_profile_is_left_alone(models: Path, tmp_path: Path) -> None:
    registry = load_registry(models / "registry.toml")
    before, _ = cards(registry, "pi-zero2")
    written(models, *two_folds(tmp_path))
    assert cards(registry, "pi-zero2")[0] == before


def test_measured_again_it_replaces_its_own_section_and_keeps_the_other(
    models: Path, tmp_path: Path
) -> None:
    folds = two_folds(tmp_path)
    _, shared = written(models, *folds, profile="pi-zero2")
    first = written(models, *folds)
    again = written(models, *folds)
    assert again == first
    assert "profile pi-zero2" in again[1] and again[1].count(HEADING) == 1
    assert shared != again[1]


def test_the_registered_weights_are_named_as_such(models: Path, tmp_path: Path) -> None:
    registry = load_registry(models / "registry.toml")
    own = {
        entry.role: f"{entry.name}@{entry.sha256[:8]}"
        for entry in (registry.default(role, "pi5") for role in ("detector", "groups"))
    }
    made: Report = report(burst(Truth.BLANK))
    path = tmp_path / "own.json"
    write_json(replace(made, runs=(replace(made.runs[0], models=own),)), path)
    assert all("of these weights themselves" in card for card in written(models, path))


def test_a_section_finds_its_place_in_a_card_without_the_usual_headings() -> None:
    card = with_section("# a\n\nwords\n", "pi5", f"{HEADING}\n\none")
    assert card == f"# a\n\nwords\n\n{HEADING}\n\none\n"
    assert with_section(card, "pi5", f"{HEADING}\n\ntwo") == card.replace("one", "two")


@pytest.mark.parametrize(
    ("profile", "said"), [("mainframe", "no profile is named 'mainframe'"), ("pi5", "be read")]
)
def test_what_cannot_be_done_is_one_clear_line(
    profile: str, said: str, models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = two_folds(tmp_path)[0] if profile != "pi5" else tmp_path / "missing.json"
    assert main([str(path), "--profile", profile, "--models", str(models)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line
