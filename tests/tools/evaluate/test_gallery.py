"""The gallery shows what was missed, and lies where no picture is published by mistake."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from PIL import Image

from edge.records import ObservationType
from tests.tools.evaluate.making import WHERE, burst, frame, picture, report
from tools import evaluate as irbis_evaluate
from tools.cli import main
from tools.evaluate.gallery import GROUPS, THUMBNAIL_PX, check_place, write_gallery
from tools.evaluate.labelled import EvaluationError, Truth

UNKNOWN, BLANK = ObservationType.UNKNOWN, ObservationType.BLANK


def _counts(page: Path) -> dict[str, int]:
    found = re.findall(r"<h2>(.*) \((\d+)[^)]*\)</h2>", page.read_text())
    return {title: int(count) for title, count in found}


def test_each_miss_stands_in_its_group(tmp_path: Path) -> None:
    boxed = frame(found="animal", drawn=(WHERE,), target=True)
    write_gallery(
        report(
            burst(kind=BLANK, name="dropped"),
            burst(kind=UNKNOWN, name="kept", frames=(frame(drawn=(WHERE,)), boxed)),
            burst(target=True, name="found", frames=(boxed, frame(found="animal"))),
            burst(Truth.BLANK, UNKNOWN, name="blank kept", frames=(frame(Truth.BLANK),) * 3),
            burst(Truth.BLANK, BLANK, name="blank dropped"),
            burst(Truth.ANIMAL, target=True, name="goat"),
            burst(Truth.COUSIN, target=True, name="serval"),
            burst(Truth.HUMAN, name="herder"),
        ),
        {},
        tmp_path / "gallery.html",
    )
    assert _counts(tmp_path / "gallery.html") == {
        "Leopards that were dropped": 1,
        "Leopards that were kept, but not called target": 2,
        "Frames of a leopard that are none when judged alone": 1,
        "Leopards without a box on them": 1,
        "Blanks that were kept": 1,
        "Other things called target": 1,
        "Other spotted cats called target": 1,
        "Persons who were missed": 1,
    }
    assert len(GROUPS) == 8


def test_a_picture_is_shown_small_and_names_are_escaped(tmp_path: Path) -> None:
    picture(tmp_path / "a.jpg", (60, 110, 60))
    missed = burst(kind=BLANK, name="<b>", frames=(frame(found="animal", drawn=(WHERE,)),))
    page = tmp_path / "gallery.html"
    write_gallery(report(missed), {("meadow", "<b>"): [tmp_path / "a.jpg"]}, page)
    (data,) = re.findall(r"data:image/jpeg;base64,([^\"]+)", page.read_text())
    assert max(Image.open(io.BytesIO(base64.b64decode(data))).size) <= THUMBNAIL_PX
    assert str(tmp_path) not in page.read_text()


def test_a_picture_that_cannot_be_shown_is_still_told_of(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    missed = burst(kind=BLANK, name="b")
    page = tmp_path / "gallery.html"
    write_gallery(report(missed), {("meadow", "b"): [tmp_path / "a.jpg"]}, page)
    assert "no picture at hand" in page.read_text()


def test_of_many_misses_some_are_shown_and_all_are_counted(tmp_path: Path) -> None:
    page = tmp_path / "gallery.html"
    write_gallery(report(*(burst(kind=BLANK, name=str(n)) for n in range(9))), {}, page, most=3)
    assert "Leopards that were dropped (3 of 9)" in page.read_text()


def test_a_gallery_inside_a_checkout_is_refused_before_anything_is_judged(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkout = tmp_path / "project"
    (checkout / ".git").mkdir(parents=True)
    page = checkout / "docs" / "gallery.html"
    assert main(["evaluate", str(made_up), "--gallery", str(page)]) == 1
    assert "may not be shared" in capsys.readouterr().err
    with pytest.raises(EvaluationError):
        write_gallery(report(), {}, page)
    assert not page.exists()
    with pytest.raises(EvaluationError):
        check_place(Path(irbis_evaluate.__file__).with_name("gallery.html"))


def test_one_command_writes_the_gallery(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "misses" / "gallery.html"
    assert main(["evaluate", str(made_up), "--gallery", str(page), "--workers", "1"]) == 0
    assert page.read_text().endswith("</body></html>\n")
