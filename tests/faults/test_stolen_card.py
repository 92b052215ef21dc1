"""Who steals the card sees no picture, no place and no key; nor does the station itself.

The pictures of these tests carry what cameras write into them: EXIF with coordinates, an owner, a
serial number, and names that say where they were taken.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

from edge.capture.listing import list_bursts
from edge.capture.replay import ReplaySource
from edge.capture.stage import CaptureStage
from edge.records import ObservationType
from edge.spool.spool import Spool
from edge.station import Station, load_identity
from tests.basecamp.field import Broker, eventually
from tests.kit.camp import Camp
from tests.kit.pictures import clutter, jpeg, meadow, zebra
from tests.kit.station import Notes, StationFolder

MakeStation = Callable[..., StationFolder]

PLACE = "Nemegt-ridge-over-spring"
OWNER = "Owner Tsetseg 4711"
SERIAL = "RC-SERIAL-90210"
WINDOW_BYTES = 24
MAGICS = {
    "WebP": b"WEBPVP8",
    "AVIF": b"ftypavif",
    "EXIF": b"Exif\x00\x00",
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF",
}


def marked(picture: Image.Image) -> bytes:
    """The picture as a camera with a GPS receiver would have written it."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0xA431] = PLACE, OWNER, SERIAL
    exif[0x9003] = "2031:02:03 12:00:00"
    exif.get_ifd(0x8825).update(
        {
            1: "N", 2: (IFDRational(43), IFDRational(29), IFDRational(515_151, 10_000)),
            3: "E", 4: (IFDRational(101), IFDRational(2), IFDRational(171_717, 10_000)),
        }
    )  # fmt: skip
    return jpeg(picture, exif=exif)


@pytest.fixture
def marked_card(tmp_path: Path) -> Path:
    folder = tmp_path / "card"
    for number, draw in enumerate([zebra, meadow, clutter, zebra]):
        burst = folder / f"{PLACE}-{number}"
        burst.mkdir(parents=True)
        (burst / f"{PLACE}_{number}.jpg").write_bytes(marked(draw(number)))
    return folder


def entropy(data: bytes) -> bytes:
    """The coded pixels of a JPEG: what follows its start of scan."""
    return data[data.index(b"\xff\xda") + 14 : -2]


def telltale(card: Path) -> Iterator[tuple[str, bytes]]:
    """(what it is, bytes) of all that must not be found."""
    for path in card.rglob("*.jpg"):
        data = path.read_bytes()
        pixels = entropy(data)
        assert OWNER.encode() in data
        for start in range(0, len(pixels) - WINDOW_BYTES, WINDOW_BYTES // 2):
            yield f"pixels of {path.name}", pixels[start : start + WINDOW_BYTES]
    for text in (PLACE, OWNER, SERIAL):
        yield text, text.encode()
        yield text, text.encode("utf-16-le")
    for value in (515_151, 171_717):
        yield "a coordinate", value.to_bytes(4, "big")
        yield "a coordinate", value.to_bytes(4, "little")
    yield from MAGICS.items()


def found_in(folder: Path, card: Path, secrets: dict[str, bytes]) -> list[str]:
    """What a stranger finds in the files below ``folder``, sqlite and its log too."""
    files = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert files
    files[Path("the names")] = "\n".join(map(str, files)).encode()
    wanted = [*telltale(card), *secrets.items()]
    return [
        f"{what} in {path}" for path, data in files.items() for what, part in wanted if part in data
    ]


def secrets_of(folder: StationFolder, camp: Camp) -> dict[str, bytes]:
    return {
        "basecamp's seal key": bytes(camp.key.unseal),
        "basecamp's signing key": bytes(camp.key.sign),
        "the station's key": bytes(folder.key.sign),
        "the station's key as text": folder.key.sign.encode().hex().encode(),
    }


def copy_of(spool: Path, to: Path) -> Path:
    """The card as a thief has it: taken from a running station, its log not folded."""
    shutil.copytree(spool, to)
    return to


def judged(station: Station) -> None:
    eventually(lambda: station.all_judged, "all is judged")


def test_the_search_finds_what_lies_open(marked_card: Path) -> None:
    assert len(found_in(marked_card, marked_card, {})) > 100


def test_nothing_is_found_on_the_card_of_a_running_station(
    make_station: MakeStation, camp: Camp, marked_card: Path, tmp_path: Path
) -> None:
    folder = make_station()
    with folder.replaying(marked_card) as (station, notes):
        judged(station)
        stolen = copy_of(folder.spool_path, tmp_path / "stolen")
    assert len(notes.targets) == 2
    assert list(stolen.glob("*-wal"))
    assert found_in(stolen, marked_card, secrets_of(folder, camp)) == []


def test_nothing_is_found_after_a_clean_end(
    make_station: MakeStation, broker: Broker, camp: Camp, marked_card: Path
) -> None:
    folder = make_station(str(broker.address))
    with camp.serving(broker):
        assert folder.replay(marked_card).code == 0
    assert found_in(folder.spool_path, marked_card, secrets_of(folder, camp)) == []


def test_the_station_cannot_open_what_it_has_judged(
    make_station: MakeStation, memory: Path, marked_card: Path
) -> None:
    """Neither with the keys on its card nor with the one in its memory."""
    folder = make_station()
    with folder.replaying(marked_card) as (station, _):
        judged(station)
        (boot_key,) = memory.glob("*.bootkey")
        kept = [found.burst_id for found in station.spool.judged() if found.held]
        sealed = station.spool.evidence(kept[0])
        assert boot_key.read_bytes() not in sealed
        assert station.spool._database.read("SELECT 1 FROM bursts WHERE wrapped_key NOT NULL") == []


def test_a_power_cut_makes_unjudged_bursts_unknown_and_basecamp_opens_them(
    make_station: MakeStation, broker: Broker, camp: Camp, memory: Path, marked_card: Path
) -> None:
    folder = make_station(str(broker.address))
    originals = {path.read_bytes() for path in marked_card.rglob("*.jpg")}
    taken_before_the_cut(folder, marked_card, memory)
    for key in memory.glob("*"):
        key.unlink()
    with camp.serving(broker), folder.replaying(marked_card) as (station, notes):
        judged(station)
        eventually(station.spool.outbox.is_empty, "basecamp has everything")
        assert station.spool.ledger.counters()["unknown"] == 4
    for judgement in notes.verdicts.values():
        assert judgement.verdict.observation_type is ObservationType.UNKNOWN
        assert "the power was lost" in judgement.verdict.reason
    opened = camp.evidence(folder.id)
    assert len(opened) == 4
    assert {frame for frames in opened.values() for frame in frames} == originals


def taken_before_the_cut(folder: StationFolder, card: Path, memory: Path) -> None:
    """A station that stores four bursts and loses its power before it judges the first."""
    basecamp = load_identity(folder.config).basecamp
    with Spool(folder.spool_path, basecamp.seal, memory_dir=memory) as spool:
        capture = CaptureStage(ReplaySource(list_bursts(card)), spool, Notes())
        while not capture.finished:
            capture.step()
        assert spool.unjudged() == 4
