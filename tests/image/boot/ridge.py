"""A station in the field, as far as this machine can play it: its card, basecamp, and a board."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.basecamp.field import Broker
from tests.image.boot.card import Card
from tests.image.boot.machine import QUIET, SHELL, UBOOT, Machine, powered
from tests.kit.camp import Camp
from tools.cli import main
from tools.flashing.register import Register, Row

STATION = "ridge-1"
CARD_BYTES = 4 << 30
"""As most cards, larger than the image."""

BOOT_S, ASKED_S = 900.0, 240.0
"""Emulated on a busy machine: waits with an end, and no measure of anything."""


class Ridge:
    """A card with ``image`` on it, basecamp with its broker, and the machine that runs from it."""

    def __init__(self, folder: Path, image: Path, *options: str) -> None:
        self.folder = folder
        self.camp = Camp(_made(folder / "basecamp"))
        self.broker = Broker(_made(folder / "broker"))
        self.card = Card(folder / "card.img")
        self._register = folder / "register.csv"
        self._flash(image, options)
        self.secret = self.card.read("irbis/station.key").strip()
        self.card.add_to_cmdline(f"{SHELL} {QUIET}")
        self.machine: Machine

    @property
    def row(self) -> Row:
        """What the register says of the card."""
        return Register(self._register).done()[STATION]

    def ask(self, command: str, timeout_s: float = ASKED_S) -> str:
        """What ``command`` printed in the machine; it must succeed."""
        return self.machine.console.ask(command, timeout_s)

    def until(
        self, what: str, condition: Callable[[], bool], timeout_s: float, every_s: float = 2.0
    ) -> None:
        """Look every few seconds; fails with the journal's end."""
        end_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > end_s:
                journal = self.machine.console.run("journalctl -b -u 'irbis*' -n 30 --no-pager")[1]
                pytest.fail(f"never happened within {timeout_s:.0f} s: {what}\n{journal}")
            time.sleep(every_s)

    def enter(self) -> None:
        """Wait for the shell, and for the station to be armed."""
        self.machine.console.expect(r":/# ", BOOT_S)
        self.ask("stty -echo; dmesg -n 1; export PAGER=cat SYSTEMD_COLORS=0 COLUMNS=160", BOOT_S)
        self.until("the station arms", self.armed, BOOT_S)

    def armed(self) -> bool:
        return self.machine.console.run("systemctl is-active irbis.service")[1] == "active"

    def _flash(self, image: Path, options: tuple[str, ...]) -> None:
        """As a technician does, and as basecamp takes it."""
        code = main(
            [
                "flash", str(self.card.path), "--image", str(image), "--station-id", STATION,
                "--basecamp", str(self.camp.key.token),
                "--broker", f"mqtt://10.0.2.2:{self.broker.port}",
                "--register", str(self._register), "--labels", str(self.folder / "labels"),
                *options,
            ]
        )  # fmt: skip
        assert code == 0
        with self.card.path.open("r+b") as file:
            file.truncate(CARD_BYTES)
        enrol = ["basecamp", "enrol", "--from", str(self._register)]
        assert main([*enrol, "--data", str(self.camp.folder)]) == 0


@contextmanager
def working(ridge: Ridge, extra: Path | None) -> Iterator[Ridge]:
    """``ridge`` with its machine running, a second disk in it, and basecamp listening."""
    ridge.broker.start()
    try:
        with (
            ridge.camp.serving(ridge.broker),
            powered(ridge.card, ridge.folder, extra) as machine,
        ):
            ridge.machine = machine
            yield ridge
    finally:
        ridge.broker.kill()


def need(*programs: str) -> None:
    """Skip where this machine cannot play a board."""
    for program in ("qemu-system-aarch64", "debugfs", "mke2fs", "mcopy", "zstd", *programs):
        if shutil.which(program) is None:
            pytest.skip(f"needs {program}")
    if not UBOOT.exists():
        pytest.skip("needs u-boot-qemu")


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder
