"""What a program writes to a terminal, and how that looks there."""

from __future__ import annotations

import os
import pty
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_PAPER, _INK, _PROMPT = (24, 26, 31), (222, 222, 214), (134, 194, 120)
_SIZE_PX = 15
_MARGIN_PX = 14
_ERASED = re.compile(r"^.*\r\x1b\[K")
_BLOCKS = {"█": (0.0, 1.0), "▀": (0.0, 0.5), "▄": (0.5, 1.0)}
"""Which part of a cell they fill, from its top: drawn as boxes, for a font leaves seams."""


def run(command: Sequence[str], folder: Path) -> list[str]:
    """The lines that stand on the terminal when ``command`` has ended.

    Raises subprocess.CalledProcessError when it fails.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, cwd=folder, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b""))
    os.close(ours)
    if running.returncode:
        raise subprocess.CalledProcessError(running.returncode, command, said)
    text = said.decode("utf-8", "replace").replace("\r\n", "\n")
    return [_ERASED.sub("", line) for line in text.rstrip("\n").split("\n")]


def draw(lines: Sequence[str], path: Path) -> Path:
    """Light on dark, as a QR in half blocks expects; lines after a ``$`` are the person's."""
    import matplotlib

    font_file = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSansMono.ttf")
    font = ImageFont.truetype(str(font_file), _SIZE_PX)
    wide, high = round(font.getlength("M")), _SIZE_PX + 4
    most = max(map(len, lines))
    size = 2 * _MARGIN_PX + most * wide, 2 * _MARGIN_PX + len(lines) * high
    screen = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(screen)
    for row, line in enumerate(lines):
        colour = _PROMPT if line.startswith("$") else _INK
        for column, letter in enumerate(line):
            left, top = _MARGIN_PX + column * wide, _MARGIN_PX + row * high
            if letter in _BLOCKS:
                above, below = (round(top + share * high) for share in _BLOCKS[letter])
                pen.rectangle((left, above, left + wide - 1, below - 1), _INK)
            else:
                pen.text((left, top), letter, colour, font)
    screen.quantize(16).save(path, optimize=True)
    return path


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 4096)
    except OSError:
        return b""  # the program has ended
