"""The label on the box, read by a decoder that is not ours."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
from PIL import Image

from tools.flashing import label as labels

DAY = date(2026, 11, 22)
PRINT = "RJVX-OBFY-2K7H-5G2S"


def decoded(picture: Image.Image) -> str:
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(np.asarray(picture.convert("L")))
    return str(text)


@pytest.mark.parametrize("station", ["a", "ridge-7", "Upper_Valley-camera-number-32-xx"])
def test_the_code_says_who_and_nothing_else(station: str) -> None:
    drawn = labels.draw(labels.Label(station, PRINT, DAY))
    assert decoded(drawn) == f"IRBIS:1:{station}:{PRINT}"


@pytest.mark.parametrize("station", ["i", "ridge-7", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW"])
def test_nothing_is_cut_off_at_the_paper_s_edge(station: str) -> None:
    ink = np.asarray(labels.draw(labels.Label(station, PRINT, DAY))) == 0
    assert not ink[:12].any() and not ink[-12:].any()
    assert not ink[:, :12].any() and not ink[:, -12:].any()


def test_a_label_is_saved_for_any_printer(tmp_path: Path) -> None:
    label = labels.Label("ridge-7", PRINT, DAY)
    png, pdf, svg = labels.save(label, tmp_path)
    with Image.open(png) as picture:
        assert decoded(picture) == label.payload
        assert picture.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "ridge-7</text>" in svg.read_text()


def test_the_drawn_lines_have_the_size_of_the_paper() -> None:
    """Without units inside: a code drawn in millimetres of its own would cover the words."""
    drawn = ElementTree.fromstring(labels.as_svg(labels.Label("ridge-7", PRINT, DAY)))
    assert drawn.get("viewBox") == "0 0 62 29"
    code = next(element for element in drawn.iter() if element.get("class") == "segno")
    assert float(code.get("width", "")) == pytest.approx(26, abs=0.1)
    words = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert words == ["ridge-7", "RJVX-OBFY", "2K7H-5G2S", "flashed 2026-11-22"]


def test_a_terminal_shows_it_in_words(tmp_path: Path) -> None:
    told = labels.as_text(labels.Label("ridge-7", PRINT, DAY))
    assert told.splitlines()[-4:] == [
        "  ridge-7",
        "  RJVX-OBFY",
        "  2K7H-5G2S",
        "  flashed 2026-11-22",
    ]


def test_a_key_that_the_station_will_make_is_told_as_such() -> None:
    label = labels.Label("ridge-7", None, DAY)
    assert label.lines[0] == "key: made by the station"
    assert decoded(labels.draw(label)) == "IRBIS:1:ridge-7:"
