"""GPIO chips of the kernel's gpio-sim: their lines are pulled up and down from below."""

from __future__ import annotations

from itertools import count
from pathlib import Path

CONFIG = Path("/sys/kernel/config/gpio-sim")
DEVICES = Path("/sys/devices/platform")
_numbers = count()


class SimChip:
    """A chip called ``label`` whose lines bear ``names``; there until ``vanish``."""

    def __init__(self, label: str, names: list[str]) -> None:
        self._config = CONFIG / f"irbis{next(_numbers)}"
        bank = self._config / "bank0"
        bank.mkdir(parents=True)
        (bank / "label").write_text(label)
        (bank / "num_lines").write_text(str(len(names)))
        for offset, name in enumerate(names):
            (bank / f"line{offset}").mkdir()
            (bank / f"line{offset}" / "name").write_text(name)
        (self._config / "live").write_text("1")
        self.name = (bank / "chip_name").read_text().strip()
        self.device = f"/dev/{self.name}"
        self._lines = DEVICES / (self._config / "dev_name").read_text().strip() / self.name

    def pull(self, offset: int, up: bool) -> None:
        """What is wired to the line turns it high or low."""
        (self._lines / f"sim_gpio{offset}" / "pull").write_text("pull-up" if up else "pull-down")

    def pulse(self, offset: int) -> None:
        self.pull(offset, up=True)
        self.pull(offset, up=False)

    def is_high(self, offset: int) -> bool:
        return (self._lines / f"sim_gpio{offset}" / "value").read_text().strip() == "1"

    def vanish(self) -> None:
        """As a chip on a bus that is unplugged; what was open stays open, and is dead."""
        if not self._config.is_dir():
            return
        (self._config / "live").write_text("0")
        bank = self._config / "bank0"
        for line in bank.glob("line*"):
            line.rmdir()
        bank.rmdir()
        self._config.rmdir()
