"""What the parts network is fitted to is refused where it is not what it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.train.errors import TrainingError
from tools.train.parts.sets import animals


@pytest.mark.parametrize("box", ["12,20,140,90", ",,,", "0.1,0.1,0.2,wide"])
def test_a_box_that_is_none_is_refused_with_its_picture(box: str, tmp_path: Path) -> None:
    home = tmp_path / "snow_leopard"
    home.mkdir()
    (home / "labels.csv").write_text("file,station\na.jpg,4\n", encoding="utf-8")
    (home / "boxes.csv").write_text(
        f"file,x,y,w,h,head_x,head_y,head_w,head_h,view\na.jpg,{box},,,,,left\n", encoding="utf-8"
    )
    with pytest.raises(TrainingError, match=r"a\.jpg"):
        list(animals(tmp_path))
