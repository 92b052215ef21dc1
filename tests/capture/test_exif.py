"""What a picture says about itself, and that nothing it says can do harm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import IFDRational

from edge.capture.exif import PictureFacts, read_facts
from edge.records import Exposure
from tests.capture.pictures import jpeg

NOON = "2025:11:02 12:00:00"
AT_NOON = datetime(2025, 11, 2, 12, tzinfo=UTC)


def test_a_time_without_a_zone_is_utc():
    assert read_facts(jpeg(NOON)).taken_at == AT_NOON


@pytest.mark.parametrize(
    ("offset", "hours"), [("+05:00", -5), ("-03:30", 3.5), ("+00:00", 0), ("nonsense", 0), ("", 0)]
)
def test_a_zone_is_counted_in_where_there_is_one(offset, hours):
    facts = read_facts(jpeg(NOON, offset=offset))
    assert facts.taken_at == AT_NOON + timedelta(hours=hours)


@pytest.mark.parametrize(
    ("fraction", "microseconds"), [("5", 500_000), ("042", 42_000), ("x", 0), (" ", 0)]
)
def test_fractions_of_a_second_are_counted_in(fraction, microseconds):
    facts = read_facts(jpeg(NOON, fraction=fraction))
    assert facts.taken_at == AT_NOON + timedelta(microseconds=microseconds)


@pytest.mark.parametrize("taken", [None, "0000:00:00 00:00:00", "    ", "yesterday", "2025"])
def test_a_camera_whose_clock_was_never_set_tells_no_time(taken):
    assert read_facts(jpeg(taken)).taken_at is None


def test_the_first_moment_of_the_calendar_in_an_eastern_zone_is_no_time():
    assert read_facts(jpeg("0001:01:01 00:00:00", offset="+05:00")).taken_at is None


def test_the_exposure_is_told_in_microseconds():
    assert read_facts(jpeg(exposure=IFDRational(1, 250))).exposure == Exposure(exposure_us=4000)


@pytest.mark.parametrize("exposure", [IFDRational(1, 0), IFDRational(0, 0), IFDRational(-1, 250)])
def test_an_impossible_exposure_is_left_out(exposure):
    assert read_facts(jpeg(exposure=exposure)).exposure == Exposure()


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"text", bytes(1000)])
def test_what_is_no_picture_says_nothing(content, tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(content)
    assert read_facts(content) == read_facts(path) == PictureFacts()


def test_a_missing_file_says_nothing(tmp_path):
    assert read_facts(tmp_path / "absent.jpg") == PictureFacts()


def test_a_file_and_its_bytes_say_the_same(tmp_path):
    path = tmp_path / "x.jpg"
    path.write_bytes(jpeg(NOON, exposure=IFDRational(1, 100)))
    assert read_facts(path) == read_facts(path.read_bytes())


WHOLE = jpeg(NOON, offset="+05:00", fraction="25", exposure=IFDRational(1, 250))


@given(st.data())
def test_a_damaged_exif_block_never_raises_and_never_lies_outside_the_calendar(data):
    picture = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 6))):
        picture[data.draw(st.integers(2, min(250, len(picture) - 1)))] = data.draw(
            st.integers(0, 255)
        )
    size = data.draw(st.integers(0, len(picture)))
    _check(read_facts(bytes(picture[:size] if data.draw(st.booleans()) else picture)))


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_any_text_in_the_tags_is_survived(taken, offset, fraction):
    _check(read_facts(jpeg(taken, offset=offset, fraction=fraction)))


@given(
    st.dates(),
    st.times().map(lambda t: t.replace(microsecond=0)),
    st.integers(-23 * 60, 23 * 60),
)
def test_every_moment_of_the_calendar_is_read_back(day, clock, offset_min):
    sign, minutes = ("-" if offset_min < 0 else "+"), abs(offset_min)
    taken = f"{day:%Y}".zfill(4) + f":{day:%m:%d} {clock:%H:%M:%S}"
    offset = f"{sign}{minutes // 60:02}:{minutes % 60:02}"
    found = read_facts(jpeg(taken, offset=offset)).taken_at
    try:
        expected = datetime.combine(day, clock, UTC) - timedelta(minutes=offset_min)
    except OverflowError:
        expected = None
    assert found == expected


def _check(facts: PictureFacts) -> None:
    assert facts.taken_at is None or facts.taken_at.tzinfo is UTC
    exposure_us = facts.exposure.exposure_us
    assert exposure_us is None or 0 <= exposure_us < 2**53


def test_facts_are_read_without_decoding_the_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PNG of 100 megapixels would take 300 MB, on a board that has 512."""
    path = tmp_path / "huge.png"
    Image.new("RGB", (64, 48)).save(path)
    decoded: list[str] = []
    monkeypatch.setattr(PngImageFile, "load", lambda image: decoded.append(image.format))
    assert read_facts(path).taken_at is None
    assert decoded == []
