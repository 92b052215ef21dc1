"""The station's log, as a technician reads it."""

from __future__ import annotations

import logging

import pytest

from edge.listener import LogListener
from edge.records import Judgement, ObservationType, Verdict


def _judged(target: bool) -> Judgement:
    verdict = Verdict(ObservationType.ANIMAL, target, 0.9, (), 1, "Panthera pardus 0.96")
    return Judgement(verdict, ())


@pytest.mark.parametrize(("target", "what"), [(True, "TARGET, kept"), (False, "animal, kept")])
def test_a_leopard_stands_out_from_other_animals(
    target: bool, what: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "irbis"):
        LogListener().settled("0198c4f2" * 4, _judged(target), kept=True, audited=False, items=1)
    assert f"burst 0198c4f2: {what} (Panthera pardus 0.96)" in caplog.text


@pytest.mark.parametrize(
    ("state", "level"),
    [
        ("connected to mqtt://broker:1883", logging.INFO),
        ("mqtt://broker:1883: no broker answers (refused); everything is kept", logging.WARNING),
    ],
)
def test_a_quiet_log_still_tells_of_a_broken_uplink(
    state: str, level: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "irbis"):
        LogListener().link(state)
    assert [(entry.levelno, entry.getMessage()) for entry in caplog.records] == [
        (level, f"uplink: {state}")
    ]
