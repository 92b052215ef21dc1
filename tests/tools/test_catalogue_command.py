"""`irbis catalogue` makes a file that a station reads, and says what is wrong with pictures."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge.records import Side
from edge.security.keys import BasecampKey
from edge.triage.known import load_catalogue, with_catalogue
from edge.vision.catalogue.errors import CatalogueError
from edge.vision.eyes import Eyes
from tools.catalogue.building import build, pictures_a_side, points_a_side
from tools.catalogue.errors import LabelsError
from tools.catalogue.labels import Flank, read_labels
from tools.cli import main

HEADER = "file,individual,side,x,y,w,h\n"


def spotted(path: Path, seed: int) -> None:
    rng = np.random.default_rng(seed)
    picture = np.full((200, 320), 150.0)
    rows, columns = np.mgrid[:200, :320]
    for _ in range(120):
        y, x, r = rng.uniform(5, 195), rng.uniform(5, 315), rng.uniform(3, 9)
        picture[(rows - y) ** 2 + (columns - x) ** 2 < r * r] = 60
    Image.fromarray(picture.astype(np.uint8)).convert("RGB").save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    flanks = tmp_path / "flanks"
    flanks.mkdir()
    for seed in (1, 2):
        spotted(flanks / f"{seed}.png", seed)
    Image.new("RGB", (320, 200), (90, 90, 90)).save(flanks / "grey.png")
    (flanks / "labels.csv").write_text(
        HEADER + "1.png,A,left,,,,\n2.png,B,right,0.1,0.1,0.8,0.8\ngrey.png,B,left,,,,\n"
    )
    return flanks


@pytest.fixture
def key(tmp_path: Path) -> BasecampKey:
    made = BasecampKey.generate()
    made.save(tmp_path / "basecamp.key")
    return made


def test_a_catalogue_is_built_shown_and_read_by_a_station(
    folder: Path, key: BasecampKey, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, secret = tmp_path / "cats.irbis", str(tmp_path / "basecamp.key")
    assert main(["catalogue", "build", str(folder), "--key", secret, "--out", str(out)]) == 0
    told = capsys.readouterr()
    assert "2 individuals, 1 left sides, 1 right sides" in told.out
    assert "grey.png" in told.err
    read = load_catalogue(out, key.token)
    assert [known.individual for known in read.of(Side.LEFT)] == ["A"]
    assert main(["catalogue", "show", str(out), "--basecamp", str(key.token), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert [(row["individual"], row["side"]) for row in rows] == [("A", "left"), ("B", "right")]
    again = out.read_bytes()
    assert main(["catalogue", "build", str(folder), "--key", secret, "--out", str(out)]) == 0
    assert out.read_bytes() == again


def test_a_file_that_cannot_be_used_leaves_a_station_without_names(
    tmp_path: Path, key: BasecampKey
) -> None:
    path = tmp_path / "cats.irbis"
    path.write_bytes(b"IRBIS-C1" + bytes(100))
    with pytest.raises(CatalogueError, match=r"cats\.irbis: it is damaged, or not signed"):
        load_catalogue(path, key.token)
    eyes = with_catalogue(Eyes(), path, key.token)
    assert eyes.catalogue is None and eyes.forgotten is not None
    assert "cannot be read" in str(with_catalogue(Eyes(), tmp_path / "none", key.token).forgotten)
    assert with_catalogue(Eyes(), None, key.token) == Eyes()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("file,individual\n", "column missing: side"),
        (HEADER + "1.png,A,front,,,,\n", "line 2: side is 'front'"),
        (HEADER + "1.png,,left,,,,\n", "must not be empty"),
        (HEADER + "1.png,A,left,0.1,,,\n", "four numbers"),
        (HEADER + "1.png,A,left,0.5,0.1,0.8,0.8\n", "leaves the picture"),
        (HEADER + "1.png,A,left,nan,0.1,0.8,0.8\n", "leaves the picture"),
    ],
)
def test_a_wrong_table_is_refused_with_its_line(folder: Path, text: str, why: str) -> None:
    (folder / "labels.csv").write_text(text)
    with pytest.raises(LabelsError, match=why):
        read_labels(folder)


def test_a_missing_picture_is_named(folder: Path) -> None:
    flank = Flank(folder / "gone.png", "A", Side.LEFT, read_labels(folder)[0].box)
    with pytest.raises(LabelsError, match=r"gone\.png: cannot be read"):
        build([flank], None, lambda done, total: None)


def test_a_catalogue_keeps_to_its_size(folder: Path) -> None:
    flanks = [flank for flank in read_labels(folder) if flank.path.name != "grey.png"]
    entries, _ = build(flanks, None, lambda done, total: None, size_bytes=2 * 36 * 25)
    assert [sum(map(len, entry.known.references)) for entry in entries] == [25, 25]


def test_a_side_of_fifty_cats_keeps_pictures_enough() -> None:
    points = points_a_side(1_500_000, 100)
    assert points * 36 <= 15_000
    assert 20 <= pictures_a_side(points) <= 30
    assert pictures_a_side(points_a_side(1_500_000, 2)) == 30


def test_pictures_of_one_visit_are_told_by_their_column(folder: Path) -> None:
    (folder / "labels.csv").write_text(
        "file,individual,side,visit\n1.png,A,left,june\n2.png,A,left,\n"
    )
    assert [flank.visit for flank in read_labels(folder)] == ["june", "2.png"]
