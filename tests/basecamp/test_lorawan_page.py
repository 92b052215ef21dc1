"""The page and the JSON say what came by radio, and that it did."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.records import ClockQuality, Identity, ObservationType, Side
from edge.security.keys import BasecampKey, StationKey
from edge.security.signed_file import CATALOGUE_MAGIC, sign_file
from edge.uplink.broker import BrokerAddress
from edge.vision.catalogue.errors import CatalogueError
from edge.vision.catalogue.file import Entry, encode_catalogue
from edge.vision.catalogue.match import Known
from edge.vision.catalogue.points import coat_points
from edge.wire.air.moment import Uptime
from edge.wire.air.roster import Roster
from edge.wire.air.sighting import condensed, encode_radio_sighting
from edge.wire.message import encode_message
from tools.basecamp.content import read_body
from tools.basecamp.listening import ListenAddress
from tools.basecamp.radio_rosters import Rosters
from tools.basecamp.service import Basecamp

from . import lorawan as air
from . import samples
from .crop_camp import crop, heartbeats, name, sealed, sighting_record
from .lorawan import RadioStation
from .radio_trap import Trap
from .test_page import Browser

LIKELY = (Identity("Bars", 0.71), Identity("Aksu", 0.12))
Take = Callable[[bytes], None]
"""Takes a frame as if a network had told of it."""


@pytest.fixture
def catalogue(tmp_path: Path, basecamp_key: BasecampKey) -> Path:
    """A real catalogue file that knows the individuals of air.ROSTER."""
    noise = np.random.default_rng(1).integers(0, 255, (300, 300), dtype=np.uint8)
    coat = coat_points(np.dstack([cv2.blur(noise, (5, 5)).astype(np.uint8)] * 3))
    entries = [Entry(Side.LEFT, Known(name, (coat,))) for name in air.ROSTER.individuals]
    path = tmp_path / "cats.irbis"
    path.write_bytes(sign_file(encode_catalogue(entries), CATALOGUE_MAGIC, basecamp_key))
    return path


def serving(data: Path, *catalogues: Path) -> Basecamp:
    """A basecamp whose broker is away."""
    absent = BrokerAddress("127.0.0.1", 1)
    return Basecamp(data, absent, listen=ListenAddress(port=0), catalogues=catalogues)


@pytest.fixture
def camp(data: Path, catalogue: Path) -> Iterator[Basecamp]:
    with serving(data, catalogue) as running:
        yield running


@pytest.fixture
def radio(station_key: StationKey, basecamp_key: BasecampKey) -> RadioStation:
    return RadioStation(station_key, basecamp_key.token)


@pytest.fixture
def take(camp: Basecamp, basecamp_key: BasecampKey) -> Take:
    return lambda frame: void(camp.store.radio_inbox(basecamp_key).take("ridge-2", frame))


def void(_: object) -> None:
    """Nothing."""


def page(camp: Basecamp) -> str:
    return Browser(camp.url).get("/live").text


def as_json(camp: Basecamp, what: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(Browser(camp.url).get(f"/api/{what}.json").text)
    return found


def test_a_sighting_by_radio_is_shown_at_once_with_names(
    camp: Basecamp, take: Take, radio: RadioStation
) -> None:
    crops = samples.crop(10), samples.crop(20)
    whole = samples.sighting(1, *crops, identities=LIKELY, not_in_catalogue=0.17)
    take(radio.sealer.seal(encode_radio_sighting(condensed(whole, 1, air.ROSTER))))
    shown = page(camp)
    assert "by radio; 2 pictures wait at the station" in shown
    assert "most like Bars (0.71), Aksu (0.12); none of these 0.17" in shown
    assert "Panthera uncia" in shown
    assert "2025-11-02 12:01:00 UTC" in shown
    (told,) = as_json(camp, "sightings")
    assert told["by_radio"] is True
    assert told["burst_id"] is None
    assert told["pictures_at_station"] == 2
    assert told["captured_at"] == "2025-11-02T12:01:00+00:00"
    assert told["identities"] == [
        {"individual": "Bars", "number": 1, "score": 0.71},
        {"individual": "Aksu", "number": 0, "score": 0.12},
    ]


def test_without_its_catalogue_individuals_are_told_by_number(
    data: Path, radio: RadioStation, basecamp_key: BasecampKey
) -> None:
    frame = radio.sealer.seal(air.sighting_record(1, identities=LIKELY))
    with serving(data) as camp:
        camp.store.radio_inbox(basecamp_key).take("ridge-2", frame)
        assert "most like number 1 (0.71), number 0 (0.12)" in page(camp)
        (told,) = as_json(camp, "sightings")
        assert told["catalogue_check"] == air.ROSTER.check


def test_two_lists_with_one_check_name_nobody() -> None:
    by_check: dict[int, Roster] = {}
    number = 0
    while True:
        roster = Roster.of([f"cat {number}"])
        other = by_check.setdefault(roster.check, roster)
        if other != roster:
            break
        number += 1
    whole = samples.sighting(1, identities=(Identity(f"cat {number}", 0.9),), not_in_catalogue=0.1)
    answer = condensed(whole, 1, roster).answer
    assert answer is not None
    assert Rosters([roster]).named(answer)[0].individual == f"cat {number}"
    assert Rosters([roster, other]).named(answer)[0].individual is None


def test_a_file_that_is_no_catalogue_is_told_at_the_start(data: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"nothing")
    with pytest.raises(CatalogueError, match="wrong"):
        serving(data, wrong).start()


def test_the_full_record_takes_its_place(
    camp: Basecamp, take: Take, radio: RadioStation, basecamp_key: BasecampKey
) -> None:
    take(radio.sealer.seal(air.sighting_record(1)))
    body = encode_message(samples.sighting_message(samples.sighting(1)))
    camp.store.put(read_body(body, "ridge-2", basecamp_key.unseal, len(body)))
    assert "by radio" not in page(camp)
    (told,) = as_json(camp, "sightings")
    assert told["by_radio"] is False
    assert told["radio_at"] is not None


def test_a_picture_that_is_asked_for_is_counted_piece_by_piece_and_then_shown(
    camp: Basecamp, take: Take, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    picture = crop(1, 700)
    card = {name(1): sealed(1, picture, basecamp_key.token)}
    trap = Trap(card, station_key, basecamp_key.token)
    take(trap.say(sighting_record(1, picture)))
    assert "a picture is asked for" in page(camp)
    heard = camp.store.radio_inbox(basecamp_key).take("ridge-2", trap.say(next(heartbeats())))
    answers = camp.store.radio_answers()
    for want_or_acknowledgement in (1, 2):
        answer = answers.due(heard.keys, heard.key_id, wants=True)
        assert answer is not None, want_or_acknowledgement
        trap.hear(answer)
    take(trap.next_frame(242) or b"")
    (told,) = as_json(camp, "sightings")
    asked = told["asked_picture"]
    assert isinstance(asked, dict)
    assert asked["state"] == "wanted"
    assert asked["pieces"] == 7
    assert f"7 of {asked['of']} pieces of a picture have come" in page(camp)
    while (frame := trap.next_frame(242)) is not None:
        take(frame)
    sha256 = hashlib.sha256(picture.data).hexdigest()
    assert f'src="/media/{sha256}"' in page(camp)
    assert "pieces of a picture" not in page(camp)
    assert Browser(camp.url).get(f"/media/{sha256}").status == 200
    (told,) = as_json(camp, "sightings")
    pictures, asked = told["pictures"], told["asked_picture"]
    assert isinstance(pictures, list)
    assert [one["part"] for one in pictures] == ["flank"]
    assert isinstance(asked, dict)
    assert asked["state"] == "here"


def test_a_station_without_a_picture_for_the_radio_says_so(
    camp: Basecamp, take: Take, station_key: StationKey, basecamp_key: BasecampKey
) -> None:
    trap = Trap({}, station_key, basecamp_key.token)
    take(trap.say(sighting_record(1)))
    inbox, answers = camp.store.radio_inbox(basecamp_key), camp.store.radio_answers()
    heard = inbox.take("ridge-2", trap.say(next(heartbeats())))
    while (answer := answers.due(heard.keys, heard.key_id, wants=True)) is not None:
        trap.hear(answer)
    take(trap.next_frame(242) or b"")
    assert "the station has no picture for the radio" in page(camp)


def test_an_alert_by_radio_says_so(camp: Basecamp, take: Take, radio: RadioStation) -> None:
    person = air.sighting_record(1, observation_type=ObservationType.HUMAN, target=False)
    take(radio.sealer.seal(person))
    assert "<strong>Alert</strong>" in page(camp)
    (told,) = as_json(camp, "sightings")
    assert told["alert"] is True


def test_a_station_card_shows_its_radio_heartbeat_and_its_beacon(
    camp: Basecamp, take: Take, radio: RadioStation
) -> None:
    take(radio.sealer.seal(air.heartbeat_record(30)))
    take(radio.sealer.beacon(air.BEACON))
    shown = page(camp)
    assert "heartbeat by radio" in shown
    assert "3.71 V" in shown
    assert "5.12 V" in shown
    assert "battery-low" in shown
    assert "has news: a target, 2 of them; 4 or more sightings wait" in shown
    (station,) = as_json(camp, "stations")
    assert station["beacon"] is not None
    assert station["radio_heartbeat"] == {
        "boot": 3,
        "solar_mv": 5120,
        "models_check": 77,
        "catalogue_check": air.ROSTER.check,
    }


def test_a_time_that_is_not_known_is_not_made_up(
    camp: Basecamp, take: Take, radio: RadioStation
) -> None:
    unset = samples.sighting(1, clock=ClockQuality.UNSET)
    take(radio.sealer.seal(encode_radio_sighting(condensed(unset, 1, uptime=Uptime(3, 7000)))))
    assert "its time is not known yet" in page(camp)
    assert as_json(camp, "sightings")[0]["captured_at"] is None
    take(radio.sealer.seal(air.heartbeat_record(30, uptime_s=7100)))
    at = air.heartbeat(30).sent_at - timedelta(seconds=100)
    assert as_json(camp, "sightings")[0]["captured_at"] == at.isoformat()


def test_a_record_of_a_later_version_is_shown_as_such(
    camp: Basecamp, take: Take, radio: RadioStation
) -> None:
    take(radio.sealer.seal(b"\x1f\x00\x00\x07what comes"))
    assert "version 15 is not known here" in page(camp)
