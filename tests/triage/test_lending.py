"""The eyes that judge are lent between two bursts, and never while they look at one."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from edge.config import Triage
from edge.records import Detection, Vitals
from edge.security.keys import BasecampKey, StationKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.triage.attempts import Attempts
from edge.triage.stage import TriageStage
from edge.vision.eyes import Eyes
from edge.wire.sealing import Identity
from tests.kit.station import Notes
from tests.spool.makers import a_burst

BASECAMP = BasecampKey.generate()
PATIENCE_S = 30.0


class SlowFinder:
    """Looks until it is let go."""

    def __init__(self) -> None:
        self.looks, self.let_go = threading.Event(), threading.Event()

    def find(self, pixels: np.ndarray, least_score: float) -> tuple[Detection, ...]:
        self.looks.set()
        assert self.let_go.wait(PATIENCE_S)
        return ()


@pytest.fixture
def spool(tmp_path: Path):
    with Spool(tmp_path / "spool", BASECAMP.token.seal, Budget(0, 0)) as opened:
        yield opened


def stage_of(spool: Spool, eyes: Eyes) -> TriageStage:
    identity = Identity("ridge-1", StationKey.generate(), BASECAMP.token)
    attempts = Attempts(None, "x")
    return TriageStage(spool, lambda: eyes, Triage(), identity, attempts, Notes(), Vitals, 24)


def test_they_are_loaded_for_who_asks_before_the_first_burst(spool: Spool) -> None:
    stage = stage_of(spool, Eyes(blindness="no model"))
    assert stage.between_bursts(lambda eyes: eyes.blindness, 0.0) == "no model"
    assert stage.eyes is not None


def test_who_asks_while_a_burst_is_judged_waits_for_its_end(spool: Spool, jpeg_burst) -> None:
    finder = SlowFinder()
    eyes = Eyes(finder=finder, namer=finder)  # type: ignore[arg-type]
    stage = stage_of(spool, eyes)
    spool.admit(jpeg_burst)
    judging = threading.Thread(target=stage.step)
    judging.start()
    assert finder.looks.wait(PATIENCE_S)
    assert stage.between_bursts(lambda _: "lent", 0.05) is None
    finder.let_go.set()
    assert stage.between_bursts(lambda _: "lent", PATIENCE_S) == "lent"
    judging.join(PATIENCE_S)
    assert spool.unjudged() == 0


@pytest.fixture
def jpeg_burst():
    from dataclasses import replace

    from tests.kit.pictures import jpeg, meadow

    burst = a_burst(1, frames=1)
    return replace(burst, frames=(replace(burst.frames[0], data=jpeg(meadow(1))),))
