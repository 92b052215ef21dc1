"""The time in a receiver's sentences, and never the place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.nmea import NmeaTime, checksum, read_time

NOON = datetime(2026, 6, 1, 12, 0, 1, tzinfo=UTC)
PLACE = "4230.0000,N,07730.0000,E"


def sentence(body: str) -> str:
    return f"${body}*{checksum(body)}"


def rmc(status: str = "A", time: str = "120001.00", date: str = "010626", end: str = ",,,A") -> str:
    return sentence(f"GPRMC,{time},{status},{PLACE},0.02,31.66,{date}{end}")


def test_the_worked_example_of_the_standard_has_its_checksum() -> None:
    body = "GPRMC,225446,A,4916.45,N,12311.12,W,000.5,054.7,191194,020.3,E"
    assert checksum(body) == "68"


@pytest.mark.parametrize("mode", [",,,A", ",,,D", ",,", ",,,A,V"])
def test_a_fix_tells_the_time(mode: str) -> None:
    assert read_time(rmc(end=mode)) == NmeaTime(NOON, True)


@pytest.mark.parametrize(
    "line",
    [
        *(rmc("V"), rmc(end=",,,N"), rmc(end=",,,E"), rmc(end=",,,S"), rmc(end=",,,M")),
        rmc("V", time="", date=""),
        sentence("GPRMC,,V,,,,,,,,,,N"),
    ],
)
def test_without_satellites_it_is_no_fix(line: str) -> None:
    assert read_time(line) == NmeaTime(None, False)


def test_a_zda_tells_four_digits_of_the_year_and_nothing_of_satellites() -> None:
    line = sentence("GNZDA,120001.500,01,06,2026,00,00")
    assert read_time(line) == NmeaTime(NOON.replace(microsecond=500_000), None)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "$GPRMC",
        rmc()[:-2] + "00",
        rmc()[:-3],
        rmc().replace("12", "13", 1),
        rmc(time=""),
        rmc("X"),
        rmc(time="250001"),
        rmc(time="120060.00"),
        rmc(date=""),
        rmc(date="310226"),
        rmc(date="1-6-26"),
        sentence("GPRMC,120001.00,A"),
        sentence("GPGGA,120001.00," + PLACE + ",1,08,1.0,0.0,M,0.0,M,,"),
        sentence("PUBX,00,120001.00"),
        sentence("GNZDA,120001.00,01,06,26000,00,00"),
    ],
)
def test_what_is_damaged_or_says_nothing_of_the_time_tells_none(line: str) -> None:
    assert read_time(line) is None


def test_noise_before_a_sentence_does_no_harm() -> None:
    assert read_time("\ufffd$GP$x" + rmc()) == NmeaTime(NOON, True)


def test_a_place_is_not_kept() -> None:
    told = read_time(rmc())
    assert "4230" not in repr(told) and "7730" not in repr(told)


@given(st.text(max_size=120) | st.text("$GPRMCZDA,*0123456789.AVN\n", max_size=120))
def test_no_line_breaks_the_reader(line: str) -> None:
    told = read_time(line)
    assert told is None or told.at is None or told.at.tzinfo is UTC


@given(
    st.lists(st.text("0123456789.AVNEW", max_size=12), max_size=14),
    st.sampled_from(["GPRMC", "GNZDA"]),
)
def test_no_fields_break_the_reader(fields: list[str], kind: str) -> None:
    told = read_time(sentence(",".join([kind, *fields])))
    assert told is None or told.at is None or told.at.tzinfo is UTC


@given(st.datetimes(datetime(2000, 1, 1), datetime(2099, 12, 31, 23, 59, 59)))
def test_every_time_comes_back(at: datetime) -> None:
    at = at.replace(tzinfo=UTC)
    told = read_time(rmc(time=f"{at:%H%M%S.%f}", date=f"{at:%d%m%y}"))
    assert told == NmeaTime(at, True)


@given(st.integers(1, 60), st.integers(1, 255))
def test_a_flipped_byte_is_never_another_time(where: int, flip: int) -> None:
    line = rmc()
    where %= len(line)
    damaged = line[:where] + chr(ord(line[where]) ^ flip) + line[where + 1 :]
    assert read_time(damaged) in (None, read_time(line))
