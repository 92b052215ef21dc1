"""A burst that ends the process again and again is not tried for ever."""

from __future__ import annotations

from pathlib import Path

from edge.triage.attempts import Attempts


def test_attempts_outlive_the_process(tmp_path: Path) -> None:
    assert [Attempts(tmp_path, "spool").begin("a") for _ in range(3)] == [1, 2, 3]


def test_another_burst_is_counted_anew(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path, "spool")
    attempts.begin("a")
    assert attempts.begin("b") == 1
    assert attempts.begin("a") == 1


def test_a_settled_burst_leaves_nothing(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path, "spool")
    attempts.begin("a")
    attempts.end()
    attempts.end()
    assert list(tmp_path.iterdir()) == []


def test_spools_are_counted_apart(tmp_path: Path) -> None:
    Attempts(tmp_path, "one").begin("a")
    assert Attempts(tmp_path, "two").begin("a") == 1


def test_a_note_that_is_not_one_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "spool.attempts").write_bytes(b"\xff\xfe")
    assert Attempts(tmp_path, "spool").begin("a") == 1


def test_memory_that_is_gone_keeps_no_burst_from_its_judge(tmp_path: Path) -> None:
    attempts = Attempts(tmp_path / "gone", "spool")
    assert attempts.begin("a") == 1
    attempts.end()


def test_without_memory_a_process_counts_its_own() -> None:
    attempts = Attempts(None, "spool")
    assert [attempts.begin(burst) for burst in "aab"] == [1, 2, 1]
    assert Attempts(None, "spool").begin("b") == 1
    attempts.end()
