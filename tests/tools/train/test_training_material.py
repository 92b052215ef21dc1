"""What training makes of labelled pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edge.records import Box
from tools.evaluate.labelled import (
    EvaluationError,
    LabelledBurst,
    LabelledFrame,
    LabelledSet,
    Truth,
)
from tools.evaluate.selection import Fold
from tools.train.groups.looks import group_of, looks_of
from tools.train.material import light
from tools.train.material.collection import Noted, collect, read_notes
from tools.train.material.contents import contents, told
from tools.train.material.samples import GROUPS, LABELS, Sample
from tools.train.material.sets import training_sets
from tools.train.material.split import divided, places_in


class Taught:
    """A teacher that always finds the same."""

    def __init__(self, *rows: tuple[float, float, float, float, float]) -> None:
        self._rows = np.array(rows, np.float32).reshape(-1, 5)

    def found_in(self, path: Path) -> np.ndarray:
        return self._rows


def one_picture(
    truth: Truth, label: str = "", boxes: tuple[Box, ...] | None = None
) -> list[LabelledSet]:
    frame = LabelledFrame(Path("a.jpg"), truth, boxes, label=label)
    return [LabelledSet("valley", "", (LabelledBurst("a", (frame,), "ridge"),))]


def collected(sets: list[LabelledSet], teacher: Taught, *notes: Noted) -> list[Sample]:
    return list(collect(sets, teacher, {"valley/a.jpg": list(notes)}))  # type: ignore[arg-type]


def test_a_drawn_box_is_believed_and_the_teacher_not_asked() -> None:
    box = Box(0.1, 0.2, 0.3, 0.4)
    (sample,) = collected(one_picture(Truth.TARGET, "snow leopard", (box,)), Taught())
    assert sample.boxes[0].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert sample.animal == "Panthera uncia" and sample.place == "ridge"


def test_a_taught_box_takes_its_kind_from_the_label() -> None:
    (sample,) = collected(one_picture(Truth.VEHICLE, "truck"), Taught((0, 0, 0.5, 0.5, 0.9)))
    assert [LABELS[i] for i in sample.labels] == ["vehicle"]


def test_where_the_teacher_wavers_nothing_is_learnt() -> None:
    teacher = Taught((0, 0, 0.5, 0.5, 0.9), (0.6, 0.6, 0.2, 0.2, 0.15))
    (sample,) = collected(one_picture(Truth.ANIMAL, "deer"), teacher)
    assert len(sample.boxes) == 1 and len(sample.unsure) == 1


def test_an_animal_that_nobody_can_point_at_is_left_out() -> None:
    assert collected(one_picture(Truth.ANIMAL, "deer"), Taught()) == []


def test_an_empty_picture_is_all_background() -> None:
    (sample,) = collected(one_picture(Truth.BLANK, "empty"), Taught((0, 0, 0.5, 0.5, 0.9)))
    assert not len(sample.boxes) and not len(sample.unsure)
    assert sample.source == "valley/empty"


def test_a_person_beside_an_animal_is_learnt_as_a_person() -> None:
    person = Noted("person", np.array([0.6, 0.1, 0.3, 0.8], np.float32), 0.9)
    teacher = Taught((0, 0, 0.4, 0.5, 0.9), (0.6, 0.1, 0.3, 0.8, 0.8))
    (sample,) = collected(one_picture(Truth.ANIMAL, "cattle"), teacher, person)
    assert [LABELS[i] for i in sample.labels] == ["animal", "person"]


def test_the_shipped_notes_can_be_read() -> None:
    notes = read_notes(Path(light.__file__).with_name("noted-people.csv"))
    found = [note for several in notes.values() for note in several]
    assert {note.label for note in found} == set(LABELS)
    assert all(0 <= note.score <= 1 and (note.box >= 0).all() for note in found)


@pytest.mark.parametrize(
    "row",
    ["v,a.jpg,dog,0.9,0,0,1,1", "v,a.jpg,person,high,0,0,1,1", "v,a.jpg,person,0.9,0,0,40,50"],
)
def test_a_row_that_is_no_note_is_refused_by_its_line(row: str, tmp_path: Path) -> None:
    table = tmp_path / "notes.csv"
    table.write_text(f"set,file,label,score,x,y,w,h\n{row}\n", encoding="utf-8")
    with pytest.raises(EvaluationError, match="line 2"):
        read_notes(table)


def test_notes_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"gone\.csv"):
        read_notes(tmp_path / "gone.csv")


def sample_with(boxes: list[list[float]], unsure: list[list[float]] | None = None) -> Sample:
    return Sample(
        Path("a.jpg"),
        np.array(boxes, np.float32).reshape(-1, 4),
        np.zeros(len(boxes), np.int64),
        np.array(unsure or [], np.float32).reshape(-1, 4),
        animal="Panthera uncia",
        source="valley",
        place="ridge",
    )


def test_a_look_shows_what_most_of_it_holds() -> None:
    cat = sample_with([[0.4, 0.4, 0.2, 0.2]])
    assert group_of(cat, Box(0.3, 0.3, 0.4, 0.4)) == GROUPS.index("Panthera uncia")
    assert group_of(cat, Box(0, 0, 0.3, 0.3)) == GROUPS.index("blank")
    assert group_of(cat, Box(0.55, 0.3, 0.4, 0.4)) is None, "a quarter of a cat is neither"


def test_a_look_at_an_unsure_place_teaches_nothing() -> None:
    assert group_of(sample_with([], [[0.1, 0.1, 0.2, 0.2]]), Box(0, 0, 0.5, 0.5)) is None


def test_looks_are_the_same_for_the_same_seed(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (120, 200, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    cat = sample_with([[0.4, 0.4, 0.3, 0.3]])
    sample = Sample(
        tmp_path / "a.png", cat.boxes, cat.labels, cat.unsure, cat.animal, cat.source, cat.place
    )
    first, second = (
        list(looks_of(sample, np.random.default_rng(5), altered=True)) for _ in range(2)
    )
    assert len(first) > 2
    assert all(np.array_equal(a.pixels, b.pixels) for a, b in zip(first, second, strict=True))
    assert "Panthera uncia" in {GROUPS[look.group] for look in first}


@given(seed=st.integers(0, 2**32), size=st.tuples(st.integers(24, 90), st.integers(24, 90)))
@settings(max_examples=30, deadline=None)
def test_no_light_changes_the_shape_of_a_picture(seed: int, size: tuple[int, int]) -> None:
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 255, (*size, 3), np.uint8)
    boxes = np.array([[2, 2, 12, 12]], np.float32)
    for altered in (
        light.expose(pixels, boxes, random),
        light.banner(pixels, random),
        light.recompress(pixels, random),
    ):
        assert altered.shape == pixels.shape and altered.dtype == np.uint8


def test_a_station_is_never_on_both_sides(tmp_path: Path) -> None:
    rows = ["file,label,station"]
    for number in range(40):
        Image.new("RGB", (32, 24), (number, 0, 0)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,empty,S{number % 5}")
    (tmp_path / "labels.csv").write_text("\n".join(rows), encoding="utf-8")
    sets = training_sets([tmp_path])
    samples = list(collect(sets, Taught(), {}))  # type: ignore[arg-type]
    learnt, held = divided(samples, places_in(sets, Fold(0, 3)))
    assert len(learnt) + len(held) == 40
    assert not {one.place for one in learnt} & {one.place for one in held}


@pytest.mark.parametrize("label", ["unknown", "unverified", "", "Unknown"])
@pytest.mark.parametrize("boxes", [None, (Box(0.1, 0.2, 0.3, 0.4),)])
def test_a_label_that_nobody_checked_teaches_nothing(
    label: str, boxes: tuple[Box, ...] | None
) -> None:
    sets = one_picture(Truth.OTHER, label, boxes)
    assert collected(sets, Taught((0, 0, 0.5, 0.5, 0.9))) == []


def test_a_photograph_of_a_thing_is_background() -> None:
    (sample,) = collected(one_picture(Truth.OTHER, "abacus"), Taught((0, 0, 0.5, 0.5, 0.9)))
    assert not len(sample.boxes) and not len(sample.unsure)


def test_what_is_hardly_there_is_told() -> None:
    cats = [sample_with([[0.1, 0.1, 0.2, 0.2]])] * 60
    counted = contents([*cats, sample_with([])])
    assert {group: count for group, count in counted.items() if count} == {
        "Panthera uncia": 60,
        "blank": 1,
    }
    (few,) = [line for line in told(cats) if line.startswith("Fewer")]
    assert "person" in few and "uncia" not in few
