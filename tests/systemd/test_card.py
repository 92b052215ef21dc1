"""A card that turns read-only under a station, and the new start of the machine that mends it.

The file system is a real ext4 and PID 1 a real systemd. What this does not show: a card that gives
nothing back at all, and the reset of a board.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit.camp import Camp
from tests.kit.card import rows
from tests.kit.ext4 import checked, made, mounted, report_an_error
from tests.systemd.booted import eventually
from tests.systemd.trap import Trap

CARD_BYTES = 48_000_000
QUICK = {"card_fails_s": 1.0, "reboot_apart_s": 0.0}


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """The image of a card."""
    return made(tmp_path / "card.img", CARD_BYTES)


def armed(trap: Trap, camp: Camp, **daemon: float) -> None:
    """A station that asks for a new start of its machine soon, unless ``daemon`` says otherwise."""
    trap.prepare(camp, **{**QUICK, **daemon})
    trap.boot()
    trap.heard("armed")


def test_the_machine_starts_anew_and_then_the_station_catches_again(
    trap: Trap, camp: Camp, card: Path
) -> None:
    with mounted(trap.state, card):
        armed(trap, camp)
        report_an_error(trap.state)
        trap.heard("takes no writes (it has become read-only)")
        eventually(trap.asked_to_start_anew, "the machine starts anew")
        trap.cut()
    checked(card)
    with mounted(trap.state, card):
        trap.lay("one")
        trap.boot()
        trap.heard("TARGET, kept")
        trap.stop()
        assert rows(trap.state / "spool", "SELECT state FROM bursts") == [("judged",)]


def test_one_that_finds_its_card_read_only_at_its_start_has_the_machine_start_anew(
    trap: Trap, camp: Camp, card: Path
) -> None:
    """A new process alone would be refused for ever."""
    with mounted(trap.state, card):
        armed(trap, camp)
        trap.stop()
        report_an_error(trap.state)
        trap.run("systemctl", "start", "--no-block", "irbis")
        eventually(trap.asked_to_start_anew, "the machine starts anew")


def test_a_machine_that_started_just_now_is_left_alone(trap: Trap, camp: Camp, card: Path) -> None:
    """A card that is beyond mending must not have it start for ever."""
    with mounted(trap.state, card):
        armed(trap, camp, reboot_apart_s=1e9)
        report_an_error(trap.state)
        eventually(lambda: "card-failing" in trap.show("StatusText"), "the alarm stands")
        assert not (trap.run("ls", "/run/irbis/reboot").startswith("/run"))
        assert trap.show("ActiveState", "irbis-reboot.path") == "active"
        assert trap.show("ActiveState") == "active"
        trap.stop()
