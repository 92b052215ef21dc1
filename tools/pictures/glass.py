"""`irbis shot` through the replay camera, and what the station says of a glass that was spoilt.

The photographs are the demo's jaguars (CC0 1.0: tools/demo/photos/CREDITS.md); what lies on the
glass is computed.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from edge.health.lens_history import BAD_DAYS, DAY_S, LEARNT_DAYS, LEAST_LOOKS, LensHistory
from edge.health.lens_sight import Sight, sight
from edge.security.keys import BasecampKey

PHOTOS = Path(__file__).parents[1] / "demo/photos/03-two-jaguars"
_CONFIG = """\
[station]
id = "desk-1"
basecamp = "{token}"
[capture]
camera = "replay"
path = "{path}"
[capture.burst]
interval_s = 0
[[capture.triggers]]
kind = "test"
"""
_BLUR = 2 / 640
"""Of the picture's breadth."""
_VEIL = 0.6
_TILE_PX = 250
_CAPTION_PX = 62


def draw(path: Path, scratch: Path) -> Path:
    """The page of what `irbis shot` took just now. Raises CalledProcessError."""
    shots = [Image.open(file).convert("RGB") for file in _taken(scratch)]
    page(shots).save(path, optimize=True)
    return path


def page(shots: Sequence[Image.Image]) -> Image.Image:
    """The first picture four times side by side, each with what is told after two days of all."""
    spoilt: dict[str, list[Image.Image]] = {
        "clean": [*shots], "blurred": [], "fogged": [], "half covered": []
    }  # fmt: skip
    for shot in shots:
        spoilt["blurred"].append(shot.filter(ImageFilter.GaussianBlur(_BLUR * shot.width)))
        veil = Image.new("RGB", shot.size, (200, 200, 200))
        spoilt["fogged"].append(Image.blend(shot, veil, _VEIL))
        covered = shot.copy()
        covered.paste((18, 20, 16), (0, 0, shot.width // 2, shot.height))
        spoilt["half covered"].append(covered)
    sheet = Image.new("RGB", (_TILE_PX * len(spoilt), _TILE_PX + _CAPTION_PX), (255, 255, 255))
    pen = ImageDraw.Draw(sheet)
    for column, (name, pictures) in enumerate(spoilt.items()):
        left = column * _TILE_PX
        sheet.paste(ImageOps.fit(pictures[0], (_TILE_PX - 4, _TILE_PX - 4)), (left + 2, 2))
        font = ImageFont.load_default(16)
        pen.text((left + 4, _TILE_PX + 4), name, (0, 0, 0), font)
        pen.text((left + 4, _TILE_PX + 22), _verdict(shots, pictures), (160, 30, 20), font)
        pen.text((left + 4, _TILE_PX + 42), _numbers(pictures[0]), (90, 90, 90), _small())
    return sheet.quantize(160, dither=Image.Dither.NONE)


def _taken(scratch: Path) -> list[Path]:
    """What `irbis shot` writes."""
    config = scratch / "desk.toml"
    token = BasecampKey.generate().token
    config.write_text(_CONFIG.format(token=token, path=PHOTOS), encoding="utf-8")
    words = ["shot", "--config", str(config), "--frames", "3", "--out", str(scratch / "look")]
    subprocess.run([sys.executable, "-m", "tools.cli", *words], check=True, capture_output=True)
    return sorted((scratch / "look").iterdir())


def _verdict(clean: Sequence[Image.Image], now: Sequence[Image.Image]) -> str:
    """After days of ``clean``, what the history says of two days of ``now``."""
    history = LensHistory()
    for pictures, days in ((clean, LEARNT_DAYS + 1), (now, BAD_DAYS)):
        seen = [_sight(picture) for picture in pictures]
        for number in range(days * LEAST_LOOKS):
            history.look(seen[number % len(seen)], DAY_S / LEAST_LOOKS)
    return ", ".join(sorted(history.standing())) or "no alarm"


def _numbers(picture: Image.Image) -> str:
    seen = _sight(picture)
    return f"sharp {seen.sharp:.2f}, contrast {seen.contrast:.2f}, bare {seen.flat:.0%}"


def _sight(picture: Image.Image) -> Sight:
    seen = sight(np.asarray(picture))
    assert seen is not None  # the demo's photographs are large enough
    return seen


def _small() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(12)
