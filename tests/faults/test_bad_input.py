"""Whatever lies on a card, a replay ends well, tells of every file, and drops none of the bad."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import models
from edge.security.keys import BasecampKey
from tests.kit.card import counters, evidence_ids, rows
from tests.kit.pictures import jpeg, lay_card, meadow, zebra
from tests.kit.station import Replayed, StationFolder

MakeStation = Callable[..., StationFolder]

BURST_FIELDS = {
    "burst": str, "burst_id": str, "captured_at": str, "clock": str, "frames": list,
    "observation_type": str, "target": bool, "target_score": (int, float), "species": list,
    "count": int, "side": str, "reason": str, "doubts": list, "kept": bool, "audited": bool,
    "timings_ms": dict,
}  # fmt: skip
FRAME_FIELDS = {
    "file": str, "detections": list, "target_mass": (int, float, type(None)), "skipped": bool,
    "error": (str, type(None)),
}  # fmt: skip
TYPES = {"animal", "human", "vehicle", "blank", "unknown"}


def valid(report: dict[str, Any]) -> bool:
    """Whether a report keeps to the schema irbis.replay/1."""
    assert set(report) == {"schema", "models", "bursts", "summary"}
    assert report["schema"] == "irbis.replay/1"
    for burst in report["bursts"]:
        assert {name: isinstance(burst[name], kind) for name, kind in BURST_FIELDS.items()} == (
            dict.fromkeys(BURST_FIELDS, True)
        )
        assert burst["observation_type"] in TYPES
        assert datetime.fromisoformat(burst["captured_at"]).utcoffset() is not None
        for frame in burst["frames"]:
            assert {name: isinstance(frame[name], kind) for name, kind in FRAME_FIELDS.items()} == (
                dict.fromkeys(FRAME_FIELDS, True)
            )
    summary = report["summary"]
    assert summary["bursts"] == len(report["bursts"])
    assert summary["frames"] == sum(len(burst["frames"]) for burst in report["bursts"])
    assert sum(summary["observation_types"].values()) == summary["bursts"]
    return True


def png_16_bit() -> bytes:
    stream = BytesIO()
    Image.new("I;16", (320, 240), 30_000).save(stream, "PNG")
    return stream.getvalue()


WHOLE = jpeg(meadow(1))
BAD = {
    "truncated.jpg": jpeg(zebra(3))[:-2500],
    "cut-in-the-head.jpg": WHOLE[:100],
    "empty.jpg": b"",
    "text.jpg": b"the camera wrote this instead of a picture\n" * 20,
    "noise.jpg": b"\xff\xd8" + bytes(range(256)) * 40,
    "with\na newline.jpg": WHOLE[:-400],
    "png-named-jpg.jpg": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
}
GOOD = {"sixteen-bit.png": png_16_bit(), "plain.jpg": WHOLE}


def lay_bad_card(folder: Path) -> Path:
    """One burst a file, and a table that names a file which is not there and one which is a
    folder."""
    for number, (name, data) in enumerate({**BAD, **GOOD}.items()):
        burst = folder / f"burst-{number}"
        burst.mkdir(parents=True)
        (burst / name).write_bytes(data)
    not_utf_8 = folder / os.fsdecode(b"burst-\xff\xfe")
    not_utf_8.mkdir()
    (not_utf_8 / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"neither")
    table = folder / "with-a-table"
    (table / "folder.jpg").mkdir(parents=True)
    (table / "bursts.csv").write_text("file,burst\nlost.jpg,gone\nfolder.jpg,gone\n")
    return folder


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> tuple[StationFolder, Replayed]:
    """One replay of all that is bad, at which several tests look."""
    place = tmp_path_factory.mktemp("bad")
    folder = StationFolder(place / "ridge-1", BasecampKey.generate().token)
    return folder, folder.replay(lay_bad_card(place / "bad"))


def test_bad_files_are_kept_flagged_and_told(replayed: tuple[StationFolder, Replayed]) -> None:
    folder, run = replayed
    assert run.code == 0, run.stderr
    assert "Traceback" not in run.stderr
    assert valid(run.report)
    entries = run.report["bursts"]
    assert len(entries) == len(BAD) + len(GOOD) + 2
    for entry in entries:
        file = entry["frames"][0]["file"]
        if Path(file).name in GOOD:
            assert entry["frames"][0]["error"] is None, file
            continue
        assert entry["observation_type"] != "blank", file
        assert entry["kept"], file
        assert all(frame["error"] for frame in entry["frames"]), file
    assert len(evidence_ids(folder.spool_path)) >= len(BAD) + 2
    assert counters(folder.spool_path)["frame_errors"] == len(BAD) + 1 + 2


def test_what_could_not_be_read_says_so(replayed: tuple[StationFolder, Replayed]) -> None:
    _, run = replayed
    (gone,) = [entry for entry in run.report["bursts"] if entry["burst"] == "gone"]
    assert [frame["error"] for frame in gone["frames"]] == [
        "the file cannot be read: No such file or directory",
        "the file cannot be read: Is a directory",
    ]


def test_names_that_are_not_utf_8_are_told_as_well_as_they_can_be(
    replayed: tuple[StationFolder, Replayed],
) -> None:
    _, run = replayed
    assert "caf\N{REPLACEMENT CHARACTER}.jpg" in str(run.report)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_that_may_not_be_read_is_kept_as_a_fault(
    make_station: MakeStation, tmp_path: Path
) -> None:
    card = lay_card(tmp_path / "card", 1)
    (card / "000" / "0.jpg").chmod(0)
    run = make_station().replay(card)
    assert run.code == 0
    assert "Permission denied" in run.report["bursts"][0]["frames"][0]["error"]


def test_a_picture_of_a_hundred_megapixels_is_judged_or_kept(
    make_station: MakeStation, tmp_path: Path
) -> None:
    huge = tmp_path / "card" / "huge"
    huge.mkdir(parents=True)
    Image.linear_gradient("L").rotate(90).resize((10_000, 10_000)).save(
        huge / "grey.jpg", quality=50
    )
    run = make_station().replay(tmp_path / "card")
    assert run.code == 0, run.stderr
    (entry,) = run.report["bursts"]
    assert entry["frames"][0]["error"] is None
    assert entry["observation_type"] == "blank" or entry["kept"]


MODEL_FAULTS: dict[str, Callable[[Path], object]] = {
    "missing": lambda path: path.unlink(),
    "truncated": lambda path: path.write_bytes(path.read_bytes()[:1000]),
    "changed": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\x99"),
}


@pytest.mark.parametrize("fault", MODEL_FAULTS.values(), ids=MODEL_FAULTS.keys())
@pytest.mark.parametrize("role", ["irbis-detector-320", "efficientnet"])
def test_without_its_models_a_station_keeps_everything_and_raises_an_alarm(
    fault: Callable[[Path], object],
    role: str,
    make_station: MakeStation,
    tmp_path: Path,
) -> None:
    shipped = Path(models.__file__).parent
    shutil.copytree(shipped, tmp_path / "here" / "models")
    (file,) = (tmp_path / "here" / "models").glob(f"{role}*.tflite")
    fault(file)
    folder = make_station()
    run = folder.replay(lay_card(tmp_path / "card", 3), cwd=tmp_path / "here")
    assert run.code == 0, run.stderr
    assert valid(run.report)
    assert run.summary["observation_types"] == {"unknown": 3}
    assert run.summary["kept"] == 3
    assert run.stderr.count("everything is kept: no model to judge with") == 1
    assert file.name in run.stderr
    assert "irbis models verify" in run.stderr
    assert len(evidence_ids(folder.spool_path)) == 3
    ((alarm,),) = rows(folder.spool_path, "SELECT name FROM alarms")
    assert alarm == "blind"
