from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.evaluate.making import picture


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A burst of two and a single picture, all of nothing; one by infrared light."""
    folder = tmp_path / "meadow"
    for name, colour in (
        ("a1.jpg", (60, 120, 60)),
        ("a2.jpg", (60, 120, 61)),
        ("night.jpg", (90, 90, 90)),
    ):
        picture(folder / name, colour)
    (folder / "labels.csv").write_text(
        "file,label,burst,station,x,y,w,h\n"
        "a1.jpg,empty,a,north,,,,\na2.jpg,empty,a,north,,,,\nnight.jpg,ibex,,south,0,0,1,1\n"
    )
    return folder
