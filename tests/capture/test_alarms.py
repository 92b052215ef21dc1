"""What is wrong with lens and sensors stands as an alarm while it lasts."""

from __future__ import annotations

from pathlib import Path

from edge.capture.alarms import AlarmStage
from edge.security.keys import BasecampKey
from edge.spool.retention import Budget
from edge.spool.spool import Spool


def test_alarms_come_and_go_and_those_of_others_stay(tmp_path: Path, memory: Path) -> None:
    seal = BasecampKey.generate().token.seal
    spool = Spool(tmp_path / "spool", seal, Budget(0, 1_000_000), memory)
    ledger = spool.ledger
    ledger.raise_alarm("models", "not ours")
    ledger.raise_alarm("no-camera", "of a run before")
    standing: dict[str, str] = {}
    stage = AlarmStage(lambda: dict(standing), ledger)
    try:
        assert stage.step()
        assert ledger.alarms() == {"models": "not ours"}
        assert not stage.step()
        standing["sensor-storm"] = "pir: fires too often"
        assert stage.step()
        assert ledger.alarms()["sensor-storm"] == "pir: fires too often"
        standing.clear()
        stage.step()
        assert ledger.alarms() == {"models": "not ours"}
    finally:
        spool.close()
