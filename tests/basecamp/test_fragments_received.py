"""A crop that came over radio is the item that it would have been over MQTT."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edge.records import ItemKind, Part
from edge.security.errors import SealError
from edge.security.keys import BasecampKey, StationKey
from edge.spool.items import OutboxItem
from edge.triage.dispatch import outbox_items
from edge.triage.outcome import Outcome
from edge.wire.air.fragments import CropName
from edge.wire.air.fragments_crop import seal_crop
from edge.wire.air.reference import reference_of
from edge.wire.crop import encode_crop
from edge.wire.errors import WireError
from edge.wire.message import uplink_topic
from edge.wire.sealing import Identity
from tools.basecamp.fragments import CropArrived
from tools.basecamp.fragments_received import received_crop
from tools.basecamp.receiver import Receiver
from tools.basecamp.refusals import Refusals
from tools.basecamp.store import Store

from . import samples

BURST = samples.burst_id(1)
FLANK, HEAD = samples.crop(10), samples.crop(200, Part.HEAD)


def over_radio(key: BasecampKey, picture: int = 1) -> CropArrived:
    """The head, second of the sighting's crops."""
    content = seal_crop(encode_crop(BURST, HEAD), key.token)
    return CropArrived(CropName(reference_of(BURST), picture), content)


def over_mqtt(station: StationKey, basecamp: BasecampKey) -> OutboxItem:
    """The same as a station's triage puts it into the outbox."""
    identity = Identity("ridge-2", station, basecamp.token)
    sighting = samples.sighting(1, FLANK, HEAD)
    outcome = Outcome(keep=True, sighting=sighting, crops=(FLANK, HEAD))
    crops = [one for one in outbox_items(BURST, outcome, identity) if one.kind is ItemKind.CROP]
    return crops[1]


def test_a_crop_over_both_links_is_stored_once(
    data: Path, basecamp_key: BasecampKey, station_key: StationKey
) -> None:
    item = over_mqtt(station_key, basecamp_key)
    with Store(data) as store:
        received = received_crop(over_radio(basecamp_key), "ridge-2", basecamp_key)
        assert received.item_id == item.item_id
        assert store.put(received)
        receiver = Receiver(basecamp_key, store, Refusals())
        assert item.payload is not None
        assert receiver.receive(uplink_topic("ridge-2"), item.payload) is not None
        assert store.views.count("crop") == 1


def test_a_picture_that_is_none_is_kept_like_any_other_item(basecamp_key: BasecampKey) -> None:
    content = seal_crop(encode_crop(BURST, replace(HEAD, data=b"nonsense")), basecamp_key.token)
    arrived = CropArrived(CropName(reference_of(BURST), 1), content)
    received = received_crop(arrived, "ridge-2", basecamp_key)
    assert "no picture" in getattr(received.content, "reason", "")


def test_the_crop_of_another_burst_is_refused(basecamp_key: BasecampKey) -> None:
    arrived = over_radio(basecamp_key)
    other = CropName(reference_of(samples.burst_id(2)), 1)
    with pytest.raises(WireError, match="not asked for"):
        received_crop(replace(arrived, name=other), "ridge-2", basecamp_key)


def test_a_crop_for_another_basecamp_is_refused(basecamp_key: BasecampKey) -> None:
    with pytest.raises(SealError, match="another basecamp key"):
        received_crop(over_radio(BasecampKey.generate()), "ridge-2", basecamp_key)
