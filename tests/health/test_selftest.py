"""The self-test: each fault it is there for shows, and what is well passes."""

from __future__ import annotations

import json
import sqlite3
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from edge.config import Triage
from edge.health.clock import ClockState
from edge.health.memory_file import MemoryFile
from edge.health.selftest import State, examine, failed, passed, worst
from edge.health.selftest_models import answer_of, check_models, stored_answers
from edge.health.selftest_parts import (
    check_clock,
    check_keys,
    check_spool,
    check_spool_here,
    looked_at,
)
from edge.health.selftest_picture import TOLERANCE, drawn
from edge.health.selftest_room import check_room
from edge.health.selftest_stage import FIRST_S, SelftestStage
from edge.records import ClockQuality
from edge.security.keys import BasecampKey, StationKey
from edge.spool.errors import SpoolFull
from edge.spool.ledger import Ledger
from edge.spool.retention import Budget
from edge.spool.spool import Spool
from edge.wire.sealing import Identity
from models.registry import load_registry
from tests.kit.station import Notes
from tests.spool.makers import a_burst

CAMP, STATION = BasecampKey.generate(), StationKey.generate()
REGISTRY = load_registry()
NETWORKS = [one for one in REGISTRY.entries.values() if one.path.suffix == ".tflite"]


@pytest.fixture
def spool(tmp_path):
    with Spool(tmp_path / "spool", CAMP.token.seal, Budget(0, 0)) as spool:
        yield spool


@pytest.mark.parametrize("entry", NETWORKS, ids=lambda one: one.name)
def test_every_shipped_network_has_a_stored_answer_and_gives_it(entry):
    stored = stored_answers().get(entry.sha256)
    assert stored, "after a model was made anew: irbis selftest --store-answers"
    off = max(mine.off(theirs) for mine, theirs in zip(stored, answer_of(entry), strict=True))
    assert off <= TOLERANCE / 2


def test_the_models_of_a_station_answer_as_stored():
    found = check_models(Triage())
    assert found.state is State.PASSED
    assert "irbis-detector-320" in found.detail


def test_another_detector_in_the_detectors_place_shows():
    stored = stored_answers()
    mine, other = (REGISTRY.get(f"irbis-detector-{size}").sha256 for size in (320, 448))
    found = check_models(Triage(), {**stored, mine: stored[other]})
    assert found.state is State.FAILED
    assert "the answer is off by" in found.detail


def test_an_interpreter_that_computes_wrongly_shows(monkeypatch):
    from edge.vision import interpreter

    right = interpreter._feeder

    def swapped(details, spec):  # as one that reads colours in the wrong order would
        feed = right(details, spec)
        return lambda image, tensor: feed(np.ascontiguousarray(image[:, :, ::-1]), tensor)

    monkeypatch.setattr(interpreter, "_feeder", swapped)
    assert check_models(Triage()).state is State.FAILED


def test_a_corrupt_model_file_shows(tmp_path):
    from shutil import copytree

    copytree(REGISTRY.entries["irbis-groups"].path.parent, tmp_path / "models")
    file = tmp_path / "models" / REGISTRY.get("irbis-detector-320").path.name
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    found = check_models(Triage(models=tmp_path / "models"))
    assert found.state is State.FAILED


def test_the_picture_is_the_same_everywhere():
    pixels = drawn(320, 320)
    assert (pixels.shape, pixels.dtype) == ((320, 320, 3), np.uint8)
    assert int(pixels.astype(np.int64).sum()) == 34_484_299


def test_keys_sign_and_seal():
    assert check_keys(Identity("ridge-1", STATION, CAMP.token)).state is State.PASSED


def clock(at, quality=ClockQuality.NTP):
    return ClockState(quality, at - datetime.now(UTC))


@pytest.mark.parametrize("year", [1970, 2024, 2106])
def test_a_clock_that_cannot_be_is_a_doubt(year):
    assert check_clock(clock(datetime(year, 6, 1, tzinfo=UTC))).state is State.DOUBT


def test_a_clock_that_nothing_set_is_a_doubt():
    now = datetime(2026, 6, 1, tzinfo=UTC)
    assert check_clock(clock(now, ClockQuality.UNSET)).state is State.DOUBT
    assert check_clock(clock(now + timedelta(days=1))).state is State.PASSED


def test_a_card_without_room_fails(tmp_path):
    assert check_room(tmp_path, Budget(0, 0)).state is State.PASSED
    assert check_room(tmp_path, Budget(0, 10**18)).state is State.FAILED


def test_the_stations_own_spool_writes_and_reads(spool):
    assert check_spool_here(spool).state is State.PASSED


def test_a_spool_that_somebody_holds_is_left_alone(spool, tmp_path):
    assert check_spool(tmp_path / "spool").state is State.UNTRIED


def test_a_whole_spool_passes_and_one_that_lost_a_file_fails(spool, tmp_path):
    spool.admit(a_burst(1))
    spool.close()
    assert check_spool(tmp_path / "spool").state is State.PASSED
    [file] = (tmp_path / "spool" / "evidence").rglob("*.burst")
    file.unlink()
    found = check_spool(tmp_path / "spool")
    assert (found.state, found.detail) == (State.FAILED, "1 of 1 bursts have lost their file")


def test_a_damaged_database_fails_and_is_left_as_it_is(spool, tmp_path):
    spool.close()
    path = tmp_path / "spool" / "spool.db"
    data = bytearray(path.read_bytes())
    data[100:4096] = bytes(3996)
    path.write_bytes(data)
    assert check_spool(tmp_path / "spool").state is State.FAILED
    assert path.read_bytes() == bytes(data)


@pytest.mark.parametrize("level", [0, 3, 128, 255])
def test_a_picture_of_nothing_fails(level):
    assert looked_at(np.full((240, 320, 3), level, np.uint8)).state is State.FAILED


def test_a_picture_of_something_passes():
    assert looked_at(drawn(320, 240)).state is State.PASSED


def test_a_check_that_breaks_is_a_finding_and_hides_no_other():
    def broken():
        raise sqlite3.OperationalError("disk I/O error")

    results = examine({"spool": broken, "keys": lambda: passed("well")})
    assert [one.found.state for one in results] == [State.FAILED, State.PASSED]
    assert worst(results) is State.FAILED


def test_a_failure_is_one_alarm_until_it_passes(spool, tmp_path):
    finding, now_s, notes = [failed("all black", "take the cap off")], [0.0], Notes()
    memory = MemoryFile(Path(tmp_path / "results"))
    stage = SelftestStage(
        {"camera": lambda: finding[0]},
        spool.ledger,
        notes,
        memory,
        lambda: datetime(2026, 6, 1, tzinfo=UTC),
        lambda: now_s[0],
    )
    stage.step()
    assert spool.ledger.alarms() == {}, "arming and the first bursts come first"
    for _ in range(3):
        now_s[0] += FIRST_S + 86_400
        stage.step()
        assert spool.ledger.alarms() == {"selftest-camera": "all black; take the cap off"}
    assert len(notes.troubles) == 1
    assert json.loads(memory.load() or b"")["state"] == "failed"
    finding[0] = passed("gives pictures")
    now_s[0] += 86_400
    stage.step()
    assert spool.ledger.alarms() == {}


def test_a_card_that_refuses_its_alarm_does_not_make_it_examine_itself_all_the_time(spool):
    examined, now_s = [], [0.0]

    def check():
        examined.append(now_s[0])
        return failed("is broken", "mend it")

    class Full(Ledger):
        def raise_alarm(self, name, text):
            raise SpoolFull("no room")

    stage = SelftestStage(
        {"card": check}, Full(None), Notes(), MemoryFile(Path("nowhere/at/all")),
        lambda: datetime(2026, 6, 1, tzinfo=UTC), lambda: now_s[0],
    )  # fmt: skip
    for _ in range(1800):
        with suppress(SpoolFull):
            stage.step()
        now_s[0] += 2.0  # as long as a loop waits after what failed
    assert 2 <= len(examined) <= 7


def test_eyes_that_are_loaded_are_asked_and_not_loaded_again(monkeypatch):
    from edge.vision import eyes as eyes_module

    eyes = eyes_module.open_eyes(Triage())
    monkeypatch.setattr(eyes_module, "open_eyes", lambda *_: pytest.fail("loaded twice"))
    assert check_models(Triage(), eyes=eyes).state is State.PASSED


def test_a_file_that_rotted_under_loaded_eyes_shows(tmp_path):
    from shutil import copytree

    from edge.vision.eyes import open_eyes

    copytree(REGISTRY.entries["irbis-groups"].path.parent, tmp_path / "models")
    policy = Triage(models=tmp_path / "models")
    eyes = open_eyes(policy)
    file = tmp_path / "models" / REGISTRY.get("irbis-detector-320").path.name
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    [result] = examine({"models": lambda: check_models(policy, eyes=eyes)})
    assert result.found.state is State.FAILED
