"""The page says what was measured, on what, and by whom."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import ObservationType
from tests.tools.evaluate.making import WHERE, burst, frame, report, run
from tools.evaluate.labelled import Truth
from tools.evaluate.outcomes import Report, SetInfo
from tools.evaluate.page import page


@pytest.fixture
def valley() -> Report:
    """Two stations with cats, a blank, a goat, a serval and a person."""
    cat = frame(found="animal", drawn=(WHERE,), target=True, label="snow_leopard")
    return report(
        burst(target=True, target_score=0.9, keep_score=0.9, frames=(cat,), name="1", station="n"),
        burst(target_score=0.2, keep_score=0.5, frames=(frame(),), name="2", station="s"),
        burst(Truth.BLANK, ObservationType.BLANK, keep_score=0.1, name="3"),
        burst(Truth.ANIMAL, name="4"),
        burst(Truth.COUSIN, target=True, target_score=0.8, name="5"),
        burst(Truth.HUMAN, frames=(frame(Truth.HUMAN, found="human"),), name="6"),
    )


def test_what_was_promised_comes_first(valley: Report) -> None:
    text = page(valley)
    assert "| snow-leopard bursts kept as target | at least 99 % | 1/1 = 100 % (21-100) |" in text
    assert "| single frames of leopards called target, photographs | at least 95 % | - |" in text
    assert text.index("promised") < text.index("## ")


def test_other_spotted_cats_and_persons_have_rows_of_their_own(valley: Report) -> None:
    text = page(valley)
    assert "| `meadow` | day | other spotted cat |" in text
    assert "| `meadow` | day | person | 1/1 = 100 % (21-100) | 1/1 = 100 % (21-100) |" in text


def test_leopards_are_told_by_station(valley: Report) -> None:
    text = page(valley)
    assert "| n | 1/1 = 100 % (21-100) | 0/1 = 0 % (0-79) | 1/1 = 100 % (21-100) |" in text
    assert "| s | 0/1 = 0 % (0-79) |" in text


def test_curves_are_told_in_words_and_plots_shown(valley: Report) -> None:
    text = page(valley, [("A plot", "images/accuracy-x.png")])
    assert "Average precision of the target score over camera traps: 1.000" in text
    assert "Brier score" in text
    assert "would drop 100 % of 1 blank ones" in text
    assert "![A plot](images/accuracy-x.png)" in text


def test_a_page_says_whether_its_pictures_were_held_out(valley: Report) -> None:
    assert "All pictures were judged by the same models" in page(valley)
    part = replace(valley, runs=(replace(valley.runs[0], part="fold 1/4"),))
    assert "Only a part of the pictures was judged** (fold 1/4)" in page(part)
    assert "**Held out.**" not in page(replace(part, runs=part.runs * 2))
    folds = tuple(run(f"fold {n}/2", detector=f"d{n}@{n}", groups=f"g{n}@{n}") for n in (0, 1))
    assert "**Held out.**" in page(replace(part, runs=folds))


def test_promises_are_told_part_by_part_where_there_are_parts(valley: Report) -> None:
    assert "part by part" not in page(valley)
    second = tuple(replace(b, run=1) if b.station == "s" else b for b in valley.bursts)
    folds = tuple(run(f"fold {n}/2", detector=f"d@{n}") for n in (0, 1))
    text = page(replace(valley, runs=folds, bursts=second))
    assert "| part by part | fold 0/2 | fold 1/2 |" in text
    title = "single frames of leopards called target, camera traps"
    assert f"| {title} | 1/1 = 100 % | 0/1 = 0 % |" in text


def test_a_note_stands_below_the_promises(valley: Report) -> None:
    text = page(replace(valley, notes=("**Chosen** by looking.",)))
    assert text.index("promised") < text.index("**Chosen** by looking.") < text.index("## ")


def test_photographs_are_in_no_sweep_and_no_reliability(valley: Report) -> None:
    """A cat that no trap took would make the threshold look better than it is on a ridge."""
    sets = (*valley.sets, SetInfo("web", "portraits", False))
    portrait = burst(target=True, target_score=0.9, keep_score=0.9, set_name="web", name="p")
    text = page(replace(valley, sets=sets, bursts=(*valley.bursts, portrait)))
    assert "keeping 99 % of 2 leopard bursts" in text
    assert "over 5 bursts of camera traps (40 % of them with a leopard)" in text
    assert "read off these very bursts" in text


def test_a_printed_score_is_translated_to_a_ridge(valley: Report) -> None:
    assert "takes for granted" not in page(valley)
    known = replace(valley, runs=(replace(valley.runs[0], prior=0.38),))
    assert "that 38 % of bursts hold a leopard" in page(known)
    assert "Where 5 % do, a printed 0.5 means about 0.08." in page(known)


def test_thresholds_that_differ_between_runs_are_all_told(valley: Report) -> None:
    (one,) = valley.runs
    other = replace(one, policy={**one.policy, "detect_score": 0.4}, part="fold 1/2")
    text = page(replace(valley, runs=(replace(one, part="fold 0/2"), other)))
    assert "counts from 0.25" in text
    assert "counts from 0.4" in text


def test_individuals_are_told_of_where_they_were_measured(valley: Report) -> None:
    assert "## Individuals" not in page(valley)
    assert "## Individuals" in page(replace(valley, identities={"lines": ["seven of ten"]}))


def test_every_plot_is_drawn_and_the_same_numbers_give_the_same_file(
    valley: Report, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    from tools.evaluate.plots import PLOTS, write_plots

    known = {"cmc": [{"name": "left flanks", "shares": [0.5, 0.75, 1.0]}]}
    told = replace(valley, identities=known)
    written = write_plots(told, tmp_path / "a")
    assert [title for title, _ in written] == [plot.title for plot in PLOTS]
    again = write_plots(told, tmp_path / "b")
    for (_, one), (_, other) in zip(written, again, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_a_plot_of_an_earlier_run_does_not_outlive_its_numbers(
    valley: Report, tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib")
    from tools.evaluate.plots import write_plots

    write_plots(valley, tmp_path)
    assert (tmp_path / "accuracy-blanks.png").exists()
    write_plots(report(burst(Truth.ANIMAL)), tmp_path)
    assert not (tmp_path / "accuracy-blanks.png").exists()


def test_photographs_alone_draw_no_sweep_and_no_reliability(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from tools.evaluate.plots import write_plots

    portraits = (
        burst(target=True, target_score=0.9, keep_score=0.9, name="1"),
        burst(Truth.BLANK, ObservationType.BLANK, name="2"),
    )
    write_plots(report(*portraits, trapped=False), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["accuracy-precision-recall.png"]
