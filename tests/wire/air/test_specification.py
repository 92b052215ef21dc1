"""The page that specifies the radio format says what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.wire.air import answer, beacon, heartbeat, sighting
from edge.wire.air.acknowledgement import RadioAcknowledgement, encode_radio_acknowledgements
from edge.wire.air.bits import Layout
from edge.wire.air.frame import OVERHEAD_BYTES, Stream
from edge.wire.air.heartbeat import ALARMS
from edge.wire.air.kinds import RecordKind
from edge.wire.air.species import TAXA
from edge.wire.air.window import WIDTH
from tests.wire.vectors import load

PAGE = (Path(__file__).parents[3] / "docs" / "wire-format.md").read_text(encoding="utf-8")
RADIO = PAGE.partition("\n## Radio\n")[2].partition("\n## ")[0]


def section(title: str) -> str:
    """What stands under a heading, up to the next one."""
    return re.split(r"\n##", RADIO.partition(f"{title}\n")[2])[0]


@pytest.mark.parametrize(
    ("title", "layout"),
    [
        ("#### Radio sighting", sighting.BODY),
        ("#### Catalogue's answer", answer.ANSWER),
        ("#### Radio heartbeat", heartbeat.LAYOUT),
        ("### Beacon", beacon.LAYOUT),
    ],
)
def test_the_page_s_fields_are_the_layout_s(title: str, layout: Layout) -> None:
    rows = re.findall(r"^\| `([a-z ]+)` \| (\d+) \|", section(title), re.MULTILINE)
    assert tuple((name, int(bits)) for name, bits in rows) == layout.fields


def test_the_page_s_kinds_and_streams_are_the_code_s() -> None:
    kinds = re.findall(r"^\| (\d+) \| [a-z, ]+ \| (up|down) \|", RADIO, re.MULTILINE)
    assert [(int(kind), way) for kind, way in kinds] == [
        (kind.value, "up" if kind < 8 else "down") for kind in RecordKind
    ]
    streams = re.findall(
        r"^\| (\d) \| (?:station|basecamp|beacon)", section("### Frame"), re.MULTILINE
    )
    assert [int(stream) for stream in streams] == [stream.value for stream in Stream]


def test_the_page_s_taxa_and_alarms_are_the_code_s() -> None:
    taxa = re.findall(r"(\d+): ([A-Z][a-z]+(?: [a-z]+)?)", section("### Taxa"))
    assert taxa == [(str(number), name) for number, name in enumerate(TAXA, start=1)]
    [alarms] = re.findall(r"from the lowest bit: (.*); bit 11", RADIO)
    assert re.findall("`([^`]+)`", alarms) == list(ALARMS)
    assert f"which of the {WIDTH} up to it" in RADIO


def test_the_page_s_sizes_are_those_of_the_vectors() -> None:
    sightings, alerts = (
        load("air-sighting"),
        [v for v in load("air-sighting") if "alert" in v["name"]],
    )
    many = RadioAcknowledgement(0, tuple(range(273)))
    measured = {
        "sighting with the catalogue's answer": sightings[0]["bytes"],
        "sighting without": sightings[2]["bytes"],
        "alert (a person)": alerts[0]["bytes"],
        "heartbeat": load("air-heartbeat")[0]["bytes"],
        "acknowledgement of one record": load("air-acknowledgement")[0]["bytes"],
        "acknowledgement of 273 records": encode_radio_acknowledgements(many)[0].hex(),
        "want of five crops": load("air-want")[2]["bytes"],
        "fragment with seven symbols": load("air-fragment")[0]["bytes"],
        "pack of ten sightings, nine with the catalogue's answer": load("air-pack")[2]["bytes"],
    }
    for what, record in measured.items():
        size = len(bytes.fromhex(record))
        assert f"| {what} | {size} B | {size + OVERHEAD_BYTES} B |" in RADIO
    assert f"| beacon | 2 B | {beacon.BEACON_BYTES} B |" in RADIO
