"""A card is flashed, and taken in by its station: what the terminal and the boot partition show."""

from __future__ import annotations

import sys
from pathlib import Path

from edge.security.keys import BasecampKey
from tools.flashing.boot import boot_of
from tools.pictures import terminal

_CONFIG = """\
[station]
basecamp = "{token}"

[capture]
camera = "pi"

[[capture.triggers]]
kind = "gpio"
line = "GPIO17"

[uplink]
broker = "mqtts://camp.example.org:8883"
username = "{{station}}"
"""
_FLASH = "flash card.img --image irbis.img.zst --station-id ridge-7 --config station.toml"


def draw(out: Path, image: Path, scratch: Path) -> list[Path]:
    """``technician-flash.png`` and ``technician-boot.png``; a file stands in for the card, and the
    hand-over is taken in by `irbis firstboot` on folders. Raises CalledProcessError."""
    token = BasecampKey.generate().token
    (scratch / "station.toml").write_text(_CONFIG.format(token=token), encoding="utf-8")
    for suffix in ("", ".sha256"):
        (scratch / f"irbis.img.zst{suffix}").symlink_to(f"{image}{suffix}")
    (scratch / "irbis.img.bmap").symlink_to(image.with_suffix(".bmap"))
    flashed = terminal.run(_irbis(_FLASH), scratch)
    shown = [f"$ sudo .venv/bin/irbis {_FLASH}", *flashed]
    return [
        terminal.draw(shown, out / "technician-flash.png"),
        terminal.draw(_taken_in(scratch), out / "technician-boot.png"),
    ]


def _taken_in(scratch: Path) -> list[str]:
    """The boot partition's folder as it comes from the technician, and after the first boot."""
    card, here = boot_of(scratch / "card.img"), scratch / "IRBISBOOT/irbis"
    here.mkdir(parents=True)
    for name in card.names():
        (here / name).write_bytes(card.read(name))
    before = _listed(here)
    words = "firstboot --boot IRBISBOOT --etc etc --root ."
    terminal.run(_irbis(words), scratch)
    told = (here / "identity.txt").read_text(encoding="utf-8").splitlines()
    return [
        "before:", "$ ls IRBISBOOT/irbis", before, "",
        "after the first boot:", "$ ls IRBISBOOT/irbis", _listed(here),
        "$ cat IRBISBOOT/irbis/identity.txt", *told,
    ]  # fmt: skip


def _listed(folder: Path) -> str:
    return "  ".join(sorted(path.name for path in folder.iterdir()))


def _irbis(words: str) -> list[str]:
    return [sys.executable, "-m", "tools.cli", *words.split()]
