"""Label files are read as people mean them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.records import Box
from tests.tools.evaluate.making import picture
from tools.evaluate.judging import is_infrared
from tools.evaluate.labelled import EvaluationError, Truth
from tools.evaluate.labels import truth_of
from tools.evaluate.sources import (
    PEOPLE,
    load_sets,
    masked_bursts,
    serengeti_bursts,
    snow_leopards,
)
from tools.evaluate.tables import rows_of, spread

DATA = Path(__file__).parents[4] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not (DATA / "snow_leopard").is_dir(), reason="the development photographs are not here"
)


def test_a_folder_of_sets_is_searched(made_up: Path) -> None:
    (one,) = load_sets([made_up.parent])
    assert one.name == "meadow"
    assert [len(burst.frames) for burst in one.bursts] == [2, 1]
    assert [burst.station for burst in one.bursts] == ["north", "south"]


def test_several_boxes_of_one_picture_are_one_frame(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file,label,x,y,w,h\na.jpg,ibex,0,0,0.5,0.5\na.jpg,snow_leopard,0.5,0.5,0.5,0.5\n"
    )
    (one,) = load_sets([tmp_path])
    (frame,) = one.bursts[0].frames
    assert frame.boxes == (Box(0, 0, 0.5, 0.5), Box(0.5, 0.5, 0.5, 0.5))
    assert (frame.truth, frame.label) == (Truth.TARGET, "snow_leopard")


@pytest.mark.parametrize(
    "box",
    [
        "120,80,60,40",
        "0.1,0.2,,",
        "0.1,0.2,wide,0.4",
        "0.9,0.1,0.5,0.1",
        "nan,0,0.1,0.1",
        "0,0,0,1",
    ],
)
def test_a_box_that_is_none_is_refused_by_its_line(tmp_path: Path, box: str) -> None:
    """Taken for no box, or for one in shares, it would be counted as a miss of the detector."""
    rows = f"a.jpg,ibex,0,0,0.5,0.5\nb.jpg,ibex,{box}\n"
    (tmp_path / "labels.csv").write_text(f"file,label,x,y,w,h\n{rows}")
    with pytest.raises(EvaluationError, match=r"labels\.csv, line 3: .*x, y, w, h"):
        load_sets([tmp_path])


def test_a_row_without_a_file_is_refused_by_its_line(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label\na.jpg,ibex\n,ibex\n")
    with pytest.raises(EvaluationError, match="line 3: names no file"):
        load_sets([tmp_path])


def test_people_on_photographs_of_things_are_known_by_eye(tmp_path: Path) -> None:
    people = {row["file"]: row["label"] for row in rows_of(PEOPLE, "file", "label")}
    assert set(people.values()) == {"person", "part", "distant"}
    names = {word: next(f for f in people if people[f] == word) for word in set(people.values())}
    folder = tmp_path / "imagenet_one_each"
    for name in (*names.values(), "n02128757_snow_leopard.jpg", "n99999999_teapot.jpg"):
        picture(folder / name, (60, 110, 60))
    truths = {b.name: b.truth for one in load_sets([folder]) for b in one.bursts}
    assert truths[names["person"]] is Truth.HUMAN
    assert truths[names["part"]] is truths[names["distant"]] is Truth.OTHER
    assert truths["n02128757_snow_leopard.jpg"] is Truth.TARGET
    assert truths["n99999999_teapot.jpg"] is Truth.OTHER


@needs_data
def test_every_photograph_with_a_person_is_judged_and_not_a_sample_of_them() -> None:
    people = [r["file"] for r in rows_of(PEOPLE, "file", "label") if r["label"] == "person"]
    (one,) = load_sets([DATA / "imagenet_one_each"])
    judged = {burst.name for burst in one.bursts if burst.truth is Truth.HUMAN}
    assert judged == set(people) and len(people) > 100


@pytest.mark.parametrize(
    ("label", "truth"),
    [
        ("snow_leopard", Truth.TARGET),
        ("Leopard", Truth.TARGET),
        ("jaguar", Truth.COUSIN),
        ("Serval", Truth.COUSIN),
        ("clouded-leopard", Truth.COUSIN),
        ("empty", Truth.BLANK),
        ("person", Truth.HUMAN),
        ("deer", Truth.ANIMAL),
        ("", Truth.OTHER),
    ],
)
def test_labels_mean_what_people_mean(label: str, truth: Truth) -> None:
    assert truth_of(label) is truth


def test_bursts_follow_the_running_number_and_a_second_camera_is_kept_apart(
    tmp_path: Path,
) -> None:
    names = ["P_PICT0020.JPG", "P_PICT0021.JPG", "P_PICT0030.JPG", "P_PICT0021__ab.JPG"]
    rows = "".join(f"{name},zebra\n" for name in names)
    (tmp_path / "labels.csv").write_text(f"file,label\n{rows}")
    bursts = [[frame.path.name for frame in burst.frames] for burst in serengeti_bursts(tmp_path)]
    assert bursts == [names[:2], [names[2]], [names[3]]]


def test_a_sample_is_spread_evenly_and_always_the_same() -> None:
    paths = [Path(str(n)) for n in range(100)]
    assert spread(paths, 4) == [paths[0], paths[25], paths[50], paths[75]]
    assert spread(paths, 200) == paths


def test_a_picture_without_colour_is_infrared(tmp_path: Path) -> None:
    picture(tmp_path / "grey.jpg", (90, 90, 90))
    picture(tmp_path / "green.jpg", (60, 110, 60))
    assert is_infrared((tmp_path / "grey.jpg").read_bytes())
    assert not is_infrared((tmp_path / "green.jpg").read_bytes())
    assert not is_infrared(b"no picture")


@needs_data
def test_snow_leopards_come_as_bursts_with_boxes_and_empty_scenes_as_bursts_of_three() -> None:
    bursts = list(snow_leopards(DATA / "snow_leopard"))
    cats = [burst for burst in bursts if burst.truth is Truth.TARGET]
    empty = [burst for burst in bursts if burst.truth is Truth.BLANK]
    assert (len(cats), sum(len(burst.frames) for burst in cats)) == (99, 380)
    assert {len(burst.frames) for burst in empty} == {3}
    assert all(frame.boxes and frame.mode for burst in cats for frame in burst.frames)
    assert all(frame.path.exists() for burst in bursts for frame in burst.frames)


@needs_data
def test_scenes_and_masked_bursts_stand_at_the_stations_of_the_cats() -> None:
    bursts = list(snow_leopards(DATA / "snow_leopard"))
    stations = {burst.station for burst in bursts if burst.truth is Truth.TARGET}
    assert len(stations) == 14
    assert {burst.station for burst in bursts} == stations
    masked = masked_bursts(DATA / "snow_leopard_burst_masks")
    assert {burst.station for burst in masked} == {"02-4"} <= stations


@needs_data
def test_every_known_set_is_read_and_every_picture_exists() -> None:
    for one in load_sets([DATA]):
        assert all(frame.path.exists() for burst in one.bursts for frame in burst.frames), one.name
