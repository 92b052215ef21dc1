"""When an update counts as good on a station that is switched off long before it has settled."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.slots.proving import Trial
from tools.slots.state import GOOD, Slots
from tools.slots.uboot import UBootSlots
from tools.update import prove_cycle

ENDED = {"ActiveState": "deactivating", "SubState": "stop-post", "NRestarts": "0", "MainPID": "0"}
WELL = {**ENDED, "StatusText": "armed; 1 burst today; alarms: card-full, no-lorawan"}


@pytest.fixture
def slots(tmp_path: Path) -> UBootSlots:
    """Slot B is on trial."""
    kept = UBootSlots(tmp_path)
    kept.save(Slots().activated("B"))
    return kept


@pytest.fixture
def trial(tmp_path: Path) -> Path:
    path = tmp_path / "rauc/trial"
    Trial("B", "0.2", ("no-lorawan",)).save(path)
    return path


def test_a_whole_cycle_that_ended_in_order_proves_the_slot(slots: UBootSlots, trial: Path) -> None:
    assert prove_cycle("B", slots, trial, lambda: WELL) == 0
    assert slots.verdict("B") == GOOD
    assert not trial.exists()


@pytest.mark.parametrize(
    "line",
    ["", "safe mode: 5 starts in a row did not last", "armed; alarms: selftest-models",
     "armed; alarms: safe-mode", "armed; alarms: no-camera", "armed; alarms: blind",
     "armed; alarms: config-refused", "armed; alarms: no-satellite"],
)  # fmt: skip
def test_a_cycle_of_a_station_that_is_not_well_costs_a_trial(
    slots: UBootSlots, trial: Path, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove_cycle("B", slots, trial, lambda: {**ENDED, "StatusText": line}) == 1
    assert slots.on_trial("B")
    assert slots.on_trial("B") and trial.exists()
    assert "slot B has not proved itself" in capsys.readouterr().err


def test_the_old_slot_proves_nothing_for_the_new_one(slots: UBootSlots, trial: Path) -> None:
    assert prove_cycle("A", slots, trial, lambda: WELL) == 0
    assert slots.on_trial("B") and trial.exists()


def test_where_nothing_is_on_trial_nothing_is_asked(slots: UBootSlots, tmp_path: Path) -> None:
    assert prove_cycle("B", slots, tmp_path / "none", dict) == 0
    assert slots.on_trial("B")
