"""`irbis evaluate` judges labelled pictures as a station does, and counts honestly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge.config import Triage
from edge.records import Box, ObservationType
from edge.vision.eyes import open_eyes
from tools.cli import main
from tools.evaluate.counts import Share, rows_of_set, summed
from tools.evaluate.judging import BurstOutcome, FrameOutcome, is_infrared, judge_burst
from tools.evaluate.labelled import LabelledBurst, Mode, Truth
from tools.evaluate.labels import truth_of
from tools.evaluate.page import share
from tools.evaluate.sources import load_sets, serengeti_bursts, snow_leopards
from tools.evaluate.tables import spread

DATA = Path(__file__).parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(
    not (DATA / "snow_leopard").is_dir(), reason="the development photographs are not here"
)


def _picture(path: Path, colour: tuple[int, int, int], noise: int = 20) -> None:
    rng = np.random.default_rng(len(path.name))
    pixels = np.clip(rng.normal(0, noise, (240, 320, 1)) + np.array(colour), 0, 255)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).save(path)


@pytest.fixture
def made_up(tmp_path: Path) -> Path:
    """A burst of two and a single picture, all of nothing; one by infrared light."""
    folder = tmp_path / "meadow"
    for name, colour in (
        ("a1.jpg", (60, 120, 60)),
        ("a2.jpg", (60, 120, 61)),
        ("night.jpg", (90, 90, 90)),
    ):
        _picture(folder / name, colour)
    (folder / "labels.csv").write_text(
        "file,label,burst,x,y,w,h\na1.jpg,empty,a,,,,\na2.jpg,empty,a,,,,\nnight.jpg,ibex,,0,0,1,1\n"
    )
    return folder


def test_one_command_makes_page_and_counts(
    made_up: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, counts = tmp_path / "accuracy.md", tmp_path / "accuracy.json"
    words = ["--out", str(out), "--json", str(counts), "--workers", "1"]
    assert main(["evaluate", str(made_up), *words]) == 0
    page = out.read_text()
    assert "`meadow`" in page
    assert "What these numbers do not say" in page
    assert str(tmp_path) not in page
    rows = json.loads(counts.read_text())["rows"]
    assert [(row["truth"], row["mode"]) for row in rows] == [
        ("other animal", "infrared"),
        ("empty", "day"),
    ]
    animal, empty = rows
    assert empty["target_frames"]["total"] == 2
    assert empty["blank"]["total"] == 1
    assert animal["located_frames"]["total"] == 1
    assert empty["located_frames"]["total"] == 0


def test_the_same_pictures_give_the_same_page_whatever_the_workers(
    made_up: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["evaluate", str(made_up), "--workers", "1"])
    alone = capsys.readouterr().out
    main(["evaluate", str(made_up), "--workers", "2"])
    assert capsys.readouterr().out == alone


def test_a_folder_of_sets_is_searched(made_up: Path) -> None:
    (one,) = load_sets([made_up.parent])
    assert one.name == "meadow"
    assert [len(burst.frames) for burst in one.bursts] == [2, 1]


def test_a_folder_without_labels_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "labels.csv" in capsys.readouterr().err


def test_a_label_file_without_its_columns_is_one_clear_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("picture,species\na.jpg,ibex\n")
    assert main(["evaluate", str(tmp_path)]) == 1
    assert "lacks the column(s) label" in capsys.readouterr().err


def test_a_picture_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "labels.csv").write_text("file,label\nabsent.jpg,ibex\n")
    assert main(["evaluate", str(tmp_path), "--workers", "1"]) == 1
    assert "absent.jpg" in capsys.readouterr().err


def test_several_boxes_of_one_picture_are_one_frame(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text(
        "file,label,x,y,w,h\na.jpg,ibex,0,0,0.5,0.5\na.jpg,snow_leopard,0.5,0.5,0.5,0.5\n"
    )
    (one,) = load_sets([tmp_path])
    (frame,) = one.bursts[0].frames
    assert frame.boxes == (Box(0, 0, 0.5, 0.5), Box(0.5, 0.5, 0.5, 0.5))
    assert frame.truth is Truth.TARGET


@pytest.mark.parametrize(
    ("label", "truth"),
    [
        ("snow_leopard", Truth.TARGET),
        ("Leopard", Truth.TARGET),
        ("jaguar", Truth.COUSIN),
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
    _picture(tmp_path / "grey.jpg", (90, 90, 90))
    _picture(tmp_path / "green.jpg", (60, 110, 60))
    assert is_infrared((tmp_path / "grey.jpg").read_bytes())
    assert not is_infrared((tmp_path / "green.jpg").read_bytes())
    assert not is_infrared(b"no picture")


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_interval_holds_the_share_and_lies_within_0_and_1(count: int, total: int) -> None:
    counted = Share(min(count, total), total)
    low, high = counted.interval
    assert 0 <= low <= counted.count / total <= high <= 1


def test_the_interval_is_wilsons() -> None:
    # Newcombe 1998, Statistics in Medicine 17:857, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for count, total, low, high in (
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ):
        assert Share(count, total).interval == pytest.approx((low, high), abs=5e-5)


def test_a_share_of_nothing_is_no_number() -> None:
    assert share(Share(0, 0)) == "-"
    assert share(Share(57, 60)) == "57/60 = 95 % (86-98)"


def test_one_of_many_is_not_rounded_to_none() -> None:
    assert share(Share(1, 400)) == "1/400 = 0.2 % (0-1)"
    assert share(Share(399, 400)) == "399/400 = 99.8 % (99-100)"


def _outcome(truth: Truth, kind: ObservationType, target: bool = False) -> BurstOutcome:
    frame = FrameOutcome(truth, Mode.DAY, True, None, kind, target)
    return BurstOutcome(truth, Mode.DAY, kind, target, (frame,))


def test_the_four_ends_of_a_burst_add_up_to_all() -> None:
    animal = ObservationType.ANIMAL
    outcomes = [
        _outcome(Truth.TARGET, animal, target=True),
        _outcome(Truth.TARGET, animal),
        _outcome(Truth.TARGET, ObservationType.UNKNOWN),
        _outcome(Truth.TARGET, ObservationType.BLANK),
    ]
    (row,) = rows_of_set("made up", outcomes)
    ends = (row.called_target, row.called_other, row.unknown, row.blank)
    assert [end.count for end in ends] == [1, 1, 1, 1]
    both = summed("all", [row, row])
    assert both is not None
    assert (both.blank.count, both.bursts, both.frames) == (2, 8, 8)


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
def test_every_known_set_is_read_and_every_picture_exists() -> None:
    for one in load_sets([DATA]):
        assert all(frame.path.exists() for burst in one.bursts for frame in burst.frames), one.name


@needs_data
def test_a_real_burst_is_judged_whole_and_frame_by_frame() -> None:
    bursts = snow_leopards(DATA / "snow_leopard")
    burst = next(burst for burst in bursts if len(burst.frames) == 3)
    outcome = judge_burst(burst, open_eyes(Triage()), Triage())
    assert len(outcome.frames) == 3
    assert outcome.truth is Truth.TARGET
    assert all(frame.located is not None for frame in outcome.frames)


@needs_data
def test_an_empty_scene_is_not_a_leopard() -> None:
    bursts = snow_leopards(DATA / "snow_leopard")
    scene: LabelledBurst = next(burst for burst in bursts if burst.truth is Truth.BLANK)
    assert not judge_burst(scene, open_eyes(Triage()), Triage()).target
