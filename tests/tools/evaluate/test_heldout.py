"""A page says *held out* only of what can have been."""

from __future__ import annotations

import pytest

from tests.tools.evaluate.making import run
from tools.evaluate.heldout import provenance
from tools.evaluate.outcomes import Run


def told(*runs: Run) -> str:
    return " ".join(" ".join(provenance(runs)).split())


def fold(number: int, folds: int = 2, **models: str) -> Run:
    """A fold with a detector and groups of its own, unless told otherwise."""
    own = {"detector": f"d@{number}", "groups": f"g@{number}", "parts": "p@9"}
    return run(f"fold {number}/{folds}", **{**own, **models})


def test_every_fold_with_models_of_its_own_is_held_out() -> None:
    words = told(fold(0), fold(1))
    assert "**Held out.**" in words
    assert "by a detector and a groups model of its own" in words


def test_what_judged_every_part_is_named() -> None:
    assert "the same model judged every part: parts `p@9`" in told(fold(0), fold(1))
    assert "same model judged every part" not in told(fold(0), fold(1, parts="q@8"))


def test_a_fold_that_is_missing_is_named() -> None:
    words = told(fold(0, 4), fold(2, 4))
    assert "not held out as a whole:** fold 1/4, fold 3/4 missing." in words
    assert "**Held out.**" not in words


@pytest.mark.parametrize("role", ["detector", "groups"])
def test_a_model_that_judged_two_folds_was_held_out_from_neither(role: str) -> None:
    words = told(fold(0, **{role: "same@5"}), fold(1, **{role: "same@5"}))
    assert f"not every part was judged by a {role} of its own" in words
    assert "**Held out.**" not in words


def test_the_same_weights_under_another_name_are_the_same() -> None:
    words = told(fold(0, detector="north@5"), fold(1, detector="south@5"))
    assert "not every part was judged by a detector of its own" in words


@pytest.mark.parametrize("part", [None, "stations 4, 5", "fold 0/3"])
def test_parts_of_different_divisions_are_no_whole(part: str | None) -> None:
    words = told(fold(0), run(part, detector="d@7", groups="g@7"))
    assert "not folds of one division" in words
    assert "**Held out.**" not in words


def test_one_run_was_judged_by_the_same_models() -> None:
    assert "judged by the same models" in told(run())
    assert "Only a part" in told(run("fold 0/4"))
