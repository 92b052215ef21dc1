"""What the tests of the radio inbox share: a store, and ways to put things into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.security.keys import BasecampKey, StationKey
from edge.wire.message import encode_message
from tools.basecamp.content import Received, read_body
from tools.basecamp.radio_inbox import Heard
from tools.basecamp.radio_views import RadioSightingView
from tools.basecamp.store import Store

from . import samples

KEY = BasecampKey.generate()
STATION = StationKey.generate()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path) as store:
        store.enrol("ridge-2", STATION.token)
        yield store


def full(number: int, **changes: object) -> Received:
    message = samples.sighting_message(samples.sighting(number, **changes))  # type: ignore[arg-type]
    body = encode_message(message)
    return read_body(body, message.station, KEY.unseal, len(body))


def take(store: Store, frame: bytes) -> Heard:
    return store.radio_inbox(KEY).take("ridge-2", frame)


def news(store: Store) -> list[str]:
    return sorted(
        view.sighting.reference.hex()
        if isinstance(view, RadioSightingView)
        else view.sighting.burst_id
        for view in store.views.news(100)
    )
