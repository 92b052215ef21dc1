"""One picture in two folds is found, however it was saved."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.tools.evaluate.making import scene
from tools.evaluate.copies import divided_copies
from tools.evaluate.folds import fold_of_name
from tools.evaluate.labelled import LabelledBurst, LabelledFrame, LabelledSet, Truth

FOLDS = 2
PATHS = [f"p{n}.png" for n in range(20)]
LEFT, OTHER = (
    [name for name in PATHS if fold_of_name(f"web/{name}", FOLDS) == fold] for fold in (0, 1)
)


def photographs(folder: Path, *names: str) -> LabelledSet:
    return _set("web", False, *((folder / name, None) for name in names))


def _set(name: str, trapped: bool, *pictures: tuple[Path, str | None]) -> LabelledSet:
    bursts = tuple(
        LabelledBurst(path.name, (LabelledFrame(path, Truth.TARGET),), station)
        for path, station in pictures
    )
    return LabelledSet(name, "made up", bursts, trapped)


def test_a_smaller_copy_of_a_photograph_in_another_fold_is_found_with_its_original(
    tmp_path: Path,
) -> None:
    one, copy, loner = tmp_path / LEFT[0], tmp_path / OTHER[0], tmp_path / OTHER[1]
    scene(one, seed=1, size=(640, 480))
    with Image.open(one) as picture:
        picture.resize((200, 150)).save(copy)
    scene(loner, seed=2)
    found = divided_copies([photographs(tmp_path, one.name, copy.name, loner.name)], FOLDS)
    assert found == {one, copy}


def test_copies_within_one_fold_divide_nothing(tmp_path: Path) -> None:
    for name in LEFT[:2]:
        scene(tmp_path / name, seed=1)
    assert divided_copies([photographs(tmp_path, *LEFT[:2])], FOLDS) == set()


def test_a_photograph_that_was_there_to_train_on_counts_though_it_is_not_judged(
    tmp_path: Path,
) -> None:
    for name in (LEFT[0], OTHER[0]):
        scene(tmp_path / name, seed=1)
    found = divided_copies([photographs(tmp_path, LEFT[0])], FOLDS)
    assert tmp_path / LEFT[0] in found


def test_pictures_of_two_known_stations_are_never_one(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        scene(tmp_path / name, seed=1)
    traps = _set("ridge", True, (tmp_path / "a.png", "1"), (tmp_path / "b.png", "2"))
    assert divided_copies([traps], FOLDS) == set()
    web = photographs(tmp_path / "web", LEFT[0])
    scene(tmp_path / "web" / LEFT[0], seed=1)
    assert tmp_path / "web" / LEFT[0] in divided_copies([traps, web], FOLDS)


@pytest.mark.parametrize("data", [None, b"no picture"])
def test_what_cannot_be_read_and_what_is_flat_is_no_copy(
    data: bytes | None, tmp_path: Path
) -> None:
    for name in (LEFT[0], OTHER[0]):
        if data is not None:
            (tmp_path / name).write_bytes(data)
    for name in (LEFT[1], OTHER[1]):
        Image.new("RGB", (320, 240), (40, 40, 40)).save(tmp_path / name)
    names = [*LEFT[:2], *OTHER[:2]]
    assert divided_copies([photographs(tmp_path, *names)], FOLDS) == set()
