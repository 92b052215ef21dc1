"""What a station sends over a real broker is stored, then acknowledged."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from edge.security.envelope import seal_message
from edge.security.keys import BasecampKey, StationKey
from edge.uplink.status import LinkState, Setback
from edge.wire.message import Message, encode_message, uplink_topic
from tools.basecamp.service import Basecamp

from . import samples
from .field import Broker, FieldStation, eventually


def test_a_sighting_is_acknowledged_and_shown(basecamp: Basecamp, station: FieldStation) -> None:
    message = samples.sighting_message(samples.sighting(1))
    station.send(message)
    assert station.next_acknowledged() == message.item_id
    (view,) = basecamp.store.views.sightings(limit=10)
    assert view.sighting == samples.sighting(1)
    assert view.received_bytes == len(station.seal(message))


def test_the_same_item_again_is_stored_once_and_acknowledged_again(
    basecamp: Basecamp, station: FieldStation
) -> None:
    message = samples.sighting_message(samples.sighting(1))
    for _ in range(3):
        station.send(message)
        assert station.next_acknowledged() == message.item_id
    assert len(basecamp.store.views.sightings(limit=10)) == 1


def test_evidence_that_a_station_could_not_judge_is_opened_and_kept(
    basecamp: Basecamp, station: FieldStation, basecamp_key: BasecampKey, data: Path
) -> None:
    frames = samples.picture(1, "image/jpeg"), samples.picture(2, "image/jpeg")
    message = samples.evidence_message(samples.burst(7, *frames), basecamp_key)
    station.send(message)
    assert station.next_acknowledged() == message.item_id
    (view,) = basecamp.store.views.evidence(limit=10)
    for picture, frame in zip(view.frames, frames, strict=True):
        found = basecamp.store.media_path(picture.sha256)
        assert found is not None
        assert found[0].read_bytes() == frame
    (sealed,) = (data / "evidence").glob("??/*.burst")
    assert sealed.read_bytes() == message.payload


def test_a_payload_of_a_later_version_is_kept_shown_and_acknowledged(
    basecamp: Basecamp, station: FieldStation
) -> None:
    message = replace(samples.sighting_message(samples.sighting(1)), payload=b"\xa1\x00\x18\x63")
    station.send(message)
    assert station.next_acknowledged() == message.item_id
    (item,) = basecamp.store.views.unread(limit=10)
    assert "version 99" in item.reason


def test_what_is_not_genuine_is_neither_kept_nor_acknowledged(
    basecamp: Basecamp,
    broker: Broker,
    station: FieldStation,
    basecamp_key: BasecampKey,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="tools.basecamp")
    message = samples.sighting_message(samples.sighting(1))
    stranger = StationKey.generate()
    forged = seal_message(encode_message(message), stranger, basecamp_key.token)
    elsewhere = seal_message(encode_message(message), station.key, BasecampKey.generate().token)
    genuine = station.seal(message)
    for data in (forged, elsewhere, genuine[:-1], b"", b"\x02" + genuine[1:]):
        station.send_raw(data)
    station.send_raw(genuine, uplink_topic("ridge-9"))
    station.send_raw(genuine, "irbis/1/a b/up")
    as_another = replace(message, station="ridge-3")
    station.send(as_another)

    honest = samples.heartbeat_message()
    station.send(honest)
    assert station.next_acknowledged() == honest.item_id
    assert station.nothing_acknowledged()
    assert basecamp.store.views.sightings(limit=10) == []
    assert "irbis basecamp enrol ridge-9 TOKEN" in caplog.text
    assert "irbis basecamp init --data DIR" in caplog.text  # the way out of another key


def test_the_log_tells_a_repeated_refusal_once(
    basecamp: Basecamp, station: FieldStation, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, logger="tools.basecamp")
    for _ in range(20):
        station.send_raw(b"\x01noise")
    honest = samples.heartbeat_message()
    station.send(honest)
    station.next_acknowledged()
    assert caplog.text.count("refused a message from ridge-2") == 1


def test_a_station_enrolled_while_basecamp_runs_is_heard_at_once(
    basecamp: Basecamp, broker: Broker, basecamp_key: BasecampKey
) -> None:
    key = StationKey.generate()
    newcomer = FieldStation("ridge-5", key, basecamp_key.token, broker)
    try:
        message = samples.heartbeat_message(station="ridge-5")
        newcomer.send(message)
        basecamp.store.enrol("ridge-5", key.token)
        newcomer.send(message)
        assert newcomer.next_acknowledged() == message.item_id
    finally:
        newcomer.close()


def test_nothing_is_acknowledged_that_could_not_be_stored(
    basecamp: Basecamp, station: FieldStation, data: Path
) -> None:
    obstacle = data / "media"
    obstacle.write_text("a file where a folder must be")
    message: Message = samples.crop_message(1, samples.crop())
    station.send(message)
    eventually(lambda: basecamp.link_status.setback is Setback.UNKEPT, "the store fails")
    assert station.nothing_acknowledged()
    obstacle.unlink()
    # The broker kept it: the station need not send it again.
    assert station.next_acknowledged() == message.item_id
    eventually(lambda: basecamp.link_status.state is LinkState.LISTENING, "it listens again")
