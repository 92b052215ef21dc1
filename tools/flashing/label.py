"""The label on the box: the station's id in big letters, and a QR of id and fingerprint.

No place and no secret stands on it: whoever finds the box learns a name and a public key's
fingerprint. 62 x 29 mm, a common size of label tape.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

import segno
from PIL import Image, ImageDraw, ImageFont

from tools.flashing.errors import FlashError

WIDTH_MM, HEIGHT_MM = 62, 29
DOTS_PER_INCH = 300
_DOTS_PER_MM = DOTS_PER_INCH / 25.4

_MARGIN_MM = 1.5
_QR_MM = HEIGHT_MM - 2 * _MARGIN_MM
_TEXT_AT_MM = _QR_MM + 2 * _MARGIN_MM
_TEXT_MM = WIDTH_MM - _TEXT_AT_MM - _MARGIN_MM
_SMALL_MM = 3.4


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on it. ``fingerprint`` is None while the station has yet to make its key."""

    station: str
    fingerprint: str | None
    flashed: date

    @property
    def payload(self) -> str:
        """What the QR says: ``IRBIS:1:ridge-7:7QXA-...``."""
        return f"IRBIS:1:{self.station}:{self.fingerprint or ''}"

    @property
    def lines(self) -> tuple[str, ...]:
        """The small lines below the id."""
        if self.fingerprint is None:
            return ("key: made by the station", f"flashed {self.flashed.isoformat()}")
        groups = self.fingerprint.split("-")
        half = (len(groups) + 1) // 2
        return (
            "-".join(groups[:half]),
            "-".join(groups[half:]),
            f"flashed {self.flashed.isoformat()}",
        )

    def qr(self) -> segno.QRCode:
        return segno.make(self.payload, error="q", micro=False)


def save(label: Label, folder: Path) -> list[Path]:
    """``STATION.png``, ``.pdf`` and ``.svg`` in ``folder``; the files. Raises FlashError."""
    drawn = draw(label)
    files = [folder / f"{label.station}{suffix}" for suffix in (".png", ".pdf", ".svg")]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        drawn.save(files[0], dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
        drawn.save(files[1], resolution=DOTS_PER_INCH)
        files[2].write_text(as_svg(label), encoding="utf-8")
    except OSError as error:
        raise FlashError(f"{folder}: the label cannot be written: {error.strerror}") from error
    return files


def draw(label: Label) -> Image.Image:
    """The label as black and white dots, (height, width) = 29 x 62 mm at 300 dots an inch."""
    paper = Image.new("L", (_dots(WIDTH_MM), _dots(HEIGHT_MM)), 255)
    code = io.BytesIO()
    qr = label.qr()
    scale = _dots(_QR_MM) // qr.symbol_size(border=2)[0]
    qr.save(code, kind="png", scale=scale, border=2)
    paper.paste(Image.open(code).convert("L"), (_dots(_MARGIN_MM), _dots(_MARGIN_MM)))
    pen = ImageDraw.Draw(paper)
    left = _dots(_TEXT_AT_MM)
    for row in _rows(label):
        pen.text((left, _dots(row.below_mm)), row.text, 0, row.font, anchor="ls")
    return paper.point(lambda level: 255 if level > 127 else 0).convert("1")


def as_svg(label: Label) -> str:
    """The same label in millimetres, for printers of any fineness."""
    qr = label.qr()
    scale = _QR_MM / qr.symbol_size(border=2)[0]
    code = qr.svg_inline(scale=scale, border=2)
    # Its breadth is told as well: another machine draws it with another font.
    texts = "".join(
        f'<text x="{_TEXT_AT_MM}" y="{row.below_mm}" font-size="{row.high_mm:.2f}"'
        f' textLength="{row.font.getlength(row.text) / _DOTS_PER_MM:.2f}"'
        f' lengthAdjust="spacingAndGlyphs">{escape(row.text)}</text>'
        for row in _rows(label)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH_MM}mm" height="{HEIGHT_MM}mm"'
        f' viewBox="0 0 {WIDTH_MM} {HEIGHT_MM}" font-family="sans-serif">'
        f'<rect width="{WIDTH_MM}" height="{HEIGHT_MM}" fill="#fff"/>'
        f'<g transform="translate({_MARGIN_MM} {_MARGIN_MM})">{code}</g>{texts}</svg>\n'
    )


def as_text(label: Label) -> str:
    """The label for a terminal: the code in half blocks, the words below."""
    code = io.StringIO()
    label.qr().terminal(code, border=2, compact=True)
    return "\n".join((code.getvalue().rstrip("\n"), f"  {label.station}", *_indented(label)))


def _indented(label: Label) -> list[str]:
    return [f"  {line}" for line in label.lines]


class _Row(NamedTuple):
    """Text on a line that lies ``below_mm`` the paper's upper edge, in letters ``high_mm``."""

    text: str
    below_mm: float
    high_mm: float

    @property
    def font(self) -> ImageFont.FreeTypeFont:
        return _font(self.high_mm)


def _rows(label: Label) -> list[_Row]:
    """The id as large as the paper allows, a long one on two lines; then the small lines."""
    high = _fitting(label.station, 7.0)
    if high >= _SMALL_MM:
        rows = [_Row(label.station, 7.0, high)]
    else:
        half = (len(label.station) + 1) // 2
        halves = label.station[:half], label.station[half:]
        high = min(_fitting(text, 4.0) for text in halves)
        rows = [_Row(halves[0], 4.5, high), _Row(halves[1], 9.0, high)]
    below = zip(label.lines, (13.5, 18.5, 25.0), strict=False)
    return rows + [_Row(line, at, _SMALL_MM) for line, at in below]


def _fitting(text: str, most_mm: float) -> float:
    """The height of the largest letters in which ``text`` fits beside the code."""
    high = most_mm
    while high > 1.0 and _font(high).getlength(text) > _dots(_TEXT_MM):
        high -= 0.25
    return high


def _font(high_mm: float) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size=high_mm * _DOTS_PER_MM)
    if not isinstance(font, ImageFont.FreeTypeFont):
        raise FlashError("this Pillow draws no letters of that size: it lacks FreeType")
    return font


def _dots(millimetres: float) -> int:
    return round(millimetres * _DOTS_PER_MM)
