"""What a running station says of its camera and its modems, which it has in use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from edge.health.beats import Beats
from edge.health.clock import ClockState
from edge.health.elapsed import Elapsed
from edge.health.memory_file import MemoryFile
from edge.health.root import on_trial, slot
from edge.health.selftest import Found, State, failed, passed
from edge.health.selftest_camera import check_camera
from edge.health.selftest_picture import drawn
from edge.health.selftest_radio import check_radio
from edge.health.selftest_stage import FIRST_S, SelftestStage
from edge.records import ClockQuality
from edge.security.keys import BasecampKey
from edge.spool.spool import Spool
from edge.uplink.modem_watch import ModemWatch
from edge.vision.decode import Pixels
from tests.kit.station import Notes
from tools.slots.proving import Trial

BLACK = np.zeros((240, 320, 3), np.uint8)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path / "spool", BasecampKey.generate().token.seal) as spool:
        yield spool


@dataclass
class Lens:
    """One that gives ``pixels``."""

    pixels: Pixels | None
    is_day: bool | None = True
    blind: tuple[str, str] | None = None

    def blindness(self) -> tuple[str, str] | None:
        return self.blind

    def picture(self, wait_s: float) -> Pixels | None:
        return self.pixels

    def daylight(self) -> bool | None:
        return self.is_day


@pytest.mark.parametrize(
    ("lens", "state"),
    [
        (None, State.UNTRIED),
        (Lens(drawn(320, 240)), State.PASSED),
        (Lens(drawn(320, 240), is_day=False), State.PASSED),
        (Lens(BLACK), State.FAILED),
        (Lens(BLACK, is_day=False), State.UNTRIED),
        (Lens(BLACK, is_day=None), State.UNTRIED),
        (Lens(BLACK + 255, is_day=False), State.FAILED),
        (Lens(None), State.UNTRIED),
        (Lens(None, blind=("it was unplugged", "no-camera")), State.FAILED),
    ],
    ids=["another program's", "well", "well by night", "a cap", "dark", "where?", "white", "busy",
         "unplugged"],
)  # fmt: skip
def test_a_camera_is_judged_by_its_picture(lens: Lens | None, state: State) -> None:
    assert check_camera(lens).state is state


def test_modems_are_as_their_links_know_them(spool: Spool) -> None:
    modems = {name: ModemWatch(f"no-{name}", spool.ledger) for name in ("lorawan", "satellite")}
    assert check_radio(modems).state is State.UNTRIED
    modems["lorawan"].found()
    modems["satellite"].lost("no answer to AT")
    found = check_radio(modems)
    assert (found.state, found.alarm) == (State.FAILED, "no-satellite")
    assert "satellite: no answer to AT" in found.detail
    modems["satellite"].found()
    assert check_radio(modems).state is State.PASSED


@dataclass
class Asked:
    """A self-test with one part, a clock, and how often it was asked."""

    found: Found
    times: int = 0
    now_s: float = 0.0

    def check(self) -> Found:
        self.times += 1
        return self.found

    def stage(self, spool: Spool, done: Beats | None = None, slot: str = "A") -> SelftestStage:
        return SelftestStage(
            {"radio": self.check}, spool.ledger, Notes(), spool.keepsake("results"),
            lambda: datetime(2026, 6, 1, tzinfo=UTC), lambda: self.now_s, done, {"slot": slot},
        )  # fmt: skip


def test_what_has_an_alarm_already_gets_no_second_one(spool: Spool) -> None:
    asked = Asked(failed("no answer", "see to it", "no-lorawan"))
    stage = asked.stage(spool)
    asked.now_s += FIRST_S
    stage.step()
    assert asked.times == 1
    assert spool.ledger.alarms() == {}


def test_whoever_waits_for_it_waits_until_the_status_line_tells(spool: Spool) -> None:
    asked = Asked(passed("well"))
    stage = asked.stage(spool)
    assert not stage.is_told
    asked.now_s += FIRST_S
    stage.step()
    assert not stage.is_told
    asked.now_s += 60.0
    assert stage.is_told


def test_the_other_slot_is_tested_anew_within_the_day(spool: Spool, tmp_path: Path) -> None:
    asked = Asked(passed("well"))
    elapsed = Elapsed(lambda: ClockState(ClockQuality.NTP))
    for number, name in enumerate(("A", "A", "B", "B"), start=1):
        done = Beats(MemoryFile(tmp_path / "done"), elapsed, 86_400.0)
        stage = asked.stage(spool, done, name)
        asked.now_s += FIRST_S
        stage.step()
        assert asked.times == (1 if number < 3 else 2)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("root=LABEL=ROOTB rw quiet", "B"),
        ("quiet rauc.slot=A root=/dev/vda2", "A"),
        ("root=/dev/mmcblk0p2", ""),
    ],
)
def test_the_slot_is_what_the_kernel_was_told(tmp_path: Path, line: str, name: str) -> None:
    (tmp_path / "cmdline").write_text(line)
    assert slot(tmp_path / "cmdline") == name
    assert slot(tmp_path / "none") == ""


def test_an_update_is_on_trial_in_its_own_slot_alone(tmp_path: Path) -> None:
    (tmp_path / "cmdline").write_text("root=LABEL=ROOTB")
    assert not on_trial(tmp_path / "trial", tmp_path / "cmdline")
    Trial("B", "0.2", ()).save(tmp_path / "trial")
    assert on_trial(tmp_path / "trial", tmp_path / "cmdline")
    (tmp_path / "cmdline").write_text("root=LABEL=ROOTA")
    assert not on_trial(tmp_path / "trial", tmp_path / "cmdline")
    (tmp_path / "trial").write_bytes(b"\xff torn")
    assert not on_trial(tmp_path / "trial", tmp_path / "cmdline")
