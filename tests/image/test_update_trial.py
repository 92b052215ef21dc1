"""When an update counts as good: the station's word to systemd, watched by a clock of our own."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from edge.health.boot_loop import Terms
from tools import update
from tools.cli import main
from tools.slots import tryboot
from tools.slots.proving import (
    GIVEN_UP_S,
    LOOKED_EVERY_S,
    SETTLED_S,
    Trial,
    TrialFailed,
    alarms_of,
    prove,
    wrong_with,
)
from tools.slots.state import BAD, Slots
from tools.slots.uboot import UBootSlots
from tools.update import UpdateRefused, install, older, told

WELL = {
    "ActiveState": "active", "SubState": "running", "NRestarts": "0", "MainPID": "300",
    "StatusText": "armed; 2 bursts today",
}  # fmt: skip
STARTING = {**WELL, "ActiveState": "activating", "SubState": "start", "StatusText": ""}
TRIAL = Trial("B", "0.2", ("no-lorawan",))


class Time:
    """Seconds that pass only by waiting."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def now(self) -> float:
        return self.now_s

    def wait(self, seconds: float) -> None:
        self.now_s += seconds


def judged(states: Iterator[Mapping[str, str]]) -> float:
    """Seconds until the trial is over. Raises TrialFailed."""
    time = Time()
    prove(TRIAL, lambda: next(states), time.now, time.wait)
    return time.now_s


def forever(*states: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Each state for a minute, the last one on and on."""
    for state in states[:-1]:
        yield from (state for _ in range(6))
    while True:
        yield states[-1]


def test_a_station_that_stays_armed_has_proved_itself() -> None:
    assert judged(forever(STARTING, WELL)) == 60 + SETTLED_S


def test_a_station_that_restarts_begins_anew() -> None:
    assert judged(forever(WELL, {**WELL, "MainPID": "301", "NRestarts": "1"})) == 60 + SETTLED_S


def test_a_station_that_keeps_dying_is_given_up() -> None:
    def dying() -> Iterator[Mapping[str, str]]:
        for restarts in range(1000):
            yield from ({**WELL, "NRestarts": str(restarts)} for _ in range(3))

    with pytest.raises(TrialFailed, match=r"version 0\.2 in slot B"):
        judged(dying())


@pytest.mark.parametrize(
    ("shown", "why"),
    [
        (STARTING, "activating, not armed"),
        ({}, "not known"),
        ({**WELL, "StatusText": "safe mode: catches, judges nothing"}, "safe mode"),
        ({**WELL, "StatusText": "armed; alarms: safe-mode"}, "new alarms: safe-mode"),
        ({**WELL, "StatusText": "armed; alarms: selftest-models"}, "selftest-models"),
    ],
)
def test_what_is_wrong_is_told_and_ends_in_giving_up(shown: dict[str, str], why: str) -> None:
    assert why in wrong_with(shown, TRIAL.alarms)
    with pytest.raises(TrialFailed, match=why):
        judged(forever(WELL, shown))


def test_a_root_whose_station_dies_before_a_start_counts_as_lasting_does_not_prove_itself() -> None:
    def dying() -> Iterator[Mapping[str, str]]:
        for restarts in range(1000):
            looks = int(Terms().settled_s / LOOKED_EVERY_S) - 1
            yield from ({**WELL, "NRestarts": str(restarts)} for _ in range(looks))

    with pytest.raises(TrialFailed):
        judged(dying())


def test_there_is_time_to_arm_to_settle_and_to_be_given_up_before_systemd_gives_up() -> None:
    units = Path(__file__).parents[2] / "systemd"
    arming, proving = (
        int(re.search(r"^TimeoutStartSec=(\d+)min$", (units / unit).read_text(), re.M)[1]) * 60  # type: ignore[index]
        for unit in ("irbis.service", "slots/irbis-prove.service")
    )
    assert arming + SETTLED_S < GIVEN_UP_S < proving


def test_a_radio_that_was_broken_before_is_not_the_updates_fault() -> None:
    shown = {**WELL, "StatusText": "armed; 1 burst today; alarms: card-full, no-lorawan"}
    assert alarms_of(shown) == ("card-full", "no-lorawan")
    assert wrong_with(shown, TRIAL.alarms) == ""


def test_a_trial_is_remembered_over_a_restart(tmp_path: Path) -> None:
    assert Trial.load(tmp_path / "rauc/trial") is None
    TRIAL.save(tmp_path / "rauc/trial")
    assert Trial.load(tmp_path / "rauc/trial") == TRIAL


@pytest.mark.parametrize(
    ("one", "other", "is_older"),
    [
        ("0.1.0", "0.2.0", True),
        ("0.10", "0.9", False),
        ("0.2", "0.2", False),
        ("0.2", "0.2+3", True),
    ],
)
def test_versions_are_compared_by_their_numbers(one: str, other: str, is_older: bool) -> None:
    assert older(one, other) is is_older


def test_nothing_is_installed_while_a_slot_is_on_trial(tmp_path: Path) -> None:
    slots = UBootSlots(tmp_path)
    slots.save(Slots().activated("B"))
    bundle = tmp_path / "new.raucb"
    bundle.touch()
    with pytest.raises(UpdateRefused, match="itself on trial"):
        install(bundle, slots, "B", downgrade=False)


def test_a_pi_with_debians_kernel_takes_none_and_says_what_does(
    card: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (card / "boot/config.txt").write_text("os_prefix=a/\n")
    monkeypatch.setattr(tryboot.platform, "release", lambda: "6.1.0-25-arm64")
    bundle, before = card / "new.raucb", (card / "trial").read_bytes()
    bundle.touch()
    assert main(["update", str(bundle)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "Debian's kernel (6.1.0-25-arm64)" in said and "without --kernel debian" in said
    assert (card / "trial").read_bytes() == before


def test_the_slots_are_told_in_a_line_each(tmp_path: Path) -> None:
    slots = UBootSlots(tmp_path)
    slots.save(Slots().activated("B"))
    assert told(slots, "A") == ["slot A: good, runs", "slot B: good, starts next"]


@pytest.fixture
def card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A card that runs from slot A; an update in slot B was given up."""
    (tmp_path / "boot").mkdir()
    (tmp_path / "cmdline").write_text("console=ttyAMA0 root=LABEL=ROOTA ro")
    monkeypatch.setattr(update, "BOOT", tmp_path / "boot")
    monkeypatch.setattr(update, "CMDLINE", tmp_path / "cmdline")
    monkeypatch.setattr(update, "TRIAL", tmp_path / "trial")
    UBootSlots(tmp_path / "boot").save(Slots().activated("B").marked("B", BAD))
    TRIAL.save(tmp_path / "trial")
    return tmp_path


def test_after_a_trial_that_failed_the_old_slot_says_so_once(
    card: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["update", "--prove"]) == 0
    assert "version 0.2 did not prove itself" in capsys.readouterr().out
    assert not (card / "trial").exists()


@pytest.mark.parametrize("broken", ["data", "boot"])
def test_the_old_slot_is_never_restarted_for_what_it_cannot_write_or_read(
    card: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    """irbis-prove.service restarts the machine whenever its program fails."""
    if broken == "data":
        monkeypatch.setattr(Path, "unlink", read_only)
    else:
        for copy in (card / "boot").iterdir():
            copy.unlink()
    assert main(["update", "--prove"]) == 0


def test_a_slot_that_has_proved_itself_is_not_restarted_for_a_trial_that_cannot_be_forgotten(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slots = UBootSlots(card / "boot")
    slots.save(Slots().activated("A"))
    Trial("A", "0.2", ()).save(card / "trial")
    monkeypatch.setattr(update, "prove", lambda *_: None)
    monkeypatch.setattr(Path, "unlink", read_only)
    assert main(["update", "--prove"]) == 0
    assert not slots.on_trial("A")


def read_only(*_: object, **__: object) -> None:
    raise OSError(errno.EROFS, os.strerror(errno.EROFS))
